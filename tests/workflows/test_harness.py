"""The harness itself: what it must keep of Step Functions, so that a green workflow test means something."""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from .harness import MIDNIGHT, FunctionDied, Invocation, world
from .interpreter import Execution, substituted
from .virtual_time import Deadlock, VirtualEvent, VirtualTime


class NotReady(Exception):
    """What the stand-in functions here wait for."""


def machine(states: Mapping[str, Any], *, start: str, **more: Any) -> dict[str, str]:
    return {"m": substituted(json.dumps({"StartAt": start, "States": states, **more}))}


def task(name: str, **more: Any) -> dict[str, Any]:
    follows = {} if "Next" in more else {"End": True}
    return {
        "Type": "Task",
        "Resource": f"${{{name}}}",
        "Parameters": {
            "step": {
                "state.$": "$$.State.Name",
                "entered_at.$": "$$.State.EnteredTime",
                "retries.$": "$$.State.RetryCount",
                "execution.$": "$$.Execution.Id",
                "execution_started_at.$": "$$.Execution.StartTime",
            },
            "input.$": "$",
        },
        "ResultPath": f"$.{name}",
        **follows,
        **more,
    }


def failing(times: int, *, error: type[Exception] = NotReady) -> Any:
    """A function that raises `error` that often and then returns."""
    seen: list[dict[str, Any]] = []

    def handler(event: Mapping[str, Any], _: object) -> dict[str, Any]:
        seen.append(event["step"])
        if len(seen) <= times:
            raise error("not ready")
        return {}

    handler.seen = seen  # type: ignore[attr-defined]
    return handler


def elapsed(execution: Execution) -> float:
    assert execution.stopped_at
    return (execution.stopped_at - execution.started_at).total_seconds()


def test_retries_wait_in_virtual_time_and_grow_to_their_ceiling() -> None:
    retry = [
        {"ErrorEquals": ["NotReady"], "IntervalSeconds": 5, "BackoffRate": 2, "MaxDelaySeconds": 15, "MaxAttempts": 9}
    ]
    wait = failing(5)
    with world({"A": wait}, definitions=machine({"A": task("A", Retry=retry)}, start="A")) as here:
        run = here.run("m")
    assert run.status == "SUCCEEDED"
    starts = [each.started_at for each in here.invocations]
    pauses = [(later - sooner).total_seconds() - here.seconds for sooner, later in pairwise(starts)]
    assert pauses == [5, 10, 15, 15, 15]
    assert [each["retries"] for each in wait.seen] == [0, 1, 2, 3, 4, 5]
    assert {each["entered_at"] for each in wait.seen} == {"2026-11-23T02:00:00.000Z"}


def test_jitter_stays_within_its_interval_and_is_the_same_every_time() -> None:
    retry = [
        {
            "ErrorEquals": ["NotReady"],
            "IntervalSeconds": 8,
            "MaxAttempts": 9,
            "JitterStrategy": "FULL",
            "MaxDelaySeconds": 30,
        }
    ]

    def took() -> float:
        with world({"A": failing(3)}, definitions=machine({"A": task("A", Retry=retry)}, start="A")) as here:
            return elapsed(here.run("m"))

    first = took()
    assert 0 < first - 4 * 0.5 < 8 + 16 + 30
    assert took() == first


def test_an_error_is_matched_by_its_exact_name_and_never_by_its_base() -> None:
    class NotReadyYet(NotReady):
        pass

    catch = [{"ErrorEquals": ["NotReady"], "ResultPath": "$.failure", "Next": "Caught"}]
    states = {"A": task("A", Catch=catch), "Caught": {"Type": "Succeed"}}
    with world({"A": failing(1, error=NotReadyYet)}, definitions=machine(states, start="A")) as here:
        run = here.run("m")
    assert (run.status, run.error) == ("FAILED", "NotReadyYet")
    assert json.loads(run.cause or "")["errorMessage"] == "not ready"


def test_a_caught_error_keeps_the_input_beside_it() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Caught"}]
    states = {"A": task("A", Catch=catch), "Caught": {"Type": "Pass", "End": True}}
    with world({"A": failing(1)}, definitions=machine(states, start="A")) as here:
        run = here.run("m", {"kept": 1})
    assert run.output["kept"] == 1
    assert run.output["failure"]["Error"] == "NotReady"


def test_branches_wait_side_by_side_on_one_clock() -> None:
    retry = [{"ErrorEquals": ["NotReady"], "IntervalSeconds": 10, "BackoffRate": 1, "MaxAttempts": 99}]
    branches = [{"StartAt": name, "States": {name: task(name, Retry=retry)}} for name in ("A", "B")]
    states = {"P": {"Type": "Parallel", "Branches": branches, "End": True}}
    with world({"A": failing(6), "B": failing(3)}, definitions=machine(states, start="P")) as here:
        run = here.run("m")
        order = [(each.step, round((each.started_at - MIDNIGHT).total_seconds())) for each in here.invocations]
    assert run.status == "SUCCEEDED"
    assert 60 <= elapsed(run) < 65
    assert order[:6] == [("A", 0), ("B", 0), ("A", 10), ("B", 10), ("A", 21), ("B", 21)]


def test_map_items_run_at_most_so_many_at_a_time_and_keep_their_order() -> None:
    process = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "A", "States": {"A": task("A", ResultPath="$")}}
    states = {"M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ItemProcessor": process, "End": True}}
    with world({"A": lambda event, _: event["input"] * 10}, definitions=machine(states, start="M")) as here:
        here.seconds = 60
        run = here.run("m", {"items": [1, 2, 3, 4, 5]})
    assert run.output == [10, 20, 30, 40, 50]
    assert elapsed(run) == 180


def test_a_task_that_hangs_ends_at_its_timeout() -> None:
    def hang(*_: object) -> dict[str, Any]:
        here.time.sleep(600)
        return {}

    catch = [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.failure", "Next": "Caught"}]
    states = {"A": task("A", TimeoutSeconds=90, Catch=catch), "Caught": {"Type": "Succeed"}}
    with world({"A": hang}, definitions=machine(states, start="A")) as here:
        run = here.run("m")
    assert run.status == "SUCCEEDED"
    assert elapsed(run) == 90


def test_a_machine_that_takes_too_long_is_timed_out_past_its_own_catch() -> None:
    retry = [{"ErrorEquals": ["NotReady"], "IntervalSeconds": 60, "BackoffRate": 1, "MaxAttempts": 999}]
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Caught"}]
    states = {"A": task("A", Retry=retry, Catch=catch), "Caught": {"Type": "Succeed"}}
    with world({"A": failing(999)}, definitions=machine(states, start="A", TimeoutSeconds=600)) as here:
        run = here.run("m")
    assert run.status == "TIMED_OUT"
    assert elapsed(run) == 600


def test_an_aborted_execution_enters_no_further_state_but_its_function_ends_its_work() -> None:
    done: list[str] = []
    states = {"A": task("A", Next="B"), "B": task("B", Next="C"), "C": task("C")}

    def abort_in_b(invocation: Invocation, work: Callable[[], Any]) -> Any:
        if invocation.state == "B":
            run.abort()
        return work()

    def handler(event: Mapping[str, Any], _: object) -> dict[str, Any]:
        done.append(event["step"]["state"])
        return {}

    with world(dict.fromkeys("ABC", handler), definitions=machine(states, start="A")) as here:
        here.on_invoke = abort_in_b
        run = here.start("m")
        here.wait(run)
    assert run.status == "ABORTED"
    assert done == ["A", "B"]


def test_a_function_can_die_of_what_lambda_itself_reports() -> None:
    retry = [{"ErrorEquals": ["Lambda.ServiceException"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    deaths = iter(["Lambda.ServiceException"])

    def die_once(_: Invocation, work: Callable[[], Any]) -> Any:
        work()
        for name in deaths:
            raise FunctionDied(name)
        return {}

    effects = failing(0)
    with world({"A": effects}, definitions=machine({"A": task("A", Retry=retry)}, start="A")) as here:
        here.on_invoke = die_once
        assert here.run("m").status == "SUCCEEDED"
    assert len(effects.seen) == 2


def test_two_executions_share_the_clock() -> None:
    with world({"A": failing(0)}, definitions=machine({"A": task("A")}, start="A")) as here:
        first, second = here.start("m"), here.start("m")
        here.wait(second)
        assert here.wait(first).stopped_at == second.stopped_at == MIDNIGHT + timedelta(seconds=0.5)


def test_a_missing_path_ends_the_execution_past_its_own_catch() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Caught"}]
    states = {"A": task("A", Parameters={"absent.$": "$.absent"}, Catch=catch), "Caught": {"Type": "Succeed"}}
    with world({"A": failing(0)}, definitions=machine(states, start="A")) as here:
        assert here.run("m").error == "States.Runtime"


def test_nobody_to_wake_a_waiter_is_an_error_and_not_a_hang() -> None:
    with pytest.raises(Deadlock):
        VirtualEvent(VirtualTime(MIDNIGHT)).wait()


def test_a_world_leaves_no_thread_behind() -> None:
    retry = [{"ErrorEquals": ["NotReady"], "IntervalSeconds": 60, "BackoffRate": 1, "MaxAttempts": 999}]
    before = threading.active_count()
    with world({"A": failing(999)}, definitions=machine({"A": task("A", Retry=retry)}, start="A")) as here:
        here.start("m")
        here.time.sleep(300)
    assert threading.active_count() == before
