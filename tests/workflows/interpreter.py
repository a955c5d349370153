"""moto's Step Functions interpreter, led out of real time: the one place that knows its private names.

moto is pinned (5.2.5); `patched` names every point it replaces, and a name that is gone stops the tests with
that name. What this keeps of AWS: exact error names, the order of Retry and Catch, paths, payload sizes, the
history's events. What it cannot show: quotas, roles, and everything on the other side of a Lambda call.
"""

from __future__ import annotations

import copy
import json
import logging
import marshal
import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Literal
from unittest.mock import patch

import jsonpath_ng
import jsonpath_ng.ext
from moto.stepfunctions.parser import utils as moto_utils
from moto.stepfunctions.parser.api import HistoryEventType, StateMachineType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name import custom_error_name
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.common.retry import jitter_strategy_decl, retrier_decl
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.program import program as program_module
from moto.stepfunctions.parser.asl.component.state import state as state_module
from moto.stepfunctions.parser.asl.component.state.exec import execute_state
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import inline_iteration_component, job
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel import branch_worker, branches_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import wait_function
from moto.stepfunctions.parser.asl.eval import environment as environment_module
from moto.stepfunctions.parser.asl.eval import states as states_module
from moto.stepfunctions.parser.asl.eval.callback import callback
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.evaluation_details import AWSExecutionDetails
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError, ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.asl.eval.states import ContextObjectData, ExecutionData, StateMachineData
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from .virtual_time import VirtualThreading, VirtualTime

ACCOUNT, REGION = "123456789012", "eu-west-1"
FUNCTIONS = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
STATES = f"arn:aws:states:{REGION}:{ACCOUNT}:"
PAYLOAD_LIMIT_BYTES = 256 * 1024
TOO_LARGE = "States.DataLimitExceeded"

Status = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
Answer = Mapping[str, Any] | tuple[str, str]
"""What a waiting task is told: its output, or an error's name and cause."""
Invoke = Callable[[str, bytes], dict[str, Any]]
"""(function name, payload) -> what `lambda:Invoke` answers: `Payload`, and `FunctionError` when it failed."""


def moment(time: datetime) -> str:
    """As the context object gives a time: `2026-11-23T02:00:00.000Z`."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache
def parsed(definition: str) -> Any:
    """The program of a definition; parsing takes longer than running, and a program keeps no state."""
    return AmazonStateLanguageParser.parse(definition)[0]


def substituted(definition: str) -> str:
    """The definition with every `${Step}` as that step's function ARN, as CloudFormation would put it."""
    return re.sub(r"\$\{(\w+)\}", rf"{FUNCTIONS}\1", definition)


@contextmanager
def patched(time: VirtualTime, invoke: Invoke) -> Iterator[None]:
    """Within it, moto waits and dates in `time`, and a Lambda Task calls `invoke`."""
    threading = VirtualThreading(time)

    def seconds() -> float:
        return time.now.timestamp()

    clock = SimpleNamespace(sleep=time.sleep, time=seconds)
    dates = SimpleNamespace(datetime=_Dates(time), timezone=SimpleNamespace(utc=UTC))

    def call(parameters: Mapping[str, Any], **_: object) -> dict[str, Any]:
        if len(parameters["Payload"]) > PAYLOAD_LIMIT_BYTES:
            cause = "what Parameters made of the input is larger than the limit"
            return {"FunctionError": "Unhandled", "Payload": {"errorType": TOO_LARGE, "errorMessage": cause}}
        return invoke(parameters["FunctionName"].removeprefix(FUNCTIONS), parameters["Payload"])

    points = [
        *((module, "threading", threading) for module in _THREADED),
        (execute_state, "Thread", threading.Thread),
        (callback, "Event", threading.Event),
        (jsonpath_ng.jsonpath, "_clean_list_keys", _unchanged),
        (retrier_decl, "time", clock),
        (wait_function, "time", clock),
        (jitter_strategy_decl, "random", random.Random(0)),  # noqa: S311  the same jitter every time
        (state_module, "datetime", dates),
        (custom_error_name, "ILLEGAL_CUSTOM_ERROR_PREFIX", _NO_PREFIX),
        (EventManager, "_get_current_timestamp", staticmethod(lambda: time.now)),
        (lambda_eval_utils, "_invoke_lambda_function", call),
        *((state, "_from_error", _as_on_aws(state._from_error)) for state in _FAILING),
    ]
    points += [(module, "copy", SimpleNamespace(deepcopy=copied)) for module in _COPYING]
    points += [(json_path, "parse", _parsed_path), (result_path, "parse", _parsed_result_path)]
    logger = logging.getLogger("moto.stepfunctions")
    with ExitStack() as stack:
        for module, name, value in points:
            stack.enter_context(patch.object(module, name, value))
        stack.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL)
        stack.callback(moto_utils.TMP_THREADS.clear)
        yield


def _unchanged(written: Any) -> Any:
    """What a ResultPath has written into: jsonpath-ng goes through all of it for list keys, which no path here has."""
    return written


_FAILING = (ExecutionState, StateTaskLambda, StateTaskServiceLambda)
_THREADED = (
    program_module,
    execute_state,
    branch_worker,
    branches_decl,
    inline_iteration_component,
    job,
    environment_module,
)


# moto lets no Fail state and no branch end with a name of AWS's own. On AWS both do: a Fail takes any string (AWS,
# "Fail workflow state"), and what escapes from a branch keeps its name.
_NO_PREFIX = "\0"


def _as_on_aws(original: Callable[..., Any]) -> Callable[..., Any]:
    """A missing path and too large a payload end the execution: on AWS not even `States.ALL` catches them."""

    def from_error(self: ExecutionState, env: Environment, ex: Exception) -> Any:
        if isinstance(ex, NoSuchJsonPathError):
            details = TaskFailedEventDetails(
                error="States.Runtime", cause=f"{self.name}: no {ex.json_path} in the input"
            )
            raise FailureEventException(
                failure_event=FailureEvent(
                    env=env,
                    error_name=StatesErrorName(typ=StatesErrorNameType.StatesRuntime),
                    event_type=HistoryEventType.TaskFailed,
                    event_details=EventDetails(taskFailedEventDetails=details),  # type: ignore[typeddict-item]  # the one that applies
                )
            )
        event = original(self, env, ex)
        if event.error_name and event.error_name.error_name in {"States.Runtime", TOO_LARGE}:
            raise FailureEventException(failure_event=event)
        return event

    return from_error


def copied(value: Any) -> Any:
    """A deep copy, as `copy.deepcopy` makes it, many times as fast for the JSON that the interpreter mostly copies."""
    try:
        return marshal.loads(marshal.dumps(value))  # noqa: S302  our own value, there and back
    except ValueError:
        return copy.deepcopy(value)


_parsed_path = lru_cache(jsonpath_ng.ext.parse)  # type: ignore[attr-defined]  # moto imports it from there too
_parsed_result_path = lru_cache(jsonpath_ng.parse)  # type: ignore[attr-defined]
_COPYING = (states_module, result_path, string_expression, execute_state)


class _Dates:
    """`datetime.datetime`, as far as the interpreter uses it to date a state's entry."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time

    def now(self, tz: object) -> _Dates:  # noqa: ARG002  the interpreter names UTC
        return self

    def isoformat(self) -> str:
        return moment(self._time.now)


class Execution:
    """One execution of one machine. Its strand begins when the driver waits."""

    def __init__(  # noqa: PLR0913  what an execution is
        self,
        time: VirtualTime,
        *,
        machine: str,
        definition: str,
        name: str,
        request: Any,
        started_at: datetime | None = None,
        start_at: str | None = None,
    ) -> None:
        self.time, self.machine, self.name, self.input = time, machine, name, request
        self.arn = f"{STATES}execution:{machine}:{name}"
        self.started_at = started_at or time.now
        self.stopped_at: datetime | None = None
        self.status: Status = "RUNNING"
        self.output: Any = None
        self.error: str | None = None
        self.cause: str | None = None
        self._definition, self._program = definition, parsed(definition)
        if start_at is not None:
            # Another beginning of the same program: to parse it anew takes as long as a whole restore.
            self._program = copy.copy(self._program)
            self._program.start_at = StartAt(start_at)
        self._env = self._environment()

    def run(self) -> None:
        """Execute to the end; the body of this execution's strand."""
        self._env.event_manager.add_event(
            context=self._env.event_history_context,
            event_type=HistoryEventType.ExecutionStarted,
            update_source_event_id=False,
        )
        self._program.eval(self._env)
        match self._env.program_state():
            case ProgramEnded():
                self.output = json.loads(json.dumps(self._env.states.get_input()))
                self._end("SUCCEEDED")
            case ProgramError(error=error):
                self.error, self.cause = (error or {}).get("error"), (error or {}).get("cause")
                self._end("FAILED")
            case ProgramTimedOut():
                self._end("TIMED_OUT")
            case ProgramStopped():
                self._end("ABORTED")

    def abort(self) -> None:
        """As StopExecution does: no further state begins; a function that runs is not stopped."""
        self._env.set_stop(stop_date=self.time.now, cause=None, error=None)
        self._end("ABORTED")

    def time_out(self) -> None:
        """As the machine's own TimeoutSeconds does."""
        self._env.set_timed_out()
        self._end("TIMED_OUT")

    def answer(self, token: str, outcome: Answer) -> bool:
        """As SendTaskSuccess (a JSON-ready output) and SendTaskFailure do; False when nobody waits for this token.

        Raises CallbackNotifyConsumerError for one whose wait is over.
        """
        match outcome:
            case (error, cause):
                told: Any = callback.CallbackOutcomeFailure(callback_id=token, error=error, cause=cause)
            case _:
                told = callback.CallbackOutcomeSuccess(callback_id=token, output=json.dumps(outcome))
        return bool(self._env.callback_pool_manager.notify(callback_id=token, outcome=told))

    @property
    def history(self) -> list[dict[str, Any]]:
        """The events, shaped as GetExecutionHistory gives them."""
        history: Any = self._env.event_manager.get_event_history()
        return list(history)

    def interrupted(self) -> tuple[str, Any]:
        """The state of the machine itself that was entered last, and what it was given: where a redrive goes on."""
        states = json.loads(self._definition)["States"]
        entered = [told for event in self.history if (told := event.get("stateEnteredEventDetails"))]
        last = next(each for each in reversed(entered) if each["name"] in states)
        return last["name"], json.loads(last["input"])

    def _end(self, status: Status) -> None:
        if self.status == "RUNNING":
            self.status, self.stopped_at = status, self.time.now

    def _environment(self) -> Environment:
        role = f"arn:aws:iam::{ACCOUNT}:role/{self.machine}"
        return Environment(
            aws_execution_details=AWSExecutionDetails(account=ACCOUNT, region=REGION, role_arn=role),
            execution_type=StateMachineType.STANDARD,
            context=ContextObjectData(  # type: ignore[typeddict-item]  # State, Task and Map come with the states
                Execution=ExecutionData(
                    Id=self.arn, Input=self.input, Name=self.name, RoleArn=role, StartTime=moment(self.started_at)
                ),
                StateMachine=StateMachineData(Id=f"{STATES}stateMachine:{self.machine}", Name=self.machine),
            ),
            event_history_context=EventHistoryContext.of_program_start(),
            cloud_watch_logging_session=None,
            activity_store={},
        )
