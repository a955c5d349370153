"""What is left of drills that died outside their own Catch, and what a sweep must not touch."""

from collections.abc import Iterator

import pytest

from lambdas.recovery.orphans import MOST_AT_ONCE

from .asl import tasks
from .cloud_rds import Resource, cluster_told
from .faults import at, ending, refusing
from .interpreter import PAYLOAD_LIMIT_BYTES, Execution
from .scene import DRILL, Scene, scene
from .test_faults import assert_clean, error_of

DRILL_STATES = [task.name for task in tasks(DRILL)]
LATE_SECONDS = 20


@pytest.fixture
def stage() -> Iterator[Scene]:
    with scene() as playing:
        yield playing


def test_after_a_swept_drill_the_next_one_passes(stage: Scene) -> None:
    at(stage.world, "AwaitInstance", ending(Execution.abort, stage.world, effect_after=None))
    stage.sweep_after(stage.drill({}))
    stage.world.on_invoke = lambda _, work: work()
    following = stage.drill({"recovery_point": "latest-restorable-time"})
    assert following.status == "SUCCEEDED", "the source is free for the next drill"


@pytest.mark.parametrize("state", DRILL_STATES)
def test_a_drill_stopped_by_hand_is_swept_and_recorded(stage: Scene, state: str) -> None:
    """Stopped while the function runs, whose effect comes later: after the sweep has begun."""
    at(stage.world, state, ending(Execution.abort, stage.world, effect_after=LATE_SECONDS))
    drill = stage.drill({})
    assert drill.status == "ABORTED"
    sweep = stage.sweep_after(drill)
    assert sweep is not None
    assert (sweep.status, sweep.error, sweep.cause) == ("SUCCEEDED", None, None)
    if state == "OpenDrill":
        stage.sweep_daily()
    [record] = stage.cloud.records()
    # A record is written once: the dying execution's own, if its function came first.
    recorded_before_it_died = state in {"RecordEvidence", "Announce"}
    assert error_of(record) == (None if recorded_before_it_died else "ExecutionDied")
    assert_clean(stage)


@pytest.mark.parametrize("state", DRILL_STATES)
def test_a_drill_that_took_too_long_is_swept_and_recorded(stage: Scene, state: str) -> None:
    """Timed out as a whole while the function of a state dies without effect."""
    at(stage.world, state, ending(Execution.time_out, stage.world, effect_after=None))
    drill = stage.drill({})
    assert drill.status == "TIMED_OUT"
    sweep = stage.sweep_after(drill)
    assert sweep is not None
    assert (sweep.status, sweep.error, sweep.cause) == ("SUCCEEDED", None, None)
    expected = {"OpenDrill": [], "Announce": [None]}.get(state, ["ExecutionDied"])
    assert [error_of(record) for record in stage.cloud.records()] == expected
    assert_clean(stage)


def test_a_drill_that_runs_is_left_alone_by_the_daily_sweep() -> None:
    with scene() as stage:
        drill = stage.world.start(DRILL, {})
        while "AwaitInstance" not in stage.world.visits(drill):
            stage.world.time.sleep(1)
        before = stage.cloud.left()
        assert {name.split()[0] for name in before} >= {"cluster", "instance", "namespace", "lock"}
        sweep = stage.world.run("sweep", {})
        assert (sweep.status, sweep.output["swept"]) == ("SUCCEEDED", [])
        assert stage.cloud.left().keys() >= before.keys()
        assert stage.world.wait(drill).status == "SUCCEEDED"


def test_the_sweep_of_one_execution_leaves_another_drills_leftovers_to_their_own() -> None:
    with scene() as stage:
        at(stage.world, "AwaitCluster", ending(Execution.abort, stage.world, effect_after=None))
        first = stage.drill({})
        second = stage.drill({})
        assert second.error == "DrillInProgress"
        stage.sweep_after(second)
        assert any(name.startswith("cluster coder-dr-test-") for name in stage.cloud.left())
        stage.sweep_after(first)
        assert_clean(stage)


@pytest.mark.parametrize(
    "tags",
    [
        [],
        [
            {"Key": "coder-day2:drill", "Value": "20261101-00000000"},
            {"Key": "coder-day2:environment", "Value": "other"},
        ],
    ],
    ids=["no tag", "another environment's"],
)
def test_what_bears_the_prefix_but_not_this_environments_tag_is_never_deleted(tags: list[dict[str, str]]) -> None:
    with scene() as stage:
        name = "coder-dr-test-made-by-hand"
        told = cluster_told(name, resource_id="cluster-X", created_at=stage.world.time.now, groups=[], tags=tags)
        stage.cloud.rds.clusters[name] = Resource(told, [(stage.world.time.now, "available")])
        sweep = stage.sweep_daily()
        assert f"cluster {name}" in stage.cloud.left()
        assert stage.cloud.changes() == []
        assert sweep.status == ("SUCCEEDED" if tags else "FAILED"), "a stray without a tag is told"


@pytest.mark.parametrize("request_", [{"excution": "arn:aws:x"}, {"execution": 7}, [], "all"], ids=str)
def test_a_request_that_it_does_not_understand_sweeps_nothing(request_: object) -> None:
    with scene() as stage:
        sweep = stage.world.run("sweep", request_)
        assert (sweep.status, sweep.error) == ("FAILED", "InputRejected")
        assert stage.cloud.changes() == []


def test_a_sweep_of_nothing_succeeds_and_counts_the_days() -> None:
    with scene() as stage:
        stage.drill({})
        sweep = stage.sweep_daily()
        assert sweep.status == "SUCCEEDED"
        assert sweep.output["closed"]["days_since_last_passed"] == pytest.approx(1, abs=0.1)
        assert stage.cloud.changes() != []
        assert stage.untouched()


def leave(stage: Scene, drills: int) -> None:
    """The clusters of that many drills of executions that AWS has forgotten."""
    for number in range(drills):
        name = f"coder-dr-test-20261101-000000{number:02x}"
        tags = {
            "coder-day2:drill": name.removeprefix("coder-dr-test-"),
            "coder-day2:environment": "prod",
            "coder-day2:execution": f"arn:aws:states:eu-west-1:123456789012:execution:dr-drill:{number}",
        }
        told = cluster_told(
            name,
            resource_id=f"cluster-{number}",
            created_at=stage.world.time.now,
            groups=[],
            tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
        stage.cloud.rds.clusters[name] = Resource(told, [(stage.world.time.now, "available")])


def test_many_dead_drills_are_swept_in_one_run_within_the_payload_limit() -> None:
    with scene() as stage:
        leave(stage, MOST_AT_ONCE)
        sweep = stage.sweep_daily()
        assert sweep.status == "SUCCEEDED"
        assert stage.cloud.left() == {}
        assert len(stage.cloud.records()) == MOST_AT_ONCE
        assert stage.world.largest_payload_bytes < PAYLOAD_LIMIT_BYTES / 2, stage.world.largest_payload_bytes


def test_a_sweep_of_many_in_which_everything_fails_stays_within_the_payload_limit() -> None:
    with scene() as stage:
        leave(stage, MOST_AT_ONCE)
        denied = refusing(stage.cloud, "AccessDenied")
        looking = {"FindOrphans", "FindOrphanNamespaces", "CloseSweep"}
        stage.world.on_invoke = lambda call, work: work() if call.state in looking else denied(call, work)
        sweep = stage.sweep_daily()
        assert (sweep.status, sweep.error) == ("FAILED", "LeftoversFound")
        assert all(f"20261101-000000{number:02x}: AccessRefused: " in (sweep.cause or "") for number in range(12))
        assert stage.world.largest_payload_bytes < PAYLOAD_LIMIT_BYTES * 0.8, stage.world.largest_payload_bytes


def test_more_dead_drills_than_a_sweep_takes_at_once_are_told_and_are_the_next_ones() -> None:
    with scene() as stage:
        leave(stage, MOST_AT_ONCE + 1)
        first = stage.sweep_daily()
        assert (first.status, first.error) == ("FAILED", "LeftoversFound")
        assert "20261101-0000000c waits for the next sweep" in (first.cause or "")
        assert list(stage.cloud.left()) == ["cluster coder-dr-test-20261101-0000000c"]
        assert len(stage.cloud.records()) == MOST_AT_ONCE
        assert stage.cloud.measured("Leftovers")[-1] == 1
        assert stage.sweep_daily().status == "SUCCEEDED"
        assert stage.cloud.left() == {}
