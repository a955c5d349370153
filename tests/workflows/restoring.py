"""A world with a cloud, a Coder platform and the real steps of a restore: what its workflow tests play in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from lambdas.settings import Platform, Restore, Settings

from .cloud import QUICK, SETTINGS, Call, Cloud, Durations, cloud
from .cloud_platform import SECRET, TOKEN, PlatformFake
from .cloud_rds import SOURCE, Json
from .harness import Invocation, World, world
from .interpreter import Answer, Execution
from .verifier import Verifier

RESTORE = "platform-restore"
OLD = "cluster-PROD"
RESTORED_SETTINGS = replace(
    SETTINGS,
    platform=Platform(connection_secret=SECRET, token_secret=TOKEN),
    restore=Restore(
        restored=f"{SOURCE}-restored-", old=f"{SOURCE}-old-", approval_minutes=60, soak_minutes=0.5, two_person=False
    ),
)
REQUEST: Mapping[str, Any] = {"recovery_point": "latest-snapshot", "reason": "a script emptied a table"}
AUTOMATIC: Mapping[str, Any] = {**REQUEST, "cut_over": "automatic"}


@dataclass
class Stage:
    """See the module. `before` is production as the scene began, `url` what the Deployment's Secret then said."""

    world: World
    cloud: Cloud
    platform: PlatformFake
    verifier: Verifier
    before: dict[str, Json] = field(default_factory=dict)
    url: str = ""

    def restore(self, request: Mapping[str, Any] = AUTOMATIC, *, name: str | None = None) -> Execution:
        """Run a restore to its end."""
        return self.world.run(RESTORE, dict(request), name=name)

    def when(self, state: str, act: Callable[[Execution], None], *, nth: int = 1) -> None:
        """Let `act` happen right before a state's function is called for the nth time."""
        calls = [0]

        def meddle(call: Invocation, work: Callable[[], Any]) -> Any:
            calls[0] += call.state == state
            if call.state == state and calls[0] == nth:
                act(self.world.executions[call.execution])
            return work()

        self.world.on_invoke = meddle

    def restored(self, execution: Execution) -> str:
        """The resource id of the cluster that a restore made; empty when it made none."""
        made = [
            each.told["DbClusterResourceId"]
            for each in self.cloud.rds.clusters.values()
            for tag in each.told["TagList"]
            if tag["Key"] == "coder-day2:execution" and tag["Value"] == execution.arn
        ]
        return made[0] if made else ""

    def sound(self) -> bool:
        """What must be true of the platform however a restore ended, at every moment of it."""
        assert all(len(each) <= 1 for each in self.platform.served), f"on two databases at once: {self.platform.served}"
        assert len(self.platform.hosts()) == 1, f"the secrets name different databases: {self.platform.hosts()}"
        deleted = [call for call in self.cloud.calls if call.operation.startswith(("Delete", "Stop"))]
        assert [each for each in deleted if each.service == "rds"] == []
        assert [each for each in self.cloud.calls if _unprotects(each)] == []
        return True

    def as_before(self) -> bool:
        """Whether the platform serves on the old database again, and everything of it is as it was."""
        assert self.platform.serving() == {OLD}
        assert self.platform.url() == self.url
        assert not self.platform.of(OLD).read_only
        assert self.cloud.production() == self.before
        return True


def _unprotects(call: Call) -> bool:
    return call.service == "rds" and call.changes and call.asked.get("DeletionProtection") is False


@contextmanager
def stage(
    *, durations: Durations = QUICK, settings: Settings = RESTORED_SETTINGS, verifier: Verifier | None = None
) -> Iterator[Stage]:
    """A stage, from 02:00 on a Monday night."""
    verifier = verifier or Verifier()
    quiet = patch.object(logging.getLogger("coder-day2"), "disabled", new=True)
    with quiet, world() as here, cloud(here, durations=durations, settings=settings) as sky, verifier.at_work():
        platform = PlatformFake(here.time, sky.rds)
        sky.attach(platform)
        with platform.serving_requests():
            yield Stage(
                world=here,
                cloud=sky,
                platform=platform,
                verifier=verifier,
                before=sky.production(),
                url=platform.url(),
            )


__all__ = ["AUTOMATIC", "OLD", "REQUEST", "RESTORE", "Answer", "Stage", "stage"]
