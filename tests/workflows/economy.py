"""What a drill's orchestration takes: time beyond the unavoidable, state transitions, money, history.

Assumed of Lambda: a first call of a function starts it (1.2 s, 1.8 s within the VPC), later ones take 0.3 s.
Transitions are counted as AWS bills them: each state entered, and each retry (aws.amazon.com/step-functions/pricing).
The verification's own work takes no time here, so that nothing hides behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from lambdas.evidence.cost import USD_PER_GB_SECOND, USD_PER_INVOCATION, USD_PER_TRANSITION
from lambdas.steps import BY_NAME

from .cloud import REALISTIC, Durations
from .harness import Invocation, World
from .interpreter import Execution
from .scene import scene

FIRST_CALL_SECONDS = {"control": 1.2, "inside": 1.8}
LATER_CALL_SECONDS = 0.3


class HasWorld(Protocol):
    """A scene or a stage."""

    world: World


@dataclass(frozen=True, kw_only=True)
class Economy:
    """One passed drill's account."""

    elapsed_seconds: float
    unavoidable_seconds: float
    function_seconds: float
    transitions: int
    invocations: int
    gb_seconds: float
    history_events: int
    largest_payload_bytes: int

    @property
    def overhead_seconds(self) -> float:
        return self.elapsed_seconds - self.unavoidable_seconds

    @property
    def overhead_share(self) -> float:
        return self.overhead_seconds / self.unavoidable_seconds

    @property
    def transitions_usd(self) -> float:
        return self.transitions * USD_PER_TRANSITION

    @property
    def functions_usd(self) -> float:
        return self.gb_seconds * USD_PER_GB_SECOND + self.invocations * USD_PER_INVOCATION

    @property
    def usd(self) -> float:
        return self.transitions_usd + self.functions_usd


def unavoidable(durations: Durations) -> float:
    """The seconds that AWS itself takes, one after the other."""
    deletion = durations.instance_deletion + durations.cluster_deletion
    return durations.restore + durations.instance + durations.credentials + deletion


def account(durations: Durations = REALISTIC) -> Economy:
    """Run a drill and account for it."""
    with scene(durations=durations) as stage:
        stage.world.seconds = 0
        spent = as_lambda_would(stage)
        drill = stage.drill({})
        assert drill.status == "SUCCEEDED", drill.cause
        return Economy(
            elapsed_seconds=(drill.stopped_at - drill.started_at).total_seconds(),  # type: ignore[operator]
            unavoidable_seconds=unavoidable(durations),
            function_seconds=sum(seconds for _, seconds in spent),
            transitions=transitions(drill),
            invocations=len(spent),
            gb_seconds=sum(seconds * BY_NAME[step].memory_mb / 1024 for step, seconds in spent),
            history_events=len(drill.history),
            largest_payload_bytes=stage.world.largest_payload_bytes,
        )


def transitions(execution: Execution) -> int:
    """States entered, and retries."""
    kinds = [event["type"].value for event in execution.history]
    entered = sum(kind.endswith("StateEntered") for kind in kinds)
    retried = kinds.count("LambdaFunctionScheduled") - kinds.count("TaskStateEntered")
    return int(entered + retried)


def as_lambda_would(stage: HasWorld) -> list[tuple[str, float]]:
    """Let every invocation take what Lambda would; the seconds of each as they are spent."""
    started: set[str] = set()
    spent: list[tuple[str, float]] = []

    def call(invocation: Invocation, work: Callable[[], Any]) -> Any:
        first = FIRST_CALL_SECONDS[BY_NAME[invocation.step].bundle]
        seconds = LATER_CALL_SECONDS if invocation.step in started else first
        started.add(invocation.step)
        spent.append((invocation.step, seconds))
        stage.world.time.sleep(seconds)
        return work()

    stage.world.on_invoke = call
    return spent
