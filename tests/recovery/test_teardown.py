"""The one way out: re-entrant, in the right order, until nothing is left; and never a hand on what is not ours."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas import errors
from lambdas.contracts import Drill
from lambdas.recovery.database import ENGINE, Instance, RetainedBackup, Snapshot
from lambdas.recovery.handlers import (
    add_instance,
    choose_recovery_point,
    delete_database,
    delete_namespace,
    prove_nothing_left,
    reset_credentials,
    restore_cluster,
)
from lambdas.recovery.names import tags
from lambdas.recovery.teardown import Remains, plan_demolition, what_may_appear

from .conftest import NOW, World, production, snapshot
from .fakes import Died, execution_arn

UNSEEN = {"choice": {}, "prepared": {"restore": {"cluster": {"cluster": "x"}}}}
CONFIRMED = {"choice": {}, "prepared": {"restore": {"cluster": {"cluster": "x"}, "cluster_ready": {"cluster": "x"}}}}
NAMESPACE_GONE = {"namespace_deleted": {"skipped": False, "gone": True}}


@pytest.fixture
def drill(world: World) -> Drill:
    """A drill with everything that a drill creates, all of it available."""
    drill = world.open()
    choice = world.call(choose_recovery_point.handler, drill=drill)
    world.call(
        restore_cluster.handler, drill=drill, recovery_point=choice["recovery_point"], blueprint=choice["blueprint"]
    )
    world.clock.passes(minutes=12)
    world.call(add_instance.handler, drill=drill)
    world.clock.passes(minutes=7)
    world.call(reset_credentials.handler, drill=drill)
    world.clock.passes(minutes=2)
    world.entered_at = world.clock.now
    world.faults.calls.clear()
    return drill


def delete(world: World, drill: Drill, state: Mapping[str, Any] = CONFIRMED) -> dict[str, Any]:
    return world.call(delete_database.handler, drill=drill, drill_state=state)


def delete_until_gone(world: World, drill: Drill, state: Mapping[str, Any] = CONFIRMED) -> list[str]:
    """Ask again every five seconds, as the machine does; what was deleted, in order."""
    for _ in range(1500):
        try:
            delete(world, drill, state)
        except (errors.StillDeleting, Died):
            world.clock.passes(seconds=5)
        else:
            return [each for each in world.faults.calls if each.startswith("delete_")]
    pytest.fail("it is never gone")


def own_snapshot(drill: Drill) -> Snapshot:
    return Snapshot(
        name=f"{drill.target}-final",
        cluster=drill.target,
        status="available",
        type="manual",
        engine=ENGINE,
        engine_version="16.6",
        tags=tags(drill),
    )


def own_backup(drill: Drill) -> RetainedBackup:
    return RetainedBackup(
        cluster=drill.target,
        resource_id="cluster-KEPT",
        status="retained",
        engine=ENGINE,
        engine_version="16.6",
        tags=tags(drill),
    )


def test_instances_go_first_and_then_the_cluster(world: World, drill: Drill) -> None:
    assert delete_until_gone(world, drill) == ["delete_instance", "delete_cluster"]


def test_production_is_never_even_asked_to_go(world: World, drill: Drill) -> None:
    delete_until_gone(world, drill)
    assert [each.name for each in world.rds.clusters()] == ["coder-prod-aurora"]
    assert len(world.rds.all_snapshots) == 2


def test_snapshots_and_retained_backups_of_the_drill_go_too(world: World, drill: Drill) -> None:
    own = own_snapshot(drill)
    world.rds.all_snapshots[own.name] = own
    world.rds.all_backups["cluster-KEPT"] = own_backup(drill)
    delete_until_gone(world, drill)
    assert own.name not in world.rds.all_snapshots
    assert not world.rds.all_backups


def test_an_instance_that_somebody_added_to_the_copy_is_told_instead_of_waited_for(world: World, drill: Drill) -> None:
    added = Instance(name="a-reader", cluster=drill.target, status="available")
    world.rds.all_instances[added.name] = added
    with pytest.raises(errors.ProductionTargetRefused, match="instance a-reader"):
        delete_until_gone(world, drill)
    assert "delete_cluster" not in world.faults.calls
    assert [each.name for each in world.rds.instances()] == ["a-reader"]


def test_the_tag_alone_makes_nothing_the_drill_s_to_delete(world: World, drill: Drill) -> None:
    world.rds.all_snapshots["yearly"] = replace(own_snapshot(drill), name="yearly", cluster="coder-prod-aurora")
    with pytest.raises(errors.ProductionTargetRefused, match="snapshot yearly"):
        delete_until_gone(world, drill)
    assert "yearly" in world.rds.all_snapshots


def test_an_automated_backup_that_is_on_its_way_out_with_its_cluster_is_waited_for(world: World, drill: Drill) -> None:
    delete_until_gone(world, drill)
    world.rds.all_backups["cluster-KEPT"] = replace(own_backup(drill), status="active", tags={})
    with pytest.raises(errors.StillDeleting, match=r"cluster-KEPT \(active\)"):
        delete(world, drill)
    assert world.rds.all_backups


def test_a_retained_backup_without_the_tag_is_told_and_not_deleted(world: World, drill: Drill) -> None:
    world.rds.all_backups["cluster-KEPT"] = replace(own_backup(drill), tags={})
    with pytest.raises(errors.ProductionTargetRefused, match="automated backup cluster-KEPT"):
        delete_until_gone(world, drill)
    assert world.rds.all_backups


def test_an_automated_snapshot_of_the_copy_is_waited_for_and_not_deleted(world: World, drill: Drill) -> None:
    own = replace(own_snapshot(drill), name=f"rds:{drill.target}-1", type="automated")
    world.rds.all_snapshots[own.name] = own
    with pytest.raises(errors.StillDeleting, match=f"rds:{drill.target}-1"):
        delete(world, drill)
    assert own.name in world.rds.all_snapshots


def test_a_second_teardown_finds_nothing_and_is_done_at_once(world: World, drill: Drill) -> None:
    delete_until_gone(world, drill)
    world.faults.calls.clear()
    assert delete(world, drill)["gone"]
    assert not [each for each in world.faults.calls if each.startswith("delete_")]


@pytest.mark.parametrize("call", ["delete_instance", "delete_cluster"])
def test_a_death_after_a_deletion_does_not_stop_the_teardown(world: World, drill: Drill, call: str) -> None:
    world.faults.dies_after.add(call)
    deleted = delete_until_gone(world, drill)
    assert deleted == ["delete_instance", "delete_cluster"]


def test_a_cluster_that_is_still_creating_is_waited_for(world: World) -> None:
    drill = world.open()
    choice = world.call(choose_recovery_point.handler, drill=drill)
    world.call(
        restore_cluster.handler, drill=drill, recovery_point=choice["recovery_point"], blueprint=choice["blueprint"]
    )
    with pytest.raises(errors.StillDeleting, match=r"\(creating\)"):
        delete(world, drill)
    assert "delete_cluster" not in world.faults.calls
    assert delete_until_gone(world, drill) == ["delete_cluster"]


def test_a_deletion_that_never_ends_is_given_up_after_two_hours(world: World, drill: Drill) -> None:
    world.rds.deletion_takes = timedelta(days=9)
    with pytest.raises(errors.StillDeleting):
        delete(world, drill)
    world.clock.passes(hours=2)
    with pytest.raises(errors.StillDeleting):
        delete(world, drill)
    world.clock.passes(seconds=1)
    with pytest.raises(errors.TeardownOverdue, match="deleting"):
        delete(world, drill)


def test_a_cluster_without_the_tag_is_refused_with_all_that_hangs_on_it(world: World, drill: Drill) -> None:
    world.rds.all_clusters[drill.target] = replace(world.rds.all_clusters[drill.target], tags={})
    with pytest.raises(errors.ProductionTargetRefused, match=f"cluster {drill.target}"):
        delete(world, drill)
    assert not [each for each in world.faults.calls if each.startswith("delete_")]


def test_what_is_ours_goes_before_what_is_not_is_told(world: World, drill: Drill) -> None:
    foreign = replace(own_snapshot(drill), name="taken-by-hand", tags={})
    world.rds.all_snapshots[foreign.name] = foreign
    with pytest.raises(errors.ProductionTargetRefused, match="snapshot taken-by-hand"):
        delete_until_gone(world, drill)
    assert [each.name for each in world.rds.clusters()] == ["coder-prod-aurora"]
    assert "taken-by-hand" in world.rds.all_snapshots


@pytest.mark.parametrize("target", ["coder-prod-aurora", "coder-dr-test", "other"])
def test_a_drill_that_names_anything_else_deletes_nothing(world: World, drill: Drill, target: str) -> None:
    with pytest.raises(errors.ProductionTargetRefused):
        delete(world, replace(drill, target=target, writer=f"{target}-writer", namespace=target))
    with pytest.raises(errors.ProductionTargetRefused):
        world.call(delete_namespace.handler, drill=replace(drill, target=target, namespace=target))
    assert not world.faults.calls


def test_a_managed_secret_that_outlives_its_cluster_is_waited_for(world: World, drill: Drill) -> None:
    delete_until_gone(world, drill)
    world.secrets.others["arn:of-a-secret"] = drill.target
    with pytest.raises(errors.StillDeleting, match="Not gone yet: the managed master secret"):
        delete(world, drill)
    world.secrets.others.clear()
    assert delete(world, drill)["gone"]


FLIGHT_STATES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"choice": {}}, True),
    ({"choice": {}, "failure": {"Error": "States.Timeout"}}, True),
    ({"choice": {}, "prepared": {"restore": {"failure": {"Error": "States.Timeout"}}}}, True),
    ({"choice": {}, "prepared": {"restore": {"failure": {"Error": "ServiceBusy"}}}}, True),
    ({"choice": {}, "prepared": {"restore": {"failure": {"Error": "AccessRefused"}}}}, False),
    ({"choice": {}, "prepared": {"restore": {"failure": {"Error": "NoUsableRecoveryPoint"}}}}, False),
    (UNSEEN, True),
    (CONFIRMED, False),
    ({"failure": {"Error": "NoUsableRecoveryPoint"}}, False),
    ({"failure": {"Error": "ExecutionDied"}, "cluster_seen": True, "died_at": "2026-11-23T02:00:07Z"}, False),
    ({"failure": {"Error": "ExecutionDied"}, "cluster_seen": False, "died_at": "2026-11-23T02:00:07Z"}, True),
    ({"failure": {"Error": "ExecutionDied"}, "cluster_seen": False, "died_at": "2026-11-23T01:50:07Z"}, False),
    ({"failure": {"Error": "ExecutionDied"}, "cluster_seen": False, "died_at": None}, False),
]


@pytest.mark.parametrize(("state", "waits"), FLIGHT_STATES)
def test_nothing_there_is_not_gone_while_a_restore_may_be_under_way(
    world: World, state: dict[str, Any], *, waits: bool
) -> None:
    drill = world.open()
    if waits:
        with pytest.raises(errors.StillDeleting, match="may have been under way"):
            delete(world, drill, state)
        world.clock.passes(minutes=2)
    assert delete(world, drill, state)["gone"]


def test_a_restore_that_appears_behind_the_teardown_s_back_is_deleted(world: World) -> None:
    drill = world.open()
    state = {"choice": {}, "failure": {"Error": "States.Timeout"}}
    with pytest.raises(errors.StillDeleting):
        delete(world, drill, state)
    choice = world.call(choose_recovery_point.handler, drill=drill)
    world.call(
        restore_cluster.handler, drill=drill, recovery_point=choice["recovery_point"], blueprint=choice["blueprint"]
    )
    assert delete_until_gone(world, drill, state) == ["delete_cluster"]


STATUSES = st.sampled_from(["available", "creating", "deleting", "failed", "modifying"])


@given(
    cluster_status=st.none() | STATUSES,
    instance_status=st.none() | STATUSES,
    ours=st.booleans(),
    instance_ours=st.booleans(),
)
def test_whatever_is_there_only_our_own_is_deleted_and_the_cluster_last(
    cluster_status: str | None, instance_status: str | None, *, ours: bool, instance_ours: bool
) -> None:
    drill = a_drill()
    cluster = instance = None
    if cluster_status:
        cluster = production(name=drill.target, status=cluster_status, tags=tags(drill) if ours else {})
    if instance_status:
        instance = Instance(
            name=drill.writer,
            cluster=drill.target,
            status=instance_status,
            tags=tags(drill) if instance_ours else {"coder-day2:drill": "another"},
        )
    plan = plan_demolition(Remains(cluster=cluster, instances=(instance,) if instance else ()), drill, may_appear=None)
    if cluster and not ours:
        assert (plan.cluster, plan.instances, bool(plan.foreign)) == (None, (), True)
    if instance and not instance_ours:
        assert not plan.instances
        assert plan.foreign
    if plan.cluster:
        assert instance is None or instance.status == "deleting"
    if not (cluster or instance):
        assert plan.waiting_for == plan.foreign == ()


def test_the_proof_lists_everything_and_finds_nothing(world: World, drill: Drill) -> None:
    delete_until_gone(world, drill)
    told = world.call(prove_nothing_left.handler, drill=drill, drill_state=NAMESPACE_GONE)
    assert told["clear"]
    assert told["looked_at"] == [
        {"what": what, "found": 0}
        for what in (
            "DB clusters",
            "DB instances",
            "DB cluster snapshots",
            "automated backups",
            "managed master secrets",
            "Kubernetes namespaces",
        )
    ]


def test_everything_that_stayed_is_told_at_once(world: World, drill: Drill) -> None:
    own = own_snapshot(drill)
    world.rds.all_snapshots[own.name] = own
    world.rds.all_backups["cluster-KEPT"] = own_backup(drill)
    with pytest.raises(errors.LeftoversFound) as found:
        world.call(prove_nothing_left.handler, drill=drill, drill_state={})
    for told in (
        f"DB clusters: {drill.target}",
        f"DB instances: {drill.writer}",
        f"snapshots: {own.name}",
        "automated backups: cluster-KEPT",
        "managed master secrets: arn:",
        "namespaces: could not be ruled out",
    ):
        assert told in str(found.value)


def test_a_snapshot_of_the_copy_taken_by_hand_counts_as_left(world: World, drill: Drill) -> None:
    world.rds.all_snapshots["by-hand"] = snapshot("by-hand", hours=0, cluster=drill.target)
    delete_gone_except_foreign(world, drill)
    with pytest.raises(errors.LeftoversFound, match="by-hand"):
        world.call(prove_nothing_left.handler, drill=drill, drill_state=NAMESPACE_GONE)


def test_a_copy_that_was_renamed_is_found_by_its_tag(world: World, drill: Drill) -> None:
    delete_until_gone(world, drill)
    world.rds.all_clusters["innocent"] = production(name="innocent", tags=tags(drill))
    with pytest.raises(errors.LeftoversFound, match="DB clusters: innocent"):
        world.call(prove_nothing_left.handler, drill=drill, drill_state=NAMESPACE_GONE)


@pytest.mark.parametrize("call", ["clusters", "instances", "snapshots", "automated_backups", "managed_by"])
@pytest.mark.parametrize("error", [errors.AccessRefused, errors.RequestRefused])
def test_what_cannot_be_listed_counts_as_left(
    world: World, drill: Drill, call: str, error: type[errors.Day2Error]
) -> None:
    delete_until_gone(world, drill)
    world.faults.refuses[call] = error("no", resource="*", next_step="")
    with pytest.raises(errors.LeftoversFound, match=f"could not be ruled out: {error.__name__}"):
        world.call(prove_nothing_left.handler, drill=drill, drill_state=NAMESPACE_GONE)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, "DeleteNamespace told nothing"),
        ({"namespace_failure": {"Error": "KubernetesUnavailable", "Cause": "x"}}, "KubernetesUnavailable"),
        ({"namespace_deleted": {"skipped": False, "gone": False}}, "coder-dr-test-"),
    ],
)
def test_a_namespace_that_was_not_seen_to_go_counts_as_left(world: World, state: dict[str, Any], told: str) -> None:
    with pytest.raises(errors.LeftoversFound, match=told):
        world.call(prove_nothing_left.handler, drill=world.open(), drill_state=state)


def test_skipped_kubernetes_is_said_in_the_proof(world: World) -> None:
    state = {"namespace_deleted": {"skipped": True, "reason": "no cluster in the settings", "gone": True}}
    told = world.call(prove_nothing_left.handler, drill=world.open(), drill_state=state)
    assert told["looked_at"][-1] == {"what": "Kubernetes namespaces (skipped: no cluster in the settings)", "found": 0}


def test_a_state_without_a_failure_never_hides_a_restore_in_flight() -> None:
    assert what_may_appear({"choice": {}}, entered_at=NOW, now=NOW) is not None


def delete_gone_except_foreign(world: World, drill: Drill) -> None:
    with pytest.raises(errors.ProductionTargetRefused):
        delete_until_gone(world, drill)


def a_drill() -> Drill:
    return Drill(
        id="20261123-0000abcd",
        environment="prod",
        source="coder-prod-aurora",
        target="coder-dr-test-20261123-0000abcd",
        writer="coder-dr-test-20261123-0000abcd-writer",
        namespace="coder-dr-test-20261123-0000abcd",
        execution=execution_arn("one"),
        opened_at=NOW,
        give_up_at=NOW,
        recovery_point="latest-snapshot",
        started_by="a test",
    )
