"""A JSONPath that leads nowhere is an error here as on AWS."""

from typing import Any

import pytest
from core_bench import Workbench

END = {"End": True}


def passing(**fields: Any) -> dict[str, Any]:
    return {"Only": {"Type": "Pass", **fields, **END}}


@pytest.mark.parametrize(
    "states",
    [
        passing(Parameters={"wanted.$": "$.missing"}),
        passing(Parameters={"deep": {"wanted.$": "$.there.missing"}}),
        passing(InputPath="$.missing"),
        passing(OutputPath="$.missing"),
        passing(Parameters={"wanted.$": "$.list[3]"}),
        passing(Parameters={"wanted.$": "$$.Execution.Missing"}),
        passing(Parameters={"wanted.$": "States.Format('{}', $.missing)"}),
        {"Only": {"Type": "Fail", "ErrorPath": "$.missing"}},
        {"Only": {"Type": "Wait", "SecondsPath": "$.missing", **END}},
        {
            "Only": {
                "Type": "Map",
                "ItemsPath": "$.missing",
                "ItemProcessor": {"StartAt": "Each", "States": {"Each": {"Type": "Pass", **END}}},
                **END,
            }
        },
        {
            "Only": {"Type": "Choice", "Choices": [{"Variable": "$.missing", "BooleanEquals": True, "Next": "Yes"}]},
            "Yes": {"Type": "Succeed"},
        },
    ],
)
def test_a_missing_path_ends_the_execution(bench: Workbench, states: dict[str, Any]) -> None:
    ended = bench.run(states, {"there": {}, "list": [1]})
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert "could not be found" in ended.cause


@pytest.mark.parametrize("path", ["$.list[?(@.a==1)]", "$.list[0:2]", "$..a"])
def test_a_path_that_the_engine_cannot_read_is_refused_rather_than_null(bench: Workbench, path: str) -> None:
    ended = bench.run(passing(Parameters={"wanted.$": path}), {"list": [1, 2, 3]})
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert "does not read" in ended.cause


def test_no_catch_takes_a_missing_path(bench: Workbench) -> None:
    ended = bench.run(
        {
            "Ask": {
                "Type": "Task",
                "Resource": bench.function("def handler(event, context): return event"),
                "Parameters": {"wanted.$": "$.missing"},
                "Retry": [{"ErrorEquals": ["States.ALL"]}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
                **END,
            },
            "Caught": {"Type": "Succeed"},
        }
    )
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")


def test_what_is_there_is_selected(bench: Workbench) -> None:
    given = {"list": [{"a": 1}, {"b": 2}, {"a": None}], "there": {"null": None}, "odd name": 7}
    wanted = {
        "every_a.$": "$.list[*].a",
        "second.$": "$.list[1].b",
        "null.$": "$.there.null",
        "quoted.$": "$['odd name']",
        "whole.$": "$",
        "id.$": "$$.Execution.Id",
    }
    ended = bench.run(passing(Parameters=wanted), given)
    assert ended.output == {
        "every_a": [1, None],
        "second": 2,
        "null": None,
        "quoted": 7,
        "whole": given,
        "id": ended.arn,
    }


@pytest.mark.parametrize(
    ("variable", "present"),
    [
        ("$.prepared.restore.failure", True),
        ("$.prepared.restore.credentials", False),
        ("$.prepared.namespace.failure", False),
        ("$.prepared.null", True),
        ("$.nothing.at.all", False),
        ("$$.Execution.Name", True),
        ("$$.Map.Item.Value", False),
    ],
)
def test_presence_is_seen_at_any_depth(bench: Workbench, variable: str, *, present: bool) -> None:
    rules = [
        {"Variable": variable, "IsPresent": True, "Next": "There"},
        {"Not": {"Variable": variable, "IsPresent": True}, "Next": "NotThere"},
    ]
    ended = bench.run(
        {
            "Look": {"Type": "Choice", "Choices": rules},
            "There": {"Type": "Pass", "Result": True, **END},
            "NotThere": {"Type": "Pass", "Result": False, **END},
        },
        {"prepared": {"restore": {"failure": {"Error": "RestoreFailed"}}, "null": None}},
    )
    assert ended.output is present


def test_a_guard_keeps_the_comparison_behind_it_from_being_made(bench: Workbench) -> None:
    guarded = [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "BooleanEquals": True}]
    ended = bench.run(
        {
            "Look": {"Type": "Choice", "Choices": [{"And": guarded, "Next": "Yes"}], "Default": "No"},
            "Yes": {"Type": "Succeed"},
            "No": {"Type": "Pass", "Result": "no", **END},
        }
    )
    assert ended.output == "no"


def test_a_result_goes_into_objects_only(bench: Workbench) -> None:
    ended = bench.run(passing(Result=1, ResultPath="$.text.inside"), {"text": "words"})
    assert (ended.status, ended.error) == ("FAILED", "States.ResultPathMatchFailure")
    fitting = bench.run(passing(Result=1, ResultPath="$.new.inside"), {"text": "words"})
    assert fitting.output == {"text": "words", "new": {"inside": 1}}


def test_a_fail_state_takes_error_and_cause_from_the_input(bench: Workbench) -> None:
    ended = bench.run(
        {"Only": {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"}},
        {"failure": {"Error": "ChecksFailed", "Cause": "two checks failed"}},
    )
    assert (ended.error, ended.cause) == ("ChecksFailed", "two checks failed")


def test_a_state_that_grew_beyond_the_payload_limit_ends_the_execution(bench: Workbench) -> None:
    big = "def handler(event, context): return 'x' * (256 * 1024)"
    task = {"Type": "Task", "Resource": bench.function(big), "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "No"}]}
    ended = bench.run({"Grow": {**task, **END}, "No": {"Type": "Succeed"}})
    assert (ended.status, ended.error) == ("FAILED", "States.DataLimitExceeded")
