"""The sweep's eyes: what is dead, what is alive, and what is nobody's to delete."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lambdas import errors, payload
from lambdas.adapters.executions import Execution
from lambdas.adapters.kubernetes import Namespace
from lambdas.contracts import Drill
from lambdas.recovery.database import ENGINE, RetainedBackup
from lambdas.recovery.handlers import (
    choose_recovery_point,
    create_namespace,
    delete_database,
    find_orphan_namespaces,
    find_orphans,
    restore_cluster,
)
from lambdas.recovery.names import tags

from .conftest import NOW, SETTINGS, World, production, snapshot
from .fakes import Json, execution_arn


@pytest.fixture
def drill(world: World) -> Drill:
    """A drill whose restore was started; nothing is known yet of its execution's end."""
    drill = world.open()
    choice = world.call(choose_recovery_point.handler, drill=drill)
    world.call(
        restore_cluster.handler, drill=drill, recovery_point=choice["recovery_point"], blueprint=choice["blueprint"]
    )
    world.call(create_namespace.handler, drill=drill)
    return drill


def ends(world: World, drill: Drill, status: str) -> None:
    stopped_at = None if status == "RUNNING" else world.clock.now
    world.executions.known[drill.execution] = Execution(arn=drill.execution, status=status, stopped_at=stopped_at)


def sweep(world: World, request: Json | None = None) -> Json:
    found = world.call(find_orphans.handler, request=request or {})
    return world.call(find_orphan_namespaces.handler, request=request or {}, found=found)


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_drill_whose_execution_died_is_swept_as_it_was_opened(world: World, drill: Drill, status: str) -> None:
    ends(world, drill, status)
    (orphan,) = sweep(world)["drills"]
    assert payload.read(Drill, orphan["drill"]) == drill
    assert orphan["failure"]["Error"] == "ExecutionDied"
    assert status in orphan["failure"]["Cause"]
    assert orphan["cluster_seen"]


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_a_drill_whose_execution_runs_is_left_alone(world: World, drill: Drill, status: str) -> None:
    ends(world, drill, status)
    found = sweep(world)
    assert not found["drills"]
    assert any(drill.execution in each["reason"] for each in found["left_alone"])


def test_a_drill_that_died_before_it_created_anything_is_swept_too(world: World) -> None:
    drill = world.open()
    ends(world, drill, "ABORTED")
    (orphan,) = sweep(world)["drills"]
    assert orphan["drill"]["id"] == drill.id
    assert not orphan["cluster_seen"]


def test_a_swept_drill_s_teardown_knows_whether_a_restore_was_under_way(world: World) -> None:
    drill = world.open()
    ends(world, drill, "ABORTED")
    (orphan,) = sweep(world)["drills"]
    with pytest.raises(errors.StillDeleting, match="under way"):
        world.call(delete_database.handler, drill=orphan["drill"], drill_state=orphan)


def test_leftovers_of_a_recorded_drill_are_told_as_leftovers(world: World, drill: Drill) -> None:
    world.ledger.entries.clear()
    ends(world, drill, "FAILED")
    (orphan,) = sweep(world)["drills"]
    assert orphan["failure"]["Error"] == "LeftoversFound"
    rebuilt = payload.read(Drill, orphan["drill"])
    assert (rebuilt.id, rebuilt.target, rebuilt.writer, rebuilt.namespace, rebuilt.execution) == (
        drill.id,
        drill.target,
        drill.writer,
        drill.namespace,
        drill.execution,
    )
    assert "rebuilt by the sweep" in rebuilt.started_by


def test_a_snapshot_alone_is_enough_to_find_a_drill(world: World) -> None:
    drill = world.open()
    world.ledger.entries.clear()
    ends(world, drill, "FAILED")
    world.rds.all_snapshots["left"] = snapshot("left", hours=1, cluster=drill.target, tags=tags(drill))
    (orphan,) = sweep(world)["drills"]
    assert orphan["drill"]["target"] == drill.target


def test_what_bears_the_prefix_without_a_tag_is_told_and_not_swept(world: World) -> None:
    world.rds.all_clusters["coder-dr-test-mine"] = production(name="coder-dr-test-mine", tags={})
    found = sweep(world)
    assert not found["drills"]
    (alone,) = found["left_alone"]
    assert alone["what"] == "cluster coder-dr-test-mine"
    assert "look who made it" in alone["reason"]


def test_what_bears_the_tag_outside_the_prefix_is_told_and_not_swept(world: World, drill: Drill) -> None:
    world.rds.all_clusters["billing"] = production(name="billing", tags=tags(replace(drill, id="20261101-00000001")))
    ends(world, drill, "RUNNING")
    found = sweep(world)
    assert not found["drills"]
    assert any(each["what"] == "cluster billing" for each in found["left_alone"])


def test_another_environment_s_drill_is_left_alone(world: World, drill: Drill) -> None:
    world.ledger.entries.clear()
    ends(world, drill, "FAILED")
    world.settings = replace(SETTINGS, environment="staging")
    found = sweep(world)
    assert not found["drills"]
    assert found["left_alone"][0]["reason"] == "is another environment's"


def test_another_environment_s_execution_is_not_asked_about(world: World, drill: Drill) -> None:
    """Its machine is not this role's to describe: the refusal would end the sweep of everything else."""
    stage = {**tags(drill), "coder-day2:environment": "staging", "coder-day2:execution": execution_arn("staging")}
    name = "coder-dr-test-20261101-00000001"
    world.rds.all_clusters[name] = production(name=name, tags=stage)
    ends(world, drill, "FAILED")
    assert [each["drill"]["id"] for each in sweep(world)["drills"]] == [drill.id]
    assert world.executions.asked == [drill.execution]


def test_what_aws_backs_up_of_a_running_copy_is_the_copy_s(world: World, drill: Drill) -> None:
    automated = snapshot(f"rds:{drill.target}-2026-11-23", hours=0, cluster=drill.target, tags={})
    world.rds.all_snapshots[automated.name] = automated
    world.rds.all_backups["cluster-COPY"] = RetainedBackup(
        cluster=drill.target, resource_id="cluster-COPY", status="active", engine=ENGINE, engine_version="16.4"
    )
    ends(world, drill, "RUNNING")
    assert {each["drill"] for each in sweep(world)["left_alone"]} == {drill.id}


def test_a_backup_that_outlives_its_copy_by_a_little_is_still_the_running_drill_s(world: World, drill: Drill) -> None:
    world.rds.all_clusters.pop(drill.target)
    world.rds.all_backups["cluster-COPY"] = RetainedBackup(
        cluster=drill.target, resource_id="cluster-COPY", status="active", engine=ENGINE, engine_version="16.4"
    )
    ends(world, drill, "RUNNING")
    assert {each["drill"] for each in sweep(world)["left_alone"]} == {drill.id}


def test_a_snapshot_that_somebody_took_of_a_copy_is_told(world: World, drill: Drill) -> None:
    by_hand = snapshot("by-hand", hours=0, cluster=drill.target, tags={})
    world.rds.all_snapshots[by_hand.name] = by_hand
    ends(world, drill, "RUNNING")
    told = [each["what"] for each in sweep(world)["left_alone"] if each["drill"] is None]
    assert told == ["snapshot by-hand"]


def test_a_drill_that_nobody_can_be_asked_about_is_swept_once_no_execution_can_be_that_old(
    world: World, drill: Drill
) -> None:
    world.ledger.entries.clear()
    assert not sweep(world)["drills"]
    world.clock.passes(hours=9)
    assert [each["drill"]["id"] for each in sweep(world)["drills"]] == [drill.id]


def test_only_the_execution_that_ended_is_swept_when_one_is_named(world: World, drill: Drill) -> None:
    ends(world, drill, "ABORTED")
    other = execution_arn("two")
    assert not sweep(world, {"execution": other})["drills"]
    assert [each["drill"]["id"] for each in sweep(world, {"execution": drill.execution})["drills"]] == [drill.id]


def test_a_drill_that_failed_properly_leaves_the_sweep_nothing(world: World) -> None:
    drill = world.open()
    world.ledger.entries.clear()
    ends(world, drill, "FAILED")
    assert sweep(world, {"execution": drill.execution})["drills"] == []


@pytest.mark.parametrize("execution", [7, "dr-drill", ["arn:aws"]])
def test_an_execution_that_is_no_arn_is_refused(world: World, execution: object) -> None:
    with pytest.raises(errors.InputRejected, match=r"request\.execution"):
        world.call(find_orphans.handler, request={"execution": execution})


@pytest.mark.parametrize("request_", ["{}", [], None, 7])
def test_a_request_that_is_no_object_is_refused(world: World, request_: object) -> None:
    with pytest.raises(errors.InputRejected, match="request: an object is expected"):
        world.call(find_orphans.handler, request=request_)


def test_every_fault_of_a_request_is_told_and_the_console_s_comment_is_none(world: World) -> None:
    with pytest.raises(errors.InputRejected) as refused:
        world.call(find_orphans.handler, request={"excution": "arn:aws:x", "execution": 7, "Comment": "Insert"})
    assert [each.partition(":")[0] for each in refused.value.problems] == ["request.excution", "request.execution"]


@pytest.mark.parametrize("call", ["clusters", "instances", "snapshots", "automated_backups", "running", "execution"])
def test_a_refused_listing_is_not_no_orphans(world: World, drill: Drill, call: str) -> None:
    world.faults.refuses[call] = errors.AccessRefused("no", resource="*", next_step="")
    with pytest.raises(errors.AccessRefused):
        world.call(find_orphans.handler, request={})


def test_a_namespace_alone_is_enough_to_find_a_drill(world: World, drill: Drill) -> None:
    forget_all_but_the_namespace(world)
    world.clock.passes(hours=1)
    (orphan,) = sweep(world)["drills"]
    assert orphan["drill"]["namespace"] == drill.namespace
    assert orphan["failure"]["Error"] == "LeftoversFound"


def test_a_young_namespace_may_be_of_a_drill_that_opened_meanwhile(world: World, drill: Drill) -> None:
    forget_all_but_the_namespace(world)
    world.clock.passes(minutes=59)
    assert not sweep(world)["drills"]


def test_a_young_namespace_of_the_execution_that_ended_is_swept(world: World, drill: Drill) -> None:
    forget_all_but_the_namespace(world)
    assert sweep(world, {"execution": drill.execution})["drills"]
    assert not sweep(world, {"execution": execution_arn("two")})["drills"]


def test_the_namespace_of_a_running_drill_is_left_alone_whatever_its_age(world: World, drill: Drill) -> None:
    ends(world, drill, "RUNNING")
    world.clock.passes(hours=5)
    found = sweep(world)
    assert not found["drills"]
    assert any(each["what"] == f"namespace {drill.namespace}" for each in found["left_alone"])


def test_a_dead_drill_is_swept_once_though_its_namespace_is_left_too(world: World, drill: Drill) -> None:
    ends(world, drill, "ABORTED")
    world.clock.passes(hours=5)
    assert len(sweep(world)["drills"]) == 1


def test_a_namespace_with_our_labels_outside_the_prefix_is_not_swept(world: World) -> None:
    world.kubernetes.all_namespaces["coder"] = Namespace(
        name="coder",
        uid="1",
        terminating=False,
        created_at=NOW - timedelta(days=9),
        labels={"coder-day2/environment": "prod", "coder-day2/drill": "20261101-00000001"},
    )
    found = sweep(world)
    assert not found["drills"]
    assert "look who did" in found["left_alone"][0]["reason"]


def test_without_kubernetes_the_sweep_goes_on_with_what_is_known(world: World, drill: Drill) -> None:
    world.settings = replace(SETTINGS, kubernetes=None)
    ends(world, drill, "ABORTED")
    found = sweep(world)
    assert len(found["drills"]) == 1
    assert found["namespaces_skipped"]


def forget_all_but_the_namespace(world: World) -> None:
    world.ledger.entries.clear()
    for each in [name for name in world.rds.all_clusters if name != "coder-prod-aurora"]:
        del world.rds.all_clusters[each]
