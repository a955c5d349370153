"""A world with a cloud, the real steps and a production to drill: what the workflow tests play in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from lambdas.settings import Settings

from .cloud import QUICK, SETTINGS, Call, Cloud, Durations, cloud
from .cloud_rds import Json
from .harness import Invocation, World, world
from .interpreter import Execution
from .verifier import Verifier

DIED = ("FAILED", "TIMED_OUT", "ABORTED")
DRILL = "dr-drill"
RULE_SECONDS = 1
"""EventBridge's delay between an execution's end and the sweep's start."""


@dataclass
class Scene:
    """See the module. `before` is production as it was when the scene began."""

    world: World
    cloud: Cloud
    verifier: Verifier
    before: dict[str, Json] = field(default_factory=dict)

    def drill(self, request: Any = None, *, name: str | None = None) -> Execution:
        """Run a drill to its end, without what the rule on its end then does."""
        return self.world.run(DRILL, request, name=name)

    def sweep_after(self, execution: Execution) -> Execution | None:
        """What the rule on FAILED, TIMED_OUT and ABORTED starts; None for an execution that succeeded."""
        if execution.status not in DIED:
            return None
        self.world.time.sleep(RULE_SECONDS)
        return self.world.run("sweep", {"execution": execution.arn})

    def sweep_daily(self) -> Execution:
        """The sweep that the schedule starts, on the next day."""
        self.world.time.sleep(24 * 3600)
        return self.world.run("sweep", {})

    def untouched(self) -> bool:
        """Whether production is as it was, and no call so much as tried to change it."""
        changed = [call for call in self.cloud.changes() if not _is_a_drills(call)]
        assert changed == [], changed
        assert self.cloud.production() == self.before
        return True


def _is_a_drills(call: Call) -> bool:
    """A call that changes only what bears the drills' prefix. The source of a restore is read, not changed."""
    named = {key: value for key, value in call.asked.items() if key.endswith(("Identifier", "ResourceId"))}
    named = {
        key: value for key, value in named.items() if key not in {"SnapshotIdentifier", "SourceDBClusterIdentifier"}
    }
    return bool(named) and all(value.startswith("coder-dr-test-") for value in named.values())


@contextmanager
def scene(
    *, durations: Durations = QUICK, settings: Settings = SETTINGS, verifier: Verifier | None = None
) -> Iterator[Scene]:
    """A scene, from 02:00 on a Monday night."""
    verifier = verifier or Verifier()
    quiet = patch.object(logging.getLogger("coder-day2"), "disabled", new=True)
    with quiet, world() as here, cloud(here, durations=durations, settings=settings) as sky, verifier.at_work():
        yield Scene(world=here, cloud=sky, verifier=verifier, before=sky.production())


Meddling = Callable[[Invocation, Callable[[], Any]], Any]
