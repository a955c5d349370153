"""The ways in which a step can go wrong, each as a wrapper around the step's work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .cloud import Call, Cloud, Refusal
from .harness import FunctionDied, Invocation, World
from .interpreter import Execution
from .scene import Meddling, Scene

Work = Callable[[], Any]


class UnforeseenError(Exception):
    """A bug: no step declares it and no edge names it."""


def at(
    world: World, state: str, fault: Meddling, *, machine: str = "dr-drill", drill: str | None = None
) -> list[Invocation]:
    """Bend the invocations of `state` in every execution of `machine`; those that were bent, as they happen.

    `drill` bends only those that are about one drill: of a sweep's dead ones, say.
    """
    bent: list[Invocation] = []

    def meddle(invocation: Invocation, work: Work) -> Any:
        if invocation.state != state or f":execution:{machine}:" not in invocation.execution:
            return work()
        if drill is not None and invocation.drill != drill:
            return work()
        bent.append(invocation)
        return fault(invocation, work)

    world.on_invoke = meddle
    return bent


def everywhere(world: World, make: Callable[[], Meddling], *, machine: str = "dr-drill") -> Counter[str]:
    """Bend every state's invocations in every execution of `machine`, each state by a fault of its own; how often."""
    faults: dict[str, Meddling] = {}
    bent: Counter[str] = Counter()

    def meddle(invocation: Invocation, work: Work) -> Any:
        if f":execution:{machine}:" not in invocation.execution:
            return work()
        bent[invocation.state] += 1
        return faults.setdefault(invocation.state, make())(invocation, work)

    world.on_invoke = meddle
    return bent


def bug(_: Invocation, __: Work) -> Any:
    """It fails before it did anything, every time."""
    raise UnforeseenError("a row of somebody@example.com")


def death_after_effect(_: Invocation, work: Work) -> Any:
    """Its effect took place, and nobody hears of it: the process is gone (out of memory, say)."""
    work()
    raise FunctionDied("Runtime.ExitError")


def lost_answer(times: int = 1) -> Meddling:
    """Its effect took place, but Lambda answers with an error that the machine retries: the step runs again."""
    left = [times]

    def fault(_: Invocation, work: Work) -> Any:
        result = work()
        if left[0]:
            left[0] -= 1
            raise FunctionDied("Lambda.ServiceException")
        return result

    return fault


def hanging(world: World) -> Meddling:
    """It does nothing and does not come back: the state gives it up."""

    def fault(_: Invocation, __: Work) -> Any:
        world.time.sleep(3600)
        raise FunctionDied("Sandbox.Timedout")

    return fault


def refusing(cloud: Cloud, code: str, *, times: int | None = None) -> Meddling:
    """Every call it makes is refused with `code`, in its first `times` invocations, None: in all."""
    seen = [0]

    def refuse(call: Call) -> None:
        cloud.refused.append(call)
        raise Refusal(code, "by the test")

    def fault(_: Invocation, work: Work) -> Any:
        seen[0] += 1
        if times is not None and seen[0] > times:
            return work()
        cloud.meddle = refuse
        try:
            return work()
        finally:
            cloud.meddle = lambda _: None

    return fault


def dying_after(cloud: Cloud, nth: int, name: str) -> list[Call]:
    """Whatever function makes the nth writing call (from 0) dies right after it, once; the call it died after."""
    died: list[Call] = []

    def die(call: Call) -> None:
        if call.changes and not died and len(cloud.writes()) > nth:
            died.append(call)
            raise FunctionDied(name)

    cloud.aftermath = die
    return died


def ending(how: Callable[[Execution], None], world: World, *, effect_after: float | None) -> Meddling:
    """The execution is ended while the function runs, whose effect comes `effect_after` seconds later, or never."""

    def fault(invocation: Invocation, work: Work) -> Any:
        how(world.executions[invocation.execution])
        if effect_after is None:
            raise FunctionDied("Runtime.ExitError")
        world.time.sleep(effect_after)
        return work()

    return fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One kind of fault at any state: how it is made, and the error in which it ends there.

    `took_effect`: what the state was to do is done all the same.
    """

    make: Callable[[Scene], Meddling]
    error: Callable[[str], str]
    took_effect: bool = False


PASSING: dict[str, Callable[[Scene], Meddling]] = {
    "throttling that passes": lambda stage: refusing(stage.cloud, "Throttling", times=3),
    "an answer that was lost": lambda _: lost_answer(),
}
ENDING = {
    "a bug": Family(make=lambda _: bug, error=lambda _: UnforeseenError.__name__),
    "throttling that never ends": Family(
        make=lambda stage: refusing(stage.cloud, "Throttling"), error=lambda _: "ServiceBusy"
    ),
    "a refused permission": Family(
        make=lambda stage: refusing(stage.cloud, "AccessDenied"),
        error=lambda state: _DENIED_AS.get(state, "AccessRefused"),
    ),
    "a death after the effect": Family(
        make=lambda _: death_after_effect, error=lambda _: "Runtime.ExitError", took_effect=True
    ),
    "a time-out": Family(make=lambda stage: hanging(stage.world), error=lambda _: "States.Timeout"),
}
_DENIED_AS = {
    "CreateNamespace": "KubernetesUnavailable",
    "DeleteNamespace": "KubernetesUnavailable",
    "FindOrphanNamespaces": "KubernetesUnavailable",
    "ProveIsolation": "IsolationNotProven",
    "ProveNothingLeft": "LeftoversFound",
    "RecordEvidence": "EvidenceNotStored",
}
