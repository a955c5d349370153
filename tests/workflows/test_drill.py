"""Whole drills, state by state, with the real steps in a fake cloud."""

from dataclasses import replace
from datetime import timedelta

import pytest

from .asl import tasks
from .cloud import REALISTIC, SETTINGS, SOURCE
from .economy import transitions
from .interpreter import PAYLOAD_LIMIT_BYTES
from .scene import DRILL, Scene, scene
from .verifier import Verifier


def targets(stage: Scene) -> set[str]:
    """Every cluster that a drill has made."""
    return {call.asked["DBClusterIdentifier"] for call in stage.cloud.calls if call.operation.startswith("RestoreDB")}


def test_a_drill_proves_the_backup_and_leaves_nothing_but_its_evidence() -> None:
    with scene(durations=REALISTIC) as stage:
        drill = stage.drill({})
        assert (drill.status, drill.error) == ("SUCCEEDED", None)
        assert stage.cloud.left() == {}
        assert stage.untouched()
        [record] = stage.cloud.records()
        assert record["outcome"]["result"] == "passed"
        assert record["cleanup"]["proven"] is True
        assert record["drill"]["execution"] == drill.arn
        assert set(stage.world.visits(drill)) == {task.name for task in tasks(DRILL)}
        assert len(stage.verifier.connected_to) == 4, "the plan and three groups each sign in for themselves"
        assert all(host.startswith(record["drill"]["target"]) for host in stage.verifier.connected_to)


def test_the_transitions_that_the_evidence_estimates_are_those_that_happened() -> None:
    with scene() as stage:
        drill = stage.drill({})
        estimate = stage.cloud.records()[0]["cost"]["orchestration"]["transitions"]
        assert estimate == pytest.approx(transitions(drill), rel=0.1)


def test_the_request_of_the_consoles_start_dialog_is_enough() -> None:
    with scene() as stage:
        assert stage.drill({"Comment": "Insert your JSON here"}).status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("recovery_point", "operation"),
    [
        ("latest-snapshot", "RestoreDBClusterFromSnapshot"),
        ("latest-restorable-time", "RestoreDBClusterToPointInTime"),
        (f"snapshot:rds:{SOURCE}-2026-11-20-22-00", "RestoreDBClusterFromSnapshot"),
        ("time:2026-11-22T12:00:00Z", "RestoreDBClusterToPointInTime"),
    ],
)
def test_a_drill_restores_what_was_asked_for(recovery_point: str, operation: str) -> None:
    with scene() as stage:
        assert stage.drill({"recovery_point": recovery_point}).status == "SUCCEEDED"
        assert [call.operation for call in stage.cloud.calls if call.operation.startswith("Restore")] == [operation]
        assert stage.cloud.left() == {}


def test_the_copy_is_isolated_tagged_and_made_to_be_deleted() -> None:
    with scene() as stage:
        drill = stage.drill({})
        [restore] = [call.asked for call in stage.cloud.calls if call.operation.startswith("Restore")]
        assert restore["VpcSecurityGroupIds"] == ["sg-drill"]
        assert restore["DeletionProtection"] is False
        assert restore["BackupRetentionPeriod"] == 1
        assert {"Key": "coder-day2:execution", "Value": drill.arn} in restore["Tags"]


def test_namespace_and_restore_go_on_side_by_side() -> None:
    with scene(durations=REALISTIC) as stage:
        drill = stage.drill({})
        started = {each.state: each.started_at - drill.started_at for each in reversed(stage.world.invocations)}
        assert started["CreateNamespace"] < timedelta(seconds=5)
        assert started["AddInstance"] > timedelta(minutes=12)


def test_without_kubernetes_the_namespace_is_skipped_and_the_drill_passes() -> None:
    with scene(settings=replace(SETTINGS, kubernetes=None)) as stage:
        assert stage.drill({}).status == "SUCCEEDED"
        assert stage.cloud.records()[0]["namespace"]["skipped"] is True
        assert not [call for call in stage.cloud.calls if call.service in {"kubernetes", "eks"}]


def test_a_slot_delivered_twice_drills_once() -> None:
    slot = {"slot": "2026-11-23T02:00:00Z", "started_by": "schedule"}
    with scene() as stage:
        first, second = stage.world.start(DRILL, slot), stage.world.start(DRILL, slot)
        stage.world.wait(first)
        stage.world.wait(second)
        assert (first.status, second.status) == ("SUCCEEDED", "SUCCEEDED")
        assert set(stage.world.visits(second)) == {"OpenDrill"}
        assert len(targets(stage)) == len(stage.cloud.records()) == 1


def test_a_slot_delivered_again_after_its_drill_has_ended_drills_no_second_time() -> None:
    slot = {"slot": "2026-11-23T02:00:00Z"}
    with scene() as stage:
        assert stage.drill(slot).status == "SUCCEEDED"
        again = stage.drill(slot)
        assert again.status == "SUCCEEDED"
        assert set(stage.world.visits(again)) == {"OpenDrill"}


def test_a_second_drill_at_the_same_time_is_refused_and_does_not_disturb_the_first() -> None:
    with scene() as stage:
        first = stage.world.start(DRILL, {})
        stage.world.time.sleep(20)
        second = stage.drill({})
        assert (second.status, second.error) == ("FAILED", "DrillInProgress")
        assert first.arn in (second.cause or "")
        stage.sweep_after(second)
        assert stage.world.wait(first).status == "SUCCEEDED"
        assert stage.cloud.left() == {}
        assert len(targets(stage)) == 1


def test_a_drill_begins_once_the_one_before_it_has_ended() -> None:
    with scene() as stage:
        assert stage.drill({}).status == "SUCCEEDED"
        assert stage.drill({}).status == "SUCCEEDED"
        assert len(targets(stage)) == len(stage.cloud.records()) == 2


@pytest.mark.parametrize(
    "request_",
    [
        {"recovery_point": "yesterday"},
        {"recovery_point": "time:2026-11-22T12:00:00"},
        {"recovery_point": "time:2026-12-24T12:00:00Z"},
        {"recovery_point": "time:2025-01-01T12:00:00Z"},
        {"recovery_point": "snapshot:by-hand"},
        {"recovery_point": "snapshot:unknown"},
        {"source": "coder-dr-test-20261101-00000000"},
        {"target": SOURCE},
        {"target": "other-name"},
        {"unknown": 1},
        [],
        "drill",
    ],
    ids=str,
)
def test_bad_input_is_refused_before_anything_is_created(request_: object) -> None:
    with scene() as stage:
        drill = stage.drill(request_)
        assert (drill.status, drill.error) == ("FAILED", "InputRejected")
        assert stage.cloud.left() == {}
        assert [*stage.cloud.ledger(), *stage.cloud.records(), *stage.cloud.changes()] == []
        sweep = stage.sweep_after(drill)
        assert sweep is not None
        assert sweep.status == "SUCCEEDED"
        assert stage.untouched()


def test_every_fault_of_an_input_is_told_at_once() -> None:
    with scene() as stage:
        cause = stage.drill({"recovery_point": "x", "target": "y", "unknown": 1}).cause or ""
        assert all(field in cause for field in ("request.recovery_point", "request.target", "unknown"))


def test_a_failing_check_fails_the_drill_and_is_recorded() -> None:
    with scene(verifier=Verifier(found="fail")) as stage:
        drill = stage.drill({})
        assert (drill.status, drill.error) == ("FAILED", "ChecksFailed")
        assert stage.cloud.left() == {}
        [record] = stage.cloud.records()
        assert record["outcome"]["error"]["name"] == "ChecksFailed"
        assert record["cleanup"]["proven"] is True


def test_a_copy_that_is_open_to_others_is_never_read() -> None:
    with scene() as stage:
        stage.cloud.ingress_from = "sg-somebody"
        drill = stage.drill({})
        assert (drill.status, drill.error) == ("FAILED", "IsolationNotProven")
        assert stage.verifier.connected_to == []
        assert stage.cloud.left() == {}


def test_the_state_of_a_large_database_stays_far_below_the_payload_limit() -> None:
    """Twice the checks there are, twice the tables that Coder has, in the largest state or answer of the run."""
    counts = {f"a_table_with_a_rather_long_name_{number}": 10**9 for number in range(200)}
    with scene(verifier=Verifier(checks_a_group=44, counts=counts)) as stage:
        assert stage.drill({}).status == "SUCCEEDED"
        assert stage.world.largest_payload_bytes < PAYLOAD_LIMIT_BYTES * 0.6, stage.world.largest_payload_bytes
