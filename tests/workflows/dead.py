"""Drills that died and left something behind: what the faults of a sweep are tried on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lambdas.recovery import names

from .faults import UnforeseenError, at, ending
from .harness import Invocation
from .interpreter import Execution
from .scene import Scene

LOCKED_SECONDS = 10 * 3600
"""Longer than a dead drill holds its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadDrill:
    """Its id, and the names of everything that it left, as `Cloud.left` tells them."""

    id: str
    left: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadDrills:
    """Three of them, none swept.

    unseen   has its evidence; its namespace is left, of which only Kubernetes tells
    earlier  stopped by hand: cluster, instance, namespace; its lock has expired
    latest   stopped by hand: cluster, instance, managed secret, namespace, and the source's lock
    """

    unseen: DeadDrill
    earlier: DeadDrill
    latest: DeadDrill


def leave_dead_drills(stage: Scene) -> DeadDrills:
    """Run the three, one after the other; afterwards nothing is bent any more."""
    stage.world.on_invoke = _failing("RestoreCluster", "DeleteNamespace")
    unseen = _die(stage)
    at(stage.world, "AwaitInstance", ending(Execution.abort, stage.world, effect_after=None))
    earlier = _die(stage)
    stage.world.time.sleep(LOCKED_SECONDS)
    dead = DeadDrills(unseen=unseen, earlier=earlier, latest=leave_the_latest(stage))
    assert kinds_of(unseen.left) == {"namespace"}
    assert kinds_of(earlier.left) == {"cluster", "instance", "automated backup", "namespace", "lock"}
    return dead


def leave_the_latest(stage: Scene) -> DeadDrill:
    """Only the one that leaves everything a drill can leave; afterwards nothing is bent any more."""
    at(stage.world, "AwaitCredentials", ending(Execution.abort, stage.world, effect_after=None))
    latest = _die(stage)
    stage.world.on_invoke = lambda _, work: work()
    assert kinds_of(latest.left) == {"cluster", "instance", "automated backup", "secret", "namespace", "lock"}
    return latest


def kinds_of(left: Iterable[str]) -> set[str]:
    """What kinds of things these are: `{"cluster", "lock"}`."""
    return {name.rpartition(" ")[0].removesuffix(" of") for name in left}


def _die(stage: Scene) -> DeadDrill:
    before = stage.cloud.left().keys()
    drill = stage.drill({})
    left = frozenset(stage.cloud.left().keys() - before)
    return DeadDrill(id=names.drill_id(execution=drill.arn, started_at=drill.started_at), left=left)


def _failing(*states: str) -> Callable[[Invocation, Callable[[], Any]], Any]:
    def meddle(invocation: Invocation, work: Callable[[], Any]) -> Any:
        if invocation.state in states:
            raise UnforeseenError
        return work()

    return meddle
