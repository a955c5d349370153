"""A Task that waits for its token waits as on AWS, and TimeoutSecondsPath counts.

MiniStack ignores TimeoutSecondsPath, takes no notice of a function that fails, gives every attempt the same token,
waits on after StopExecution, and knows only TaskDoesNotExist. Here, of `lambda:invoke.waitForTaskToken`
(https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token):

- the function's result is ignored, but for the history; what it raises fails the attempt under its class name;
- SendTaskSuccess gives the state's result, SendTaskFailure its error and cause; they may come while the function runs;
- TimeoutSeconds, or what TimeoutSecondsPath finds in the state's input, ends the wait with States.Timeout. That wait
  is scaled like a Wait state; it begins when the function has returned, because functions take real time;
- each attempt has a token of its own; one that was answered, or whose wait is over, is answered with TaskTimedOut, one
  that never was with TaskDoesNotExist, and what is no token with InvalidToken.

TimeoutSecondsPath holds for every other Task too, in real seconds as TimeoutSeconds does there. HeartbeatSeconds is not
watched. Other integrations that wait for a token are MiniStack's own.
"""

import base64
import contextvars
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.services import stepfunctions

from day2.engine.extensions import endings
from day2.engine.settings import EngineSettings

NEEDS = (
    "services.stepfunctions._ExecutionError",
    "services.stepfunctions._SFN_WAIT_SCALE",
    "services.stepfunctions._add_event",
    "services.stepfunctions._apply_input_path",
    "services.stepfunctions._call_lambda",
    "services.stepfunctions._execute_task",
    "services.stepfunctions._invoke_with_callback",
    "services.stepfunctions._resolve_lambda_function_ref",
    "services.stepfunctions._resolve_path_or_ctx",
    "services.stepfunctions._send_task_failure",
    "services.stepfunctions._send_task_heartbeat",
    "services.stepfunctions._send_task_success",
    "services.stepfunctions._task_tokens",
    "services.stepfunctions.error_response_json",
    "services.stepfunctions.json_response",
)

INVOKE = "arn:aws:states:::lambda:invoke.waitForTaskToken"
LONGEST_SECONDS = 99_999_999
_LOOK_SECONDS = 0.05
_HEAD = bytes((1, 0, 160))
_TOKEN_BYTES = 480
"""AWS's tokens are some 600 characters of base64 that begin alike."""

Request = Mapping[str, Any]
State = Mapping[str, Any]
Context = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


@dataclass(slots=True)
class Attempt:
    """One attempt of a Task. `outcome` is what its token was answered with: the result, or the error it fails with."""

    execution: Mapping[str, Any]
    answered: threading.Event = field(default_factory=threading.Event)
    over: bool = False
    outcome: Any = None

    @property
    def waits(self) -> bool:
        """Whether an answer would still be heard."""
        return not (self.over or self.answered.is_set()) and self.execution["status"] == "RUNNING"


class _Tokens(dict[str, Any]):
    """A context object in which a task always gets a token of its own, whatever token it is set to."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, {"Token": new_token()} if key == "Task" else value)


_execute = stepfunctions._execute_task
_invoke = stepfunctions._invoke_with_callback
_succeed = stepfunctions._send_task_success
_fail = stepfunctions._send_task_failure
_beat = stepfunctions._send_task_heartbeat

_attempts: dict[str, Attempt] = {}
_deciding = threading.Lock()
_task: contextvars.ContextVar[tuple[dict[str, Any], Context]] = contextvars.ContextVar("task")


def install(_settings: EngineSettings) -> None:
    stepfunctions._execute_task = execute
    stepfunctions._invoke_with_callback = invoke_and_wait
    stepfunctions._send_task_success = succeed
    stepfunctions._send_task_failure = fail
    stepfunctions._send_task_heartbeat = beat


def execute(state: State, given: Any, execution: dict[str, Any], context: Context) -> Any:
    """MiniStack's Task, with the timeout that its input gives."""
    if "TimeoutSecondsPath" in state:
        state = {**state, "TimeoutSeconds": _timeout(state, given, context)}
    if state["Resource"] == INVOKE:
        context = _Tokens(context)
        _task.set((execution, context))
    return _execute(state, given, execution, context)


def _timeout(state: State, given: Any, context: Context) -> int:
    path = state["TimeoutSecondsPath"]
    selected = stepfunctions._apply_input_path(state, given, context)
    seconds = stepfunctions._resolve_path_or_ctx(path, selected, context)
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds <= LONGEST_SECONDS:
        raise stepfunctions._ExecutionError(
            "States.Runtime", f"The TimeoutSecondsPath '{path}' leads to {seconds!r}, which is no positive integer."
        )
    return seconds


def invoke_and_wait(resource: str, parameters: Any, token: str, state: State) -> Any:
    """One attempt: call the function, then wait until the token is answered."""
    if resource != INVOKE:
        return _invoke(resource, parameters, token, state)
    execution, context = _task.get()
    attempt = _attempts[token] = Attempt(execution)
    try:
        _call(execution, parameters, attempt)
        _wait(attempt, state.get("TimeoutSeconds", LONGEST_SECONDS))
    finally:
        with _deciding:
            attempt.over = True
        context["Task"] = "the next attempt's"
    if isinstance(attempt.outcome, stepfunctions._ExecutionError):
        raise attempt.outcome
    return attempt.outcome


def _call(execution: dict[str, Any], parameters: Any, attempt: Attempt) -> None:
    function = stepfunctions._resolve_lambda_function_ref(parameters["FunctionName"], optimized=True)
    try:
        answer = stepfunctions._call_lambda(function, parameters.get("Payload", {}))
    except stepfunctions._ExecutionError:
        if attempt.answered.is_set():
            return  # it had answered its own token before it failed
        raise
    output = json.dumps({"ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200})
    details = {"resourceType": "lambda", "resource": "invoke.waitForTaskToken", "output": output}
    stepfunctions._add_event(execution, "TaskSubmitted", {"taskSubmittedEventDetails": details})


def _wait(attempt: Attempt, seconds: float) -> None:
    ends_at = time.monotonic() + seconds * stepfunctions._SFN_WAIT_SCALE
    while not attempt.answered.wait(_LOOK_SECONDS):
        endings.leave_when_over()
        with _deciding:  # an answer comes before the end, or is refused
            if attempt.answered.is_set():
                return
            if time.monotonic() >= ends_at:
                attempt.over = True
                raise stepfunctions._ExecutionError("States.Timeout", "")


def machine_of(token: str) -> str | None:
    """The ARN of the state machine that a token was given out for; None for one that never was."""
    attempt = _attempts.get(token)
    return None if attempt is None else str(attempt.execution["stateMachineArn"])


def new_token() -> str:
    """A token that nobody guesses, in the shape of AWS's."""
    return base64.b64encode(_HEAD + secrets.token_bytes(_TOKEN_BYTES - len(_HEAD))).decode()


def succeed(request: Request) -> Answer:
    """SendTaskSuccess."""
    try:
        result = json.loads(request.get("output", ""))
    except ValueError:
        return _refused("InvalidOutput", "Invalid Output: 'The output is not valid JSON'")
    return _answer(request, result, otherwise=_succeed)


def fail(request: Request) -> Answer:
    """SendTaskFailure."""
    error = stepfunctions._ExecutionError(request.get("error", ""), request.get("cause", ""))
    return _answer(request, error, otherwise=_fail)


def beat(request: Request) -> Answer:
    """SendTaskHeartbeat, which nothing watches."""
    found = _attempt(request, otherwise=_beat)
    return _accepted() if isinstance(found, Attempt) else found


def _answer(request: Request, outcome: Any, *, otherwise: Callable[[Request], Answer]) -> Answer:
    with _deciding:
        found = _attempt(request, otherwise=otherwise)
        if not isinstance(found, Attempt):
            return found
        found.outcome = outcome
        found.answered.set()
        return _accepted()


def _attempt(request: Request, *, otherwise: Callable[[Request], Answer]) -> Attempt | Answer:
    """The attempt that waits for a token; else what the caller is answered."""
    token = str(request.get("taskToken", ""))
    if token in stepfunctions._task_tokens:
        return otherwise(request)
    if not _is_token(token):
        return _refused("InvalidToken", "Invalid Token: 'Invalid token'")
    attempt = _attempts.get(token)
    if attempt is None:
        return _refused("TaskDoesNotExist", "Task does not exist.")
    if not attempt.waits:
        return _refused("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    return attempt


def _is_token(text: str) -> bool:
    try:
        return base64.b64decode(text, validate=True).startswith(_HEAD)
    except ValueError:
        return False


def _accepted() -> Answer:
    answer: Answer = stepfunctions.json_response({})
    return answer


def _refused(code: str, message: str) -> Answer:
    answer: Answer = stepfunctions.error_response_json(code, message, 400)
    return answer
