"""An execution's history as what an operator follows: the states, how long each took, how often it was retried."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

Status = Literal["running", "done", "failed"]

_FAILURES = frozenset(
    {
        "TaskFailed",
        "TaskTimedOut",
        "TaskStartFailed",
        "TaskSubmitFailed",
        "LambdaFunctionFailed",
        "LambdaFunctionTimedOut",
        "LambdaFunctionScheduleFailed",
        "LambdaFunctionStartFailed",
    }
)
_SUCCESSES = frozenset({"TaskSucceeded", "LambdaFunctionSucceeded"})
_MARKERS = frozenset({"Choice", "Pass", "Succeed", "Fail"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StateProgress:
    """One state as entered: `failures` counts failed attempts, the normal waiting of a poll included."""

    entry: int
    name: str
    kind: str
    entered_at: datetime
    exited_at: datetime | None = None
    failures: int = 0
    last_error: str = ""
    succeeded: bool = False

    def status(self, *, execution_ended: bool) -> Status:
        """`failed` also when the state was left by a Catch: its last attempt failed."""
        if self.exited_at is None:
            return "failed" if execution_ended else "running"
        return "failed" if self.failures and not self.succeeded else "done"

    def seconds(self, now: datetime) -> float:
        """Time in the state until it was left, or until `now`."""
        return ((self.exited_at or now) - self.entered_at).total_seconds()


def progress(events: Iterable[Mapping[str, Any]]) -> tuple[StateProgress, ...]:
    """The states of a history (GetExecutionHistory's `events`, oldest first) in the order of their entry.

    Choice, Pass, Succeed and Fail states take no time and are left out.
    """
    states: dict[int, StateProgress] = {}
    entry_of: dict[int, int] = {}
    for event in events:
        number, kind = event["id"], event["type"]
        entry = entry_of.get(event.get("previousEventId", 0), 0)
        if kind.endswith("StateEntered"):
            entry = number
            states[entry] = StateProgress(
                entry=entry,
                name=event["stateEnteredEventDetails"]["name"],
                kind=kind.removesuffix("StateEntered"),
                entered_at=event["timestamp"],
            )
        elif kind.endswith("StateExited"):
            entry = _open_entry(states, event["stateExitedEventDetails"]["name"], entry)
            if entry in states:
                states[entry] = replace(states[entry], exited_at=event["timestamp"])
        elif kind in _FAILURES and entry in states:
            states[entry] = replace(states[entry], failures=states[entry].failures + 1, last_error=_error(event))
        elif kind in _SUCCESSES and entry in states:
            states[entry] = replace(states[entry], succeeded=True)
        entry_of[number] = entry
    return tuple(state for state in states.values() if state.kind not in _MARKERS)


def _open_entry(states: Mapping[int, StateProgress], name: str, nearest: int) -> int:
    """Which entry an exit closes: the chain's own when it has that name, else the oldest open one of that name."""
    if nearest in states and states[nearest].name == name and states[nearest].exited_at is None:
        return nearest
    return next((entry for entry, state in states.items() if state.name == name and state.exited_at is None), 0)


def _error(event: Mapping[str, Any]) -> str:
    details: Mapping[str, Any] = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
    return str(details.get("error", ""))
