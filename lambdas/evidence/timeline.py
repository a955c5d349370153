"""When what ran: every step's timing found in the state, gathered into phases."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lambdas import payload
from lambdas.contracts import Timing

State = Mapping[str, Any]
During = Literal["work", "waiting", "outage", "watch", "rollback", "after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of a drill or a restore that an operator has a word for.

    states              the steps that make it up
    counts_towards_rto  it lies between the start and what ends the recovery time: a drill's judgement, a restored
                        platform's verification
    during              of a restore: what the platform and its people go through meanwhile
    """

    name: str
    title: str
    states: tuple[str, ...]
    counts_towards_rto: bool
    during: During | None = None


PHASES: tuple[Phase, ...] = (
    Phase(
        name="choose",
        title="Choose the recovery point",
        states=("OpenDrill", "ChooseRecoveryPoint"),
        counts_towards_rto=True,
    ),
    Phase(
        name="restore",
        title="Restore the cluster",
        states=("RestoreCluster", "AwaitCluster"),
        counts_towards_rto=True,
    ),
    Phase(
        name="instance",
        title="Start the writer",
        states=("AddInstance", "AwaitInstance"),
        counts_towards_rto=True,
    ),
    Phase(
        name="credentials",
        title="Reset the credentials",
        states=("ResetCredentials", "AwaitCredentials"),
        counts_towards_rto=True,
    ),
    Phase(name="namespace", title="Create the namespace", states=("CreateNamespace",), counts_towards_rto=True),
    Phase(name="isolation", title="Prove the isolation", states=("ProveIsolation",), counts_towards_rto=True),
    Phase(
        name="verification",
        title="Verify the data",
        states=("PlanVerification", "RunChecks"),
        counts_towards_rto=True,
    ),
    Phase(name="judgement", title="Judge", states=("Judge",), counts_towards_rto=True),
    Phase(
        name="teardown",
        title="Tear down",
        states=("DeleteDatabase", "DeleteNamespace"),
        counts_towards_rto=False,
    ),
    Phase(name="proof", title="Prove nothing is left", states=("ProveNothingLeft",), counts_towards_rto=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run of a state. A state that failed returned no timing: what is not known of it is None."""

    state: str
    entered_at: datetime | None
    finished_at: datetime | None
    retries: int | None
    failed: bool = False


def timings(state: Any) -> tuple[Timing, ...]:
    """Every `timing` anywhere in the state, in the order the states were entered; one a state and moment."""
    found = {(each.state, each.entered_at, each.finished_at): each for each in _walk(state)}
    return tuple(sorted(found.values(), key=lambda each: (each.entered_at, each.finished_at, each.state)))


def _walk(value: Any) -> Iterator[Timing]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name == "timing" and isinstance(item, Mapping) and "entered_at" in item:
                yield payload.read(Timing, item)
            else:
                yield from _walk(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _walk(item)


def returned(ran: Iterable[Timing]) -> tuple[Step, ...]:
    """The steps of the states that returned."""
    return tuple(
        Step(state=each.state, entered_at=each.entered_at, finished_at=each.finished_at, retries=each.retries)
        for each in ran
    )


def phases(steps: Iterable[Step], of: Sequence[Phase] = PHASES) -> list[dict[str, Any]]:
    """The phases that were reached, each with its steps, as the record holds them.

    A phase begins when its first state was entered and ends when its last one was left, by its return or its failure.
    """
    known = tuple(steps)
    reached = []
    for phase in of:
        mine = sorted((each for each in known if each.state in phase.states), key=lambda each: _place(phase, each))
        if mine:
            reached.append(_phase(phase, mine))
    return reached


def _place(phase: Phase, step: Step) -> int:
    return phase.states.index(step.state)


def _phase(phase: Phase, steps: Sequence[Step]) -> dict[str, Any]:
    begun = [each.entered_at for each in steps if each.state == steps[0].state]
    ended = [each.finished_at for each in steps if each.state == steps[-1].state]
    retries = [each.retries for each in steps if each.retries is not None]
    return {
        "name": phase.name,
        "title": phase.title,
        "counts_towards_rto": phase.counts_towards_rto,
        **({"during": phase.during} if phase.during else {}),
        "failed": any(each.failed for each in steps),
        **_times(
            min((each for each in begun if each), default=None), max((each for each in ended if each), default=None)
        ),
        "retries": sum(retries) if len(retries) == len(steps) else None,
        "steps": [_step(each) for each in steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "state": step.state,
        "failed": step.failed,
        **_times(step.entered_at, step.finished_at),
        "retries": step.retries,
    }


def _times(begun: datetime | None, ended: datetime | None) -> dict[str, Any]:
    return {
        "started_at": begun and payload.instant(begun),
        "ended_at": ended and payload.instant(ended),
        # Of a failed step, two clocks tell these: a function's and the state machine's.
        "seconds": max((ended - begun).total_seconds(), 0.0) if begun and ended else None,
    }


def between(ran: tuple[Timing, ...], *states: str) -> tuple[datetime | None, datetime | None]:
    """When the first of two states was entered and the second returned; None for what is not known."""
    first, last = states[0], states[-1]
    begun = min((each.entered_at for each in ran if each.state == first), default=None)
    ended = max((each.finished_at for each in ran if each.state == last), default=None)
    return begun, ended
