"""OpenDrill: everything wrong in one answer and nothing written; else claimed, locked, entered, named."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lambdas import errors
from lambdas.recovery.handlers import open_drill

from .conftest import NOW, SETTINGS, World, production, snapshot
from .fakes import Died, execution_arn

SLOT = "2026-11-23T02:00:00Z"


def test_an_empty_request_names_a_drill_after_its_execution(world: World) -> None:
    drill = world.open()
    assert drill.target == f"coder-dr-test-{drill.id}"
    assert drill.id.startswith("20261123-")
    assert (drill.writer, drill.namespace) == (f"{drill.target}-writer", drill.target)
    assert drill.started_by == "not told; see CloudTrail's StartExecution of one"
    assert drill.opened_at == NOW
    assert drill.give_up_at == NOW + timedelta(hours=3)


def test_it_is_entered_as_running_and_holds_its_source(world: World) -> None:
    drill = world.open()
    assert world.ledger.entries == {drill.id: drill}
    holder, until = world.ledger.locks[drill.source]
    assert holder == drill.execution
    assert until == NOW + timedelta(hours=9)


def test_static_faults_and_faults_in_the_world_come_in_one_answer(world: World) -> None:
    with pytest.raises(errors.InputRejected) as refused:
        world.open({"recovery_point": "snapshot:coder-prod-unheard-of", "target": "production", "colour": "red"})
    assert [each.partition(":")[0] for each in refused.value.problems] == [
        "request.target",
        "request.colour",
        "request.recovery_point",
    ]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"status": "creating"}, "is creating, not available"),
        ({"engine": "aurora-mysql"}, "engine aurora-mysql"),
        ({"cluster": "billing"}, "of the cluster billing"),
    ],
)
def test_a_snapshot_that_cannot_be_drilled_is_refused_as_input(world: World, made: dict[str, str], told: str) -> None:
    world.rds.all_snapshots["coder-prod-mine"] = replace(snapshot("coder-prod-mine", hours=1), **made)
    with pytest.raises(errors.InputRejected, match=told):
        world.open({"recovery_point": "snapshot:coder-prod-mine"})


def test_a_snapshot_whose_name_iam_does_not_let_a_drill_restore_is_refused_as_input(world: World) -> None:
    world.rds.all_snapshots["by-hand"] = snapshot("by-hand", hours=1)
    with pytest.raises(errors.InputRejected, match=r"'by-hand' is no name .* source\.manual_snapshots admits more"):
        world.open({"recovery_point": "snapshot:by-hand"})
    assert not world.ledger.entries


def test_every_fault_of_one_snapshot_is_told(world: World) -> None:
    world.rds.all_snapshots["coder-prod-mine"] = snapshot(
        "coder-prod-mine", hours=1, status="failed", engine="mysql", cluster="billing"
    )
    with pytest.raises(errors.InputRejected) as refused:
        world.open({"recovery_point": "snapshot:coder-prod-mine"})
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize("time", ["2026-11-23T01:57:00Z", "2026-01-01T00:00:00Z"])
def test_a_time_outside_the_restorable_window_is_refused_as_input(world: World, time: str) -> None:
    with pytest.raises(errors.InputRejected, match="outside the restorable window"):
        world.open({"recovery_point": f"time:{time}"})


def test_a_refused_request_has_written_nothing(world: World) -> None:
    with pytest.raises(errors.InputRejected):
        world.open({"recovery_point": "snapshot:coder-prod-unheard-of", "slot": SLOT})
    assert not world.ledger.slots
    assert not world.ledger.locks
    assert not world.ledger.entries


def test_a_source_without_a_usable_snapshot_is_no_fault_of_the_request(world: World) -> None:
    world.rds.all_snapshots.clear()
    assert world.open({}).recovery_point == "latest-snapshot"


def test_a_slot_that_another_execution_claimed_makes_a_duplicate_which_holds_nothing(world: World) -> None:
    world.ledger.slots["coder-prod-aurora", "latest-snapshot", NOW.replace(second=0)] = execution_arn("earlier")
    drill = world.open({"slot": SLOT})
    assert drill.duplicate
    assert not world.ledger.locks
    assert not world.ledger.entries


def test_a_duplicate_is_told_by_its_slot_even_while_the_first_drill_runs(world: World) -> None:
    first = world.open({"slot": SLOT})
    world.execution = execution_arn("two")
    assert world.open({"slot": SLOT}).duplicate
    assert world.ledger.locks["coder-prod-aurora"][0] == first.execution


def test_a_second_drill_of_the_source_is_refused_and_told_the_holder(world: World) -> None:
    first = world.open()
    world.execution = execution_arn("two")
    with pytest.raises(errors.DrillInProgress, match=first.execution):
        world.open()
    assert list(world.ledger.entries) == [first.id]


def test_a_lock_that_outlived_any_execution_is_taken_over(world: World) -> None:
    world.open()
    world.execution = execution_arn("two")
    world.clock.passes(hours=9, seconds=1)
    assert world.open().execution == execution_arn("two")


@pytest.mark.parametrize("call", ["claim_slot", "lock", "open_drill"])
def test_a_death_after_any_write_is_made_good_by_the_next_try(world: World, call: str) -> None:
    world.faults.dies_after.add(call)
    with pytest.raises(Died):
        world.open({"slot": SLOT})
    drill = world.open({"slot": SLOT})
    assert not drill.duplicate
    assert world.ledger.entries == {drill.id: drill}
    assert world.open({"slot": SLOT}) == drill


def test_settings_under_which_production_bears_the_prefix_open_no_drill(world: World) -> None:
    world.settings = replace(SETTINGS, prefix="coder-prod")
    with pytest.raises(errors.ProductionTargetRefused, match="cannot be told from production"):
        world.open()


def test_who_started_it_and_why_are_kept(world: World) -> None:
    drill = world.open({"started_by": "schedule monthly", "reason": "requirement 8.3"})
    assert (drill.started_by, drill.reason) == ("schedule monthly", "requirement 8.3")


def test_a_deleted_source_can_still_be_asked_for_by_snapshot(world: World) -> None:
    world.rds.all_clusters.clear()
    world.rds.all_snapshots["coder-prod-kept"] = snapshot("coder-prod-kept", hours=900)
    assert world.open({"recovery_point": "snapshot:coder-prod-kept"}).recovery_point == "snapshot:coder-prod-kept"


def test_a_time_of_a_deleted_source_without_a_retained_backup_is_refused(world: World) -> None:
    world.rds.all_clusters.clear()
    with pytest.raises(errors.InputRejected, match="no continuous backup"):
        world.open({"recovery_point": "time:2026-11-22T02:00:00Z"})


def test_a_source_without_automated_backups_has_no_time_to_restore(world: World) -> None:
    world.rds.all_clusters["coder-prod-aurora"] = production(latest_restorable_at=None)
    with pytest.raises(errors.InputRejected, match="no continuous backup"):
        world.call(open_drill.handler, request={"recovery_point": "time:2026-11-22T02:00:00Z"})
