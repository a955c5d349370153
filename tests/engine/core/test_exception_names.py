"""What a function raises is what the state machine matches."""

import json
from typing import Any

from core_bench import Workbench

RAISES = """
class ClusterNotReady(Exception):
    pass

def handler(event, context):
    raise ClusterNotReady("the copy is creating")
"""
COUNTS = """
calls = 0

def handler(event, context):
    global calls
    calls += 1
    if event.get("raise"):
        raise KeyError("missing")
    return {"calls": calls}
"""


def test_the_error_of_a_task_is_the_class_of_the_exception(bench: Workbench) -> None:
    ended = bench.run({"Ask": {"Type": "Task", "Resource": bench.function(RAISES), "End": True}})
    assert (ended.status, ended.error) == ("FAILED", "ClusterNotReady")
    assert json.loads(ended.cause)["errorMessage"] == "the copy is creating"
    assert "tiny.py" in json.loads(ended.cause)["stackTrace"][-1]


def test_a_catch_by_class_name_takes_the_exception(bench: Workbench) -> None:
    ended = bench.run(
        {
            "Ask": {
                "Type": "Task",
                "Resource": bench.function(RAISES),
                "Catch": [{"ErrorEquals": ["ClusterNotReady"], "ResultPath": "$.failure", "Next": "Told"}],
                "End": True,
            },
            "Told": {"Type": "Pass", "End": True},
        }
    )
    assert ended.output["failure"]["Error"] == "ClusterNotReady"


def test_a_process_that_raised_is_still_warm(bench: Workbench) -> None:
    function = bench.function(COUNTS)

    def call(event: dict[str, Any]) -> dict[str, Any]:
        answer = bench.engine.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        read: dict[str, Any] = json.loads(answer["Payload"].read())
        return read

    assert call({"raise": True})["errorType"] == "KeyError"
    assert call({}) == {"calls": 2}


def test_a_function_that_cannot_be_imported_says_so(bench: Workbench) -> None:
    ended = bench.run({"Ask": {"Type": "Task", "Resource": bench.function("import no_such_module"), "End": True}})
    assert ended.error == "Runtime.ImportModuleError"
    assert "no_such_module" in ended.cause


def test_a_function_sees_its_bundle_and_nothing_of_this_repository(bench: Workbench) -> None:
    source = """
import importlib.util, os

def handler(event, context):
    here = [name for name in ("lambdas", "day2", "cdk", "boto3") if importlib.util.find_spec(name)]
    return {"here": here, "path": os.environ.get("PYTHONPATH"), "home": os.environ.get("VIRTUAL_ENV")}
"""
    ended = bench.run({"Look": {"Type": "Task", "Resource": bench.function(source), "End": True}})
    assert ended.output == {"here": [], "path": None, "home": None}
