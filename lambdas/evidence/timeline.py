"""When what ran: every step's timing found in the state, gathered into phases."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas import payload
from lambdas.contracts import Timing

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of the drill an operator has a word for.

    states              the steps that make it up
    counts_towards_rto  it lies between the drill's start and the judgement, which takes the recovery time
    """

    name: str
    title: str
    states: tuple[str, ...]
    counts_towards_rto: bool


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

# The order in which a drill that fails may have stopped, along each branch.
_RESTORE = tuple(state for phase in PHASES[1:4] for state in phase.states)
_TRUNK = ("OpenDrill", "ChooseRecoveryPoint", "PrepareCopy", "ProveIsolation", "PlanVerification", "RunChecks", "Judge")


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


def phases(ran: tuple[Timing, ...]) -> list[dict[str, Any]]:
    """The phases that were reached, each with its steps, as the record holds them.

    A phase begins when its first state was entered and ends when its last known step returned. A step that
    failed returned nothing, so a phase may end early here: `stopped_in` of the record names that state.
    """
    reached = []
    for phase in PHASES:
        steps = [each for each in ran if each.state in phase.states]
        if steps:
            begun, ended = min(each.entered_at for each in steps), max(each.finished_at for each in steps)
            reached.append(
                {
                    "name": phase.name,
                    "title": phase.title,
                    "counts_towards_rto": phase.counts_towards_rto,
                    "started_at": payload.instant(begun),
                    "ended_at": payload.instant(ended),
                    "seconds": (ended - begun).total_seconds(),
                    "retries": sum(each.retries for each in steps),
                    "steps": [_step(each) for each in steps],
                }
            )
    return reached


def _step(timing: Timing) -> dict[str, Any]:
    return {
        "state": timing.state,
        "started_at": payload.instant(timing.entered_at),
        "ended_at": payload.instant(timing.finished_at),
        "seconds": (timing.finished_at - timing.entered_at).total_seconds(),
        "retries": timing.retries,
    }


def stopped_in(state: State, ran: tuple[Timing, ...]) -> str | None:
    """The state in which a drill with a `failure` stopped, as far as the order of states tells; else None.

    A dead execution left no results behind, so nothing is known of it.
    """
    failure = state.get("failure")
    if not failure or failure.get("Error") == "ExecutionDied":
        return None
    returned = {each.state for each in ran}
    prepared = state.get("prepared") or {}
    if (prepared.get("restore") or {}).get("failure"):
        return next((name for name in _RESTORE if name not in returned), None)
    if (prepared.get("namespace") or {}).get("failure"):
        return "CreateNamespace"
    if prepared:
        returned.add("PrepareCopy")
    return next((name for name in _TRUNK if name not in returned), None)


def between(ran: tuple[Timing, ...], *states: str) -> tuple[datetime | None, datetime | None]:
    """When the first of two states was entered and the second returned; None for what is not known."""
    first, last = states[0], states[-1]
    begun = min((each.entered_at for each in ran if each.state == first), default=None)
    ended = max((each.finished_at for each in ran if each.state == last), default=None)
    return begun, ended
