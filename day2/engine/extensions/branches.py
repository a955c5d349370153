"""Branches and items keep their own context object, and their states stand in the history.

In MiniStack the branches of a Parallel share one `$$.State`, so that one branch reads the other's name, entry
time and retry count; and the states inside a Parallel or Map leave no events. Events here also carry
`previousEventId`, by which a reader follows a branch.
"""

import contextvars
import copy
import json
import threading
from collections.abc import Mapping
from typing import Any

from ministack.services import stepfunctions

from day2.engine.extensions import endings
from day2.engine.settings import EngineSettings

_HANDLERS = ("choice", "map", "parallel", "pass", "task", "wait")
_WITH_EXECUTION = frozenset({"map", "parallel", "task"})

NEEDS = (
    "services.stepfunctions._ExecutionError",
    "services.stepfunctions._add_event",
    "services.stepfunctions._apply_input_path",
    "services.stepfunctions._apply_output_path",
    "services.stepfunctions._fail_state_error",
    "services.stepfunctions._run_execution",
    "services.stepfunctions._run_sub_machine",
    *(f"services.stepfunctions._execute_{name}" for name in _HANDLERS),
)

Execution = dict[str, Any]
Context = dict[str, Any]
State = Mapping[str, Any]

_add = stepfunctions._add_event

_writing = threading.Lock()
_previous: contextvars.ContextVar[int] = contextvars.ContextVar("previous_event", default=0)


def install(_settings: EngineSettings) -> None:
    stepfunctions._add_event = add_event
    stepfunctions._run_sub_machine = run_branch
    stepfunctions._run_execution = _with_history_of_its_own(stepfunctions._run_execution)


def add_event(execution: Execution, kind: str, details: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Append to the history; nothing follows an execution's end but the word of it."""
    if execution["status"] != "RUNNING" and not kind.startswith("Execution"):
        return {}
    with _writing:
        event: dict[str, Any] = _add(execution, kind, details)
    event["previousEventId"] = _previous.get()
    _previous.set(event["id"])
    return event


def run_branch(states: Mapping[str, State], start_at: str, given: Any, execution: Execution, context: Context) -> Any:
    """Walk one branch or item to its end: its output, or the error that leaves it."""
    own = dict(context)
    name: str | None = start_at
    data = copy.deepcopy(given)
    while name:
        endings.leave_when_over()
        if (state := states.get(name)) is None:
            raise stepfunctions._ExecutionError("States.Runtime", f"State '{name}' not found")
        own["State"] = {"Name": name, "EnteredTime": stepfunctions.now_iso(), "RetryCount": 0}
        kind = state["Type"]
        entered = {"name": name, "input": json.dumps(data)}
        add_event(execution, f"{kind}StateEntered", {"stateEnteredEventDetails": entered})
        data, following = _execute(state, data, execution, own)
        left = {"name": name, "output": json.dumps(data)}
        add_event(execution, f"{kind}StateExited", {"stateExitedEventDetails": left})
        name = following
    return data


def _execute(state: State, data: Any, execution: Execution, context: Context) -> tuple[Any, str | None]:
    """One state: its output and the next one's name, None at the branch's end."""
    kind = state["Type"].lower()
    if kind == "succeed":
        selected = stepfunctions._apply_input_path(state, data, context)
        return stepfunctions._apply_output_path(state, selected, context), None
    if kind == "fail":
        raise stepfunctions._ExecutionError(*stepfunctions._fail_state_error(state, data, context))
    if kind not in _HANDLERS:
        raise stepfunctions._ExecutionError("States.Runtime", f"Unknown state type: {state['Type']}")
    handle = getattr(stepfunctions, f"_execute_{kind}")
    arguments = (state, data, execution, context) if kind in _WITH_EXECUTION else (state, data, context)
    output, following = handle(*arguments)
    return output, following


def _with_history_of_its_own(run: Any) -> Any:
    """An execution that another one's event started begins its own chain of events."""

    def started(arn: str) -> None:
        _previous.set(0)
        run(arn)

    return started
