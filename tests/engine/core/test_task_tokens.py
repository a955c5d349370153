"""A state that waits for a person's answer ends by that answer, by its own time or with its execution."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from core_bench import User, Workbench, eventually

ASKS = """
class NotYet(Exception):
    pass

def handler(event, context):
    with open(event["letters"], "a") as letters:
        letters.write(event["token"] + "\\n")
    if event.get("raises"):
        raise NotYet("nobody to ask")
    return {"ignored": True}
"""
WAITING = "arn:aws:states:::lambda:invoke.waitForTaskToken"
LONG = 360_000


class Letterbox:
    """A machine that asks and waits, and the tokens that its function was given."""

    def __init__(self, bench: Workbench, folder: Path) -> None:
        self.bench = bench
        self.steps = bench.engine.client("stepfunctions")
        self._letters = folder / "letters"
        self._letters.touch(mode=0o600)

    def states(self, **more: Any) -> dict[str, Any]:
        payload = {
            "token.$": "$$.Task.Token",
            "letters": str(self._letters),
            "raises.$": "$.raises",
            "names": {"execution.$": "$$.Execution.Name"},
        }
        ask = {
            "Type": "Task",
            "Resource": WAITING,
            "Parameters": {"FunctionName": self.bench.function(ASKS), "Payload": payload},
            "TimeoutSecondsPath": "$.patience.seconds",
            "ResultPath": "$.approval",
            "Next": "After",
            **more,
        }
        return {"Ask": ask, "After": {"Type": "Pass", "End": True}}

    def start(self, *, seconds: Any = LONG, raises: bool = False, **more: Any) -> str:
        states = self.states(**more)
        machine = self.bench.machine({"StartAt": "Ask", "States": states})
        return self.bench.start(machine, {"patience": {"seconds": seconds}, "raises": raises})

    def token(self, number: int = 1) -> str:
        """The token of that attempt, once its function was called."""
        return str(eventually(lambda: [*self._letters.read_text().split(), *[""] * number][number - 1]))

    def code_of(self, token: str, **answer: Any) -> str:
        """What an answer is refused with; nothing when it is taken."""
        call = self.steps.send_task_failure if "error" in answer else self.steps.send_task_success
        try:
            call(taskToken=token, **(answer or {"output": "{}"}))
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])
        return ""


@pytest.fixture
def letterbox(bench: Workbench, tmp_path: Path) -> Letterbox:
    return Letterbox(bench, tmp_path)


def test_the_answer_is_the_states_result_and_the_functions_own_is_not(letterbox: Letterbox) -> None:
    selector = {"decision.$": "$.decision"}
    execution = letterbox.start(ResultSelector=selector)
    token = letterbox.token()
    assert letterbox.code_of(token, output=json.dumps({"decision": "approve", "more": 1})) == ""
    ended = letterbox.bench.wait(execution)
    assert ended.output["approval"] == {"decision": "approve"}
    assert letterbox.code_of(token) == "TaskTimedOut", "it was answered before"
    kinds = [event["type"] for event in letterbox.bench.history(execution)]
    assert kinds[2:5] == ["TaskScheduled", "TaskSubmitted", "TaskSucceeded"]


def test_a_rejection_fails_the_state_with_its_error_and_cause(letterbox: Letterbox) -> None:
    caught = [{"ErrorEquals": ["Rejected"], "ResultPath": "$.failure", "Next": "After"}]
    execution = letterbox.start(Catch=caught)
    letterbox.code_of(letterbox.token(), error="Rejected", cause="not today")
    assert letterbox.bench.wait(execution).output["failure"] == {"Error": "Rejected", "Cause": "not today"}


def test_a_wait_without_an_answer_times_out_and_takes_none_any_more(letterbox: Letterbox) -> None:
    caught = [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.failure", "Next": "After"}]
    execution = letterbox.start(seconds=20, Catch=caught)
    assert letterbox.bench.wait(execution).output["failure"]["Error"] == "States.Timeout"
    assert letterbox.code_of(letterbox.token()) == "TaskTimedOut"


def test_a_function_that_raises_fails_the_state_under_its_class_name(letterbox: Letterbox) -> None:
    ended = letterbox.bench.wait(letterbox.start(raises=True))
    assert (ended.status, ended.error) == ("FAILED", "NotYet")
    assert json.loads(ended.cause)["errorMessage"] == "nobody to ask"


def test_each_attempt_has_a_token_of_its_own(letterbox: Letterbox) -> None:
    retry = [{"ErrorEquals": ["NotYet"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    execution = letterbox.start(raises=True, Retry=retry)
    first, second = letterbox.token(), letterbox.token(2)
    assert first != second
    assert letterbox.code_of(first) == "TaskTimedOut"
    assert letterbox.bench.wait(execution).error == "NotYet"


def test_a_token_that_was_never_given_out_is_none(letterbox: Letterbox) -> None:
    execution = letterbox.start()
    real = letterbox.token()
    assert letterbox.code_of("no token") == "InvalidToken"
    assert letterbox.code_of(real[:-8] + "AAAAAAA=") == "TaskDoesNotExist"
    assert letterbox.code_of(real, output="no JSON") == "InvalidOutput"
    assert letterbox.code_of(real) == ""
    assert letterbox.bench.wait(execution).status == "SUCCEEDED"


def test_a_right_to_answer_one_machine_is_none_for_another(letterbox: Letterbox) -> None:
    execution = letterbox.start()
    token, machine = letterbox.token(), letterbox.steps.describe_execution(executionArn=execution)["stateMachineArn"]
    for may, code in ((f"{machine}-too", "AccessDeniedException"), (machine, "")):
        letterbox.steps = User(letterbox.bench, "states:SendTaskSuccess", on=may).client("stepfunctions")
        assert letterbox.code_of(token) == code
    assert letterbox.bench.wait(execution).status == "SUCCEEDED"


def test_a_stopped_execution_waits_no_longer(letterbox: Letterbox) -> None:
    execution = letterbox.start(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "After"}])
    token = letterbox.token()
    letterbox.steps.stop_execution(executionArn=execution, error="Enough", cause="by hand")
    assert letterbox.code_of(token) == "TaskTimedOut"
    ended = letterbox.bench.wait(execution)
    assert (ended.status, ended.error) == ("ABORTED", "Enough")
    assert letterbox.bench.history(execution)[-1]["type"] == "ExecutionAborted"


def test_a_wait_inside_a_branch_has_its_own_token(letterbox: Letterbox) -> None:
    inner = letterbox.states()
    branch = {"StartAt": "Ask", "States": inner}
    both = {"Type": "Parallel", "Branches": [branch, branch], "End": True}
    machine = letterbox.bench.machine({"StartAt": "Both", "States": {"Both": both}})
    execution = letterbox.bench.start(machine, {"patience": {"seconds": LONG}, "raises": False})
    for number in (1, 2):
        assert letterbox.code_of(letterbox.token(number), output=json.dumps(number)) == ""
    assert sorted(each["approval"] for each in letterbox.bench.wait(execution).output) == [1, 2]


@pytest.mark.parametrize("seconds", [0, "60", True, None])
def test_a_timeout_that_is_no_positive_number_ends_the_execution(letterbox: Letterbox, seconds: Any) -> None:
    ended = letterbox.bench.wait(
        letterbox.start(seconds=seconds, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "After"}])
    )
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert "$.patience.seconds" in ended.cause


def test_an_optimised_invocation_gives_the_functions_result_under_payload(bench: Workbench) -> None:
    function = bench.function("def handler(event, context):\n    return {'told': event['text']}")
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": {"text.$": "$.text"}},
        "ResultSelector": {"answer.$": "$.Payload.told", "status.$": "$.StatusCode"},
        "TimeoutSecondsPath": "$.seconds",
        "ResultPath": "$.asked",
        "End": True,
    }
    ended = bench.run({"Ask": ask}, {"text": "yes", "seconds": 10})
    assert ended.output["asked"] == {"answer": "yes", "status": 200}


def test_timeout_seconds_path_holds_for_a_plain_function_too(bench: Workbench, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    slow = bench.function("def handler(event, context):\n    open(event['gate']).read()")
    ask = {"Type": "Task", "Resource": slow, "TimeoutSecondsPath": "$.seconds", "End": True}
    ended = bench.run({"Slow": ask}, {"gate": str(gate), "seconds": 1})
    gate.write_text("")
    assert ended.error == "States.Timeout"
