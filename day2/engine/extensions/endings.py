"""An execution ends when it should: by its machine's TimeoutSeconds, or at once when it is stopped.

MiniStack knows no machine timeout. After StopExecution its branches go on polling to their end, and a task that
fails afterwards turns ABORTED into FAILED. Here a wait or a retry interval is cut short, no further state begins,
and what ended stays as it ended. A task's function that already runs is left to finish, as on AWS.

The machine's timeout is scaled like its waits.
"""

import contextvars
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import stepfunctions

from day2.engine.settings import EngineSettings

NEEDS = (
    "services.stepfunctions._ExecutionError",
    "services.stepfunctions._SFN_WAIT_SCALE",
    "services.stepfunctions._add_event",
    "services.stepfunctions._emit_execution_status_event",
    "services.stepfunctions._executions",
    "services.stepfunctions._fail_execution",
    "services.stepfunctions._run_execution",
    "services.stepfunctions._scaled_sleep",
    "services.stepfunctions._state_machines",
    "services.stepfunctions._stop_execution",
)

Execution = dict[str, Any]

_run = stepfunctions._run_execution
_stop = stepfunctions._stop_execution
_fail = stepfunctions._fail_execution

_over: dict[str, threading.Event] = {}
_mine: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("over", default=None)


def install(_settings: EngineSettings) -> None:
    stepfunctions._run_execution = run
    stepfunctions._stop_execution = stop
    stepfunctions._fail_execution = fail
    stepfunctions._scaled_sleep = pause


def run(arn: str) -> None:
    """MiniStack's execution thread, under a watch."""
    execution = stepfunctions._executions.get(arn)
    if execution is None:
        return
    over = _over[arn] = threading.Event()
    _mine.set(over)
    watch = _watch(execution, over)
    try:
        _run(arn)
    finally:
        if watch:
            watch.cancel()
        _over.pop(arn, None)


def stop(request: Mapping[str, Any]) -> Any:
    """StopExecution, which wakes what the execution waits for."""
    answer = _stop(request)
    if over := _over.get(request.get("executionArn", "")):
        over.set()
    return answer


def fail(execution: Execution, error: str, cause: str) -> None:
    """An execution fails once, and not after it has ended otherwise."""
    if execution["status"] == "RUNNING":
        _fail(execution, error, cause)


def pause(seconds: float) -> None:
    """Wait `seconds` of the machine's time, or leave the execution when it is over meanwhile."""
    scaled = seconds * stepfunctions._SFN_WAIT_SCALE
    over = _mine.get()
    if over is None:
        time.sleep(max(scaled, 0.0))
    elif over.wait(scaled):
        leave_when_over()


def leave_when_over() -> None:
    """Raise what no Catch takes when this thread's execution has ended. A no-op outside an execution."""
    over = _mine.get()
    if over is not None and over.is_set():
        raise stepfunctions._ExecutionError("States.Runtime", "The execution has ended.")


def _watch(execution: Execution, over: threading.Event) -> threading.Timer | None:
    seconds = _machine_timeout(execution)
    if seconds is None:
        return None
    expire: Callable[..., None] = contextvars.copy_context().run
    timer = threading.Timer(seconds * stepfunctions._SFN_WAIT_SCALE, expire, (_expire, execution, over))
    timer.daemon = True
    timer.start()
    return timer


def _machine_timeout(execution: Execution) -> float | None:
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"])
    try:
        return json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    except ValueError:
        return None


def _expire(execution: Execution, over: threading.Event) -> None:
    if execution["status"] != "RUNNING":
        return
    execution.update(status="TIMED_OUT", stopDate=stepfunctions.now_iso())
    stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    over.set()
    stepfunctions._emit_execution_status_event(execution)
