"""Retries, endings and branches of an execution."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from core_bench import Workbench, eventually

from day2.engine.engine import Engine

ALWAYS = """
class NotYet(Exception):
    pass

class Refused(Exception):
    pass

calls = 0

def handler(event, context):
    global calls
    calls += 1
    if event.get("after") is not None and calls > event["after"]:
        return {"calls": calls, "step": event.get("step")}
    raise NotYet("on its way")
"""
STEP = {"state.$": "$$.State.Name", "entered_at.$": "$$.State.EnteredTime", "retries.$": "$$.State.RetryCount"}


def kinds(history: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in history]


def test_a_retrier_with_a_ceiling_polls_far_beyond_the_growth_of_its_interval(bench: Workbench) -> None:
    """60 attempts at a rate of 2 would last for ages, and 2 ** 1500 is no float."""
    retry = {
        "ErrorEquals": ["NotYet"],
        "IntervalSeconds": 1,
        "MaxAttempts": 1500,
        "MaxDelaySeconds": 2,
        "BackoffRate": 2,
    }
    ended = bench.run(
        {
            "Poll": {
                "Type": "Task",
                "Resource": bench.function(ALWAYS),
                "Parameters": {"after": 40, "step": STEP},
                "Retry": [retry],
                "End": True,
            }
        }
    )
    assert ended.output["calls"] == 41
    assert ended.output["step"]["retries"] == 40


def test_the_entry_time_of_a_state_is_the_same_for_all_its_retries(bench: Workbench) -> None:
    notes = ALWAYS.replace("calls += 1", "calls += 1; seen.append(event['step']['entered_at'])").replace(
        '"step": event.get("step")', '"seen": sorted(set(seen))'
    )
    ended = bench.run(
        {
            "Poll": {
                "Type": "Task",
                "Resource": bench.function("seen = []\n" + notes),
                "Parameters": {"after": 3, "step": STEP},
                "Retry": [{"ErrorEquals": ["NotYet"], "IntervalSeconds": 1}],
                "End": True,
            }
        }
    )
    assert len(ended.output["seen"]) == 1


def test_a_used_up_retrier_hands_over_to_the_catcher_with_error_and_cause(bench: Workbench) -> None:
    ended = bench.run(
        {
            "Poll": {
                "Type": "Task",
                "Resource": bench.function(ALWAYS),
                "Retry": [{"ErrorEquals": ["NotYet"], "MaxAttempts": 2, "IntervalSeconds": 1}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Out"}],
                "End": True,
            },
            "Out": {"Type": "Pass", "End": True},
        },
        {"kept": True},
    )
    assert ended.output["kept"] is True
    assert ended.output["failure"]["Error"] == "NotYet"
    assert json.loads(ended.output["failure"]["Cause"])["errorMessage"] == "on its way"
    assert kinds(bench.history(ended.arn)).count("TaskFailed") == 3


def test_branches_do_not_read_each_others_state(bench: Workbench) -> None:
    function = bench.function(ALWAYS)

    def branch(name: str, after: int) -> dict[str, Any]:
        task = {
            "Type": "Task",
            "Resource": function,
            "Parameters": {"after": after, "step": STEP},
            "Retry": [{"ErrorEquals": ["NotYet"], "IntervalSeconds": 1, "MaxAttempts": 50, "BackoffRate": 1}],
            "End": True,
        }
        return {"StartAt": name, "States": {name: task}}

    both = [branch("Left", 12), branch("Right", 12)]
    ended = bench.run({"Both": {"Type": "Parallel", "Branches": both, "End": True}})
    assert [each["step"]["state"] for each in ended.output] == ["Left", "Right"]


def test_a_caught_branch_keeps_its_input_and_the_other_branch_goes_on(bench: Workbench) -> None:
    caught = {
        "Type": "Task",
        "Resource": bench.function(ALWAYS),
        "Catch": [{"ErrorEquals": ["NotYet"], "ResultPath": "$.failure", "Next": "EndedEarly"}],
        "End": True,
    }
    restore = {"StartAt": "Restore", "States": {"Restore": caught, "EndedEarly": {"Type": "Pass", "End": True}}}
    namespace = {"StartAt": "Name", "States": {"Name": {"Type": "Pass", "Result": {"skipped": True}, "End": True}}}
    ended = bench.run(
        {
            "Prepare": {
                "Type": "Parallel",
                "Branches": [restore, namespace],
                "ResultSelector": {"restore.$": "$[0]", "namespace.$": "$[1]"},
                "ResultPath": "$.prepared",
                "End": True,
            }
        },
        {"drill": {"id": "x"}},
    )
    assert ended.output["drill"] == {"id": "x"}
    assert ended.output["prepared"]["restore"]["failure"]["Error"] == "NotYet"
    assert ended.output["prepared"]["namespace"] == {"skipped": True}


def test_an_error_that_leaves_a_branch_or_an_item_is_caught_by_the_state_around_it(bench: Workbench) -> None:
    function = bench.function(ALWAYS)
    inner = {"StartAt": "In", "States": {"In": {"Type": "Task", "Resource": function, "End": True}}}
    caught = [{"ErrorEquals": ["NotYet"], "ResultPath": "$.failure", "Next": "Out"}]
    out = {"Out": {"Type": "Pass", "End": True}}
    around = {
        "parallel": {"Type": "Parallel", "Branches": [inner], "Catch": caught, "End": True},
        "map": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": inner, "Catch": caught, "End": True},
    }
    for state in around.values():
        ended = bench.run({"Around": state, **out}, {"items": [{}]})
        assert (ended.status, ended.output["failure"]["Error"]) == ("SUCCEEDED", "NotYet")


def test_a_map_runs_no_more_items_side_by_side_than_it_may(bench: Workbench) -> None:
    slow = """
import time

def handler(event, context):
    begun = time.time()
    time.sleep(0.15)
    return [begun, time.time()]
"""
    each = {"StartAt": "Each", "States": {"Each": {"Type": "Task", "Resource": bench.function(slow), "End": True}}}
    ended = bench.run({"All": {"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": each, "End": True}}, [{}] * 5)
    spans = ended.output
    together = [sum(1 for begun, over in spans if begun <= moment < over) for moment, _ in spans]
    assert max(together) == 2


def test_the_history_holds_the_states_inside_branches_each_chain_by_itself(bench: Workbench) -> None:
    left = {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "End": True}}}
    right = {"StartAt": "Right", "States": {"Right": {"Type": "Wait", "Seconds": 5, "End": True}}}
    ended = bench.run({"Both": {"Type": "Parallel", "Branches": [left, right], "End": True}})
    events = {event["id"]: event for event in bench.history(ended.arn)}
    assert sorted(events) == list(range(1, len(events) + 1))

    def entry(name: str) -> dict[str, Any]:
        return next(e for e in events.values() if e.get("stateEnteredEventDetails", {}).get("name") == name)

    assert entry("Left")["previousEventId"] == entry("Right")["previousEventId"] == entry("Both")["id"]
    exited = next(e for e in events.values() if e["type"] == "WaitStateExited")
    assert exited["previousEventId"] == entry("Right")["id"]


def test_a_machine_that_takes_too_long_times_out(bench: Workbench) -> None:
    ended = bench.run({"Long": {"Type": "Wait", "Seconds": 6000, "End": True}}, TimeoutSeconds=30)
    assert ended.status == "TIMED_OUT"
    assert kinds(bench.history(ended.arn))[-1] == "ExecutionTimedOut"


@pytest.mark.parametrize("inside", [False, True])
def test_a_stopped_execution_polls_no_more_and_stays_aborted(bench: Workbench, *, inside: bool) -> None:
    function = bench.function(ALWAYS)
    retry = [{"ErrorEquals": ["NotYet"], "IntervalSeconds": 10, "MaxAttempts": 1500, "BackoffRate": 1}]
    poll: dict[str, Any] = {
        "Type": "Task",
        "Resource": function,
        "Retry": retry,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "After"}],
        "End": True,
    }
    if inside:
        polling = {"StartAt": "In", "States": {"In": {**poll, "Catch": []}}}
        poll = {"Type": "Parallel", "Branches": [polling], "Catch": poll["Catch"], "End": True}
    after = {"Type": "Pass", "End": True}
    machine = bench.machine({"StartAt": "Poll", "States": {"Poll": poll, "After": after}})
    execution = bench.start(machine)
    eventually(lambda: "TaskFailed" in kinds(bench.history(execution)))
    bench.engine.client("stepfunctions").stop_execution(executionArn=execution, error="Enough", cause="by hand")
    calls = kinds(bench.history(execution)).count("TaskScheduled")
    eventually(lambda: bench.calls(function) == calls)  # one may have been under way
    goes_on = {"Type": "Task", "Resource": bench.function(ALWAYS), "Parameters": {"after": 4, "step": STEP}}
    several_intervals = bench.run({"Poll": {**goes_on, "Retry": retry, "End": True}})
    assert several_intervals.output["calls"] == 5
    assert bench.calls(function) == calls
    assert kinds(bench.history(execution))[-1] == "ExecutionAborted"
    ended = bench.wait(execution)
    assert (ended.status, ended.error, ended.cause) == ("ABORTED", "Enough", "by hand")


def test_what_fails_after_the_end_does_not_change_the_end(bench: Workbench, tmp_path: Path) -> None:
    waiting = "def handler(event, context):\n    open(event).read()\n    raise ValueError('too late')"
    gates, functions, executions = [], [], []
    for name in ("stopped", "later"):
        gates.append(tmp_path / name)
        os.mkfifo(gates[-1])
        functions.append(bench.function(waiting))
        states = {"Slow": {"Type": "Task", "Resource": functions[-1], "End": True}}
        executions.append(bench.start(bench.machine({"StartAt": "Slow", "States": states}), str(gates[-1])))
    execution, later = executions
    with gates[0].open("w"):  # once its function has opened it too
        bench.engine.client("stepfunctions").stop_execution(executionArn=execution)
    eventually(lambda: bench.calls(functions[0]))
    gates[1].write_text("")
    assert bench.wait(later).status == "FAILED"  # by then the machine has made of the first call what it would
    assert bench.wait(execution).status == "ABORTED"
    assert kinds(bench.history(execution))[-1] == "ExecutionAborted"


@pytest.fixture(scope="module")
def cleaner(engine: Engine) -> tuple[str, str]:
    """A machine that an EventBridge rule starts for executions that died, and the prefix of those it hears of."""
    bench = Workbench(engine)
    cleaner = bench.machine({"StartAt": "Note", "States": {"Note": {"Type": "Pass", "End": True}}})
    watched = bench.machine({"StartAt": "Long", "States": {"Long": {"Type": "Wait", "Seconds": 6000, "End": True}}})
    events = engine.client("events")
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"], "stateMachineArn": [watched]},
    }
    events.put_rule(Name="died", EventPattern=json.dumps(pattern))
    transformer = {
        "InputPathsMap": {"execution": "$.detail.executionArn", "status": "$.detail.status"},
        "InputTemplate": '{"execution": <execution>, "status": <status>}',
    }
    target = {"Id": "clean", "Arn": cleaner, "RoleArn": bench.role(), "InputTransformer": transformer}
    events.put_targets(Rule="died", Targets=[target])
    return watched, cleaner


def heard(bench: Workbench, cleaner: str) -> list[Any]:
    client = bench.engine.client("stepfunctions")
    found = client.list_executions(stateMachineArn=cleaner)["executions"]
    return [json.loads(client.describe_execution(executionArn=each["executionArn"])["input"]) for each in found]


def test_an_aborted_execution_reaches_the_rule_with_its_transformed_input(
    bench: Workbench, cleaner: tuple[str, str]
) -> None:
    watched, cleaning = cleaner
    execution = bench.start(watched)
    bench.engine.client("stepfunctions").stop_execution(executionArn=execution)
    wanted = {"execution": execution, "status": "ABORTED"}
    assert eventually(lambda: wanted in heard(bench, cleaning))


def test_a_timed_out_execution_reaches_the_rule(bench: Workbench, cleaner: tuple[str, str]) -> None:
    watched, cleaning = cleaner
    definition = {
        "StartAt": "Long",
        "States": {"Long": {"Type": "Wait", "Seconds": 6000, "End": True}},
        "TimeoutSeconds": 10,
    }
    bench.engine.client("stepfunctions").update_state_machine(
        stateMachineArn=watched, definition=json.dumps(definition)
    )
    execution = bench.start(watched)
    wanted = {"execution": execution, "status": "TIMED_OUT"}
    assert eventually(lambda: wanted in heard(bench, cleaning))
