"""A platform with node groups and workspaces on them, and what must be true of it however a scaling ends."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from lambdas.settings import AlarmRule, ScaledGroup, Scaling

from .cloud import Cloud, cloud
from .cloud_nodes import NodesFake
from .cloud_platform import PlatformFake
from .cloud_provisioners import ProvisionersFake
from .harness import Invocation, World, world
from .interpreter import Execution
from .restoring import RESTORED_SETTINGS

SCALE, WS, PROV = "scale", "coder-prod-ws", "coder-prod-prov"
OUT, IN, TEAMS = "coder-day2-prod-scale-out-workspace", "coder-day2-prod-scale-in-workspace", "Builds wait"
SETTINGS = replace(
    RESTORED_SETTINGS,
    scaling=Scaling(
        groups={
            "workspace": ScaledGroup(
                node_group=WS, floor=2, ceiling=40, profiles={"off-peak": 4, "peak": 12}, defer_minutes=60
            ),
            "provisioner": ScaledGroup(
                node_group=PROV, floor=0, ceiling=10, profiles={"off-peak": 0, "peak": 3}, pods_per_node=2
            ),
        },
        time_zone="America/New_York",
        holidays=("2026-11-26",),
        machine="arn:aws:states:eu-west-1:111122223333:stateMachine:coder-day2-prod-scale",
        alarms={
            OUT: AlarmRule(role="workspace", alarm="+5"),
            IN: AlarmRule(role="workspace", alarm="-2"),
            TEAMS: AlarmRule(role="provisioner", alarm="+2", ok="-1"),
        },
    ),
)
TO_PEAK = {"group": "workspace", "profile": "peak"}
TO_OFF_PEAK = {"group": "workspace", "profile": "off-peak"}


@dataclass
class Stage:
    """See the module. `counts` is what Coder tells where it differs from what Kubernetes has."""

    world: World
    cloud: Cloud
    platform: PlatformFake
    nodes: NodesFake
    provisioners: ProvisionersFake
    counts: dict[str, Any] = field(default_factory=dict)

    def scale(self, request: Any, *, name: str | None = None) -> Execution:
        """Run a scaling to its end."""
        return self.world.run(SCALE, request, name=name)

    def proceed(self) -> None:
        """Let every controller do what its time has come for."""
        self.nodes.proceed()
        self.provisioners.proceed()

    def signal(self, step: str, event: Any = None) -> dict[str, Any]:
        """What a function answers that no machine calls; what it starts runs when time passes."""
        return dict(self.world.handlers[step](event, None))

    def started(self) -> list[Execution]:
        """Every execution so far, each run to its end."""
        return [self.world.wait(each) for each in list(self.world.executions.values())]

    def spread(self, count: int, *, over: int, group: str = WS) -> None:
        """Workspaces ws-0 ... on the first nodes of a group, evenly."""
        nodes = self.nodes.nodes(group)[:over]
        for number in range(count):
            self.nodes.start(f"ws-{number}", nodes[number % over])

    def when(self, state: str, act: Callable[[], None]) -> None:
        """Let `act` happen right before a state's function is called for the first time."""
        done: list[bool] = []

        def meddle(call: Invocation, work: Callable[[], Any]) -> Any:
            if call.state == state and not done:
                done.append(True)
                act()
            return work()

        self.world.on_invoke = meddle

    def decisions(self) -> list[dict[str, Any]]:
        """What the ledger has of decisions, the oldest first."""
        items = sorted((item for item in self.cloud.ledger() if item["pk"].startswith("scalings#")), key=_moment)
        return [_document(item["decision"]) for item in items]

    def ends(self) -> list[dict[str, Any]]:
        """What the ledger has of the ends of scalings."""
        return [_document(item["summary"]) for item in self.cloud.ledger() if item["pk"].startswith("scaling-ends#")]

    def sound(self) -> bool:
        """No workspace was ended, EKS was never left to choose, no node stays cordoned, nobody holds a group."""
        self.nodes.proceed()
        assert self.nodes.killed == [], f"workspaces ended: {self.nodes.killed}"
        assert self.provisioners.cut == [], f"builds ended: {self.provisioners.cut}"
        assert self.nodes.lowered == [], f"EKS was to choose: {self.nodes.lowered}"
        ending = {each.node for each in self.nodes.instances.values() if each.ends_at}
        assert set(self.nodes.cordoned()) <= ending, "a node stays cordoned"
        assert [item for item in self.cloud.ledger() if item["pk"].startswith("scaling-lock#")] == []
        return True

    def coder(self) -> dict[str, Any]:
        """What coderd answers."""
        running = len(self.nodes.workspaces())
        told = {
            "running": running,
            "total": running,
            "moving": 0,
            "jobs": [],
            "deadlines": [],
            "daemons": self.provisioners.daemons(),
        } | self.counts
        totals = {"pending": 0, "building": told["moving"], "running": told["total"], "failed": 0, "stopped": 3}
        return {
            "/api/v2/workspaces": {
                "workspaces": [{"latest_build": {"deadline": each}} for each in told["deadlines"]],
                "count": told["running"],
            },
            "/api/v2/deployment/stats": {"workspaces": totals},
            "/api/v2/organizations": [{"id": "o-1"}],
            "/api/v2/organizations/o-1/provisionerjobs": told["jobs"],
            "/api/v2/organizations/o-1/provisionerdaemons": told["daemons"],
        }


@contextmanager
def stage(*, workspace: int = 6, smallest: int = 0, provisioner: int = 2) -> Iterator[Stage]:
    """A stage, from 02:00 UTC on a Monday night, with so many nodes in each group."""
    quiet = patch.object(logging.getLogger("coder-day2"), "disabled", new=True)
    with quiet, world() as here, cloud(here, settings=SETTINGS) as sky:
        platform = PlatformFake(here.time, sky.rds)
        sky.attach(platform)
        nodes = sky.nodes = NodesFake(here.time, platform.store)
        nodes.make_group(WS, desired=workspace, smallest=smallest)
        nodes.make_group(PROV, desired=provisioner, largest=10)
        provisioners = ProvisionersFake(platform.store, nodes, PROV)
        found = Stage(world=here, cloud=sky, platform=platform, nodes=nodes, provisioners=provisioners)
        platform.controllers, platform.more_of_coder = found.proceed, found.coder
        with platform.serving_requests():
            yield found


def _moment(item: dict[str, Any]) -> str:
    return str(item["sk"])


def _document(text: str) -> dict[str, Any]:
    return dict(json.loads(text))
