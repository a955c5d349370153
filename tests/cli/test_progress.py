"""An execution's history becomes what an operator follows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from day2.cli.live import lines
from day2.drill.execution import Watched
from day2.drill.progress import progress

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def entered(number: int, name: str, *, at: float, previous: int = 0, kind: str = "Task") -> dict[str, Any]:
    return {
        "id": number,
        "previousEventId": previous,
        "type": f"{kind}StateEntered",
        "timestamp": START + timedelta(seconds=at),
        "stateEnteredEventDetails": {"name": name},
    }


def exited(number: int, name: str, *, at: float, previous: int, kind: str = "Task") -> dict[str, Any]:
    return {
        "id": number,
        "previousEventId": previous,
        "type": f"{kind}StateExited",
        "timestamp": START + timedelta(seconds=at),
        "stateExitedEventDetails": {"name": name},
    }


def failed(number: int, error: str, *, at: float, previous: int) -> dict[str, Any]:
    return {
        "id": number,
        "previousEventId": previous,
        "type": "LambdaFunctionFailed",
        "timestamp": START + timedelta(seconds=at),
        "lambdaFunctionFailedEventDetails": {"error": error},
    }


def seen(events: list[dict[str, Any]], *, status: str = "RUNNING", stopped_after: float | None = None) -> Watched:
    return Watched(
        execution="arn:aws:states:eu-central-1:000000000000:execution:drill:one",
        status=status,
        started_at=START,
        stopped_at=None if stopped_after is None else START + timedelta(seconds=stopped_after),
        states=progress(events),
        output={},
    )


def test_a_state_lasts_from_its_entry_to_its_exit() -> None:
    (state,) = progress([entered(1, "OpenDrill", at=1), exited(2, "OpenDrill", at=3.5, previous=1)])
    assert state.name == "OpenDrill"
    assert state.seconds(START + timedelta(hours=1)) == 2.5


def test_a_state_that_was_not_left_is_running_until_the_execution_ends() -> None:
    (state,) = progress([entered(1, "AwaitCluster", at=0)])
    assert state.status(execution_ended=False) == "running"
    assert state.status(execution_ended=True) == "failed"


def test_a_failed_attempt_counts_for_the_state_whose_chain_it_stands_in() -> None:
    events = [
        entered(1, "AwaitCluster", at=0),
        entered(2, "CreateNamespace", at=0),
        failed(3, "ClusterNotReady", at=1, previous=1),
        failed(4, "ClusterNotReady", at=2, previous=3),
    ]
    await_cluster, namespace = progress(events)
    assert (await_cluster.failures, await_cluster.last_error) == (2, "ClusterNotReady")
    assert namespace.failures == 0


def test_states_that_only_route_are_not_shown() -> None:
    assert progress([entered(1, "IsDuplicate", at=0, kind="Choice")]) == ()


def test_items_of_a_map_are_one_line_that_lasts_as_long_as_the_slowest() -> None:
    events = [
        entered(1, "RunChecks", at=0),
        entered(2, "RunChecks", at=0),
        exited(3, "RunChecks", at=2, previous=1),
        exited(4, "RunChecks", at=9, previous=2),
    ]
    (line,) = lines(seen(events), START + timedelta(seconds=30))
    assert (line.mark, line.seconds, line.note) == ("✓", 9, "2 groups")


def test_the_normal_waiting_reads_as_asking_and_a_fault_as_the_fault() -> None:
    waiting = [entered(1, "AwaitCluster", at=0), failed(2, "ClusterNotReady", at=1, previous=1)]
    fault = [entered(1, "AwaitCluster", at=0), failed(2, "ServiceBusy", at=1, previous=1)]
    assert lines(seen(waiting), START)[0].note == "asked 2 times"
    assert lines(seen(fault), START)[0].note == "ServiceBusy x1"


def test_a_state_in_which_the_execution_ended_is_marked_as_failed() -> None:
    events = [entered(1, "ProveIsolation", at=0)]
    (line,) = lines(seen(events, status="FAILED", stopped_after=4), START + timedelta(hours=1))
    assert (line.mark, line.seconds) == ("✗", 4)
