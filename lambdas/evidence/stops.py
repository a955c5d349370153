"""Where a drill stopped, and when the states that failed were entered and left.

A state that failed returned nothing, so its times are those of its neighbours: it was entered when the one before it
returned, and left when the one that its Catch leads to was entered. How often it was retried, nobody knows any more.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from lambdas import payload
from lambdas.contracts import Timing
from lambdas.evidence import failures
from lambdas.evidence.timeline import PHASES, State, Step

# The order in which a drill that fails may have stopped, along each branch.
_RESTORE = tuple(state for phase in PHASES[1:4] for state in phase.states)
_NAMESPACE = "CreateNamespace"
_TRUNK = ("OpenDrill", "ChooseRecoveryPoint", "PrepareCopy", "ProveIsolation", "PlanVerification", "RunChecks", "Judge")
_WAY_OUT = {
    "teardown_failure": "DeleteDatabase",
    "namespace_failure": "DeleteNamespace",
    "proof_failure": "ProveNothingLeft",
}
_RECORD = "RecordEvidence"

_BEFORE = {
    "OpenDrill": (),
    "ChooseRecoveryPoint": ("OpenDrill",),
    **{state: (before,) for before, state in pairwise(("ChooseRecoveryPoint", *_RESTORE))},
    _NAMESPACE: ("ChooseRecoveryPoint",),
    "ProveIsolation": (_RESTORE[-1], _NAMESPACE),
    **{state: (before,) for before, state in pairwise((*_TRUNK[3:], *_WAY_OUT.values()))},
}
# Every other failure before the judgement leads to the first state of the way out.
_CATCHES = {"OpenDrill": _RECORD, **dict(pairwise((*_WAY_OUT.values(), _RECORD)))}
# Far more than the transitions from a branch's end to the way out take.
_SETTLED = timedelta(seconds=2)


def stopped_in(state: State, ran: tuple[Timing, ...]) -> str | None:
    """The state in which a drill with a `failure` stopped, as far as the order of states tells; else None.

    Of a drill that a sweep recorded nothing returned, which tells nothing.
    """
    if not state.get("failure") or failures.results_lost(state):
        return None
    returned = {each.state for each in ran}
    prepared = state.get("prepared") or {}
    if (prepared.get("restore") or {}).get("failure"):
        return next((name for name in _RESTORE if name not in returned), None)
    if (prepared.get("namespace") or {}).get("failure"):
        return _NAMESPACE
    if prepared:
        returned.add("PrepareCopy")
    return next((name for name in _TRUNK if name not in returned), None)


def failed(state: State, ran: tuple[Timing, ...], *, now: datetime) -> tuple[Step, ...]:
    """The states that failed, on the drill's way and on its way out; `now` is the recording step's entry."""
    names = [stopped_in(state, ran), *(name for failure, name in _WAY_OUT.items() if state.get(failure))]
    if ((state.get("prepared") or {}).get("namespace") or {}).get("failure"):
        names.append(_NAMESPACE)
    return tuple(
        Step(
            state=name,
            entered_at=_entered(name, state, ran),
            finished_at=_left(name, ran, now=now),
            retries=None,
            failed=True,
        )
        for name in dict.fromkeys(names)
        if name in _BEFORE
    )


def _entered(name: str, state: State, ran: tuple[Timing, ...]) -> datetime | None:
    before = _BEFORE[name]
    if not before:
        return payload.parse_instant(state["drill"]["opened_at"])
    ends = [_end(each, ran) for each in before]
    return None if None in ends else max(each for each in ends if each)


def _left(name: str, ran: tuple[Timing, ...], *, now: datetime) -> datetime | None:
    following = _CATCHES.get(name, "DeleteDatabase")
    if following == _RECORD:
        return now
    entry = min((each.entered_at for each in ran if each.state == following), default=None)
    other = _NAMESPACE if name in _RESTORE else _RESTORE[-1] if name == _NAMESPACE else None
    if entry is None or other is None:
        return entry
    # The way out begins when both branches have ended: it tells when this one did only if the other ended before.
    ended = _end(other, ran)
    return entry if ended is not None and entry - ended > _SETTLED else None


def _end(name: str, ran: tuple[Timing, ...]) -> datetime | None:
    return max((each.finished_at for each in ran if each.state == name), default=None)
