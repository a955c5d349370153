"""The restore branch, step by step: each creates once, adopts its own, waits, and ends its waiting."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lambdas import errors, payload
from lambdas.contracts import Credentials, Drill
from lambdas.recovery.database import Instance
from lambdas.recovery.handlers import (
    add_instance,
    await_cluster,
    await_credentials,
    await_instance,
    choose_recovery_point,
    reset_credentials,
    restore_cluster,
)

from .conftest import SETTINGS, Handler, World, production
from .fakes import Died, Json


def restored(world: World, request: Json | None = None) -> Drill:
    """A drill whose restore was started."""
    drill = world.open(request)
    world.call(restore_cluster.handler, drill=drill, **chosen(world, drill))
    return drill


def chosen(world: World, drill: Drill) -> Json:
    choice = world.call(choose_recovery_point.handler, drill=drill)
    return {"recovery_point": choice["recovery_point"], "blueprint": choice["blueprint"]}


def with_instance(world: World) -> Drill:
    drill = restored(world)
    world.clock.passes(minutes=12)
    world.call(add_instance.handler, drill=drill)
    return drill


def test_a_drill_of_nothing_but_defaults_restores_the_newest_snapshot_in_isolation(world: World) -> None:
    drill = restored(world)
    (order,) = world.rds.orders
    assert order.point.id == "rds:coder-prod-aurora-2"
    assert order.target == drill.target
    assert order.security_groups == (SETTINGS.database.security_group,)
    assert order.parameter_group == "coder-prod-pg16"
    assert order.kms_key == "arn:aws:kms:eu-west-1:111122223333:key/prod"
    assert order.tags == {
        "coder-day2:drill": drill.id,
        "coder-day2:execution": drill.execution,
        "coder-day2:environment": "prod",
    }


def test_the_whole_branch_ends_with_an_endpoint_and_the_arn_of_a_secret(world: World) -> None:
    drill = with_instance(world)
    world.clock.passes(minutes=7)
    assert world.call(await_instance.handler, drill=drill)["status"] == "available"
    world.call(reset_credentials.handler, drill=drill)
    with pytest.raises(errors.CredentialsNotReady):
        world.call(await_credentials.handler, drill=drill)
    world.clock.passes(minutes=2)
    told = world.call(await_credentials.handler, drill=drill)
    credentials = payload.read(Credentials, told)
    assert credentials.host.startswith(drill.target)
    assert credentials.secret.startswith("arn:aws:secretsmanager:")
    assert (credentials.port, credentials.database) == (5432, "coder")


def test_a_restore_that_died_after_its_effect_is_adopted_and_not_started_again(world: World) -> None:
    drill = world.open()
    choice = chosen(world, drill)
    world.faults.dies_after.add("restore")
    with pytest.raises(Died):
        world.call(restore_cluster.handler, drill=drill, **choice)
    again = world.call(restore_cluster.handler, drill=drill, **choice)
    assert again["adopted"]
    assert len(world.rds.orders) == 1
    assert world.call(restore_cluster.handler, drill=drill, **choice) == again


@pytest.mark.parametrize("tags", [{}, {"coder-day2:drill": "20261122-00000000", "coder-day2:environment": "prod"}])
def test_a_cluster_of_that_name_which_is_not_ours_is_not_adopted(world: World, tags: dict[str, str]) -> None:
    drill = world.open()
    choice = chosen(world, drill)
    world.rds.all_clusters[drill.target] = production(name=drill.target, tags=tags)
    with pytest.raises(errors.ProductionTargetRefused, match="not this drill's"):
        world.call(restore_cluster.handler, drill=drill, **choice)
    with pytest.raises(errors.ProductionTargetRefused):
        world.call(add_instance.handler, drill=drill)
    with pytest.raises(errors.ProductionTargetRefused):
        world.call(reset_credentials.handler, drill=drill)
    assert not {"restore", "add_instance", "manage_master_password"} & set(world.faults.calls)


def test_a_name_taken_between_the_look_and_the_restore_is_looked_at_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill = world.open()
    choice = chosen(world, drill)
    monkeypatch.setattr(world.rds, "restore", lambda _order: None)
    with pytest.raises(errors.ServiceBusy):
        world.call(restore_cluster.handler, drill=drill, **choice)


def test_an_instance_that_was_created_by_a_dead_function_is_adopted(world: World) -> None:
    drill = restored(world)
    world.clock.passes(minutes=12)
    world.faults.dies_after.add("add_instance")
    with pytest.raises(Died):
        world.call(add_instance.handler, drill=drill)
    assert world.call(add_instance.handler, drill=drill)["adopted"]
    assert world.faults.calls.count("add_instance") == 1


def test_an_instance_name_taken_meanwhile_is_looked_at_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    drill = restored(world)
    monkeypatch.setattr(world.rds, "add_instance", lambda _order: None)
    with pytest.raises(errors.ServiceBusy):
        world.call(add_instance.handler, drill=drill)


def test_a_writer_that_is_not_ours_is_not_adopted(world: World) -> None:
    drill = with_instance(world)
    world.rds.all_instances[drill.writer] = Instance(name=drill.writer, cluster=drill.target, status="available")
    with pytest.raises(errors.ProductionTargetRefused):
        world.call(add_instance.handler, drill=drill)


@pytest.mark.parametrize(
    ("opened", "told"),
    [
        ({"internet_gateway": True}, "internet access gateway"),
        ({"vpc_networking": False}, "VPC networking is off"),
        ({"data_api": True}, "HTTP endpoint"),
        ({"iam_authentication": True}, "IAM authentication"),
        ({"security_groups": ("sg-isolated", "sg-default")}, "sg-default"),
        ({"publicly_accessible": True}, "publicly accessible"),
    ],
)
def test_nothing_listens_on_a_cluster_that_tells_it_is_open(world: World, opened: Json, told: str) -> None:
    drill = restored(world)
    cluster = world.rds.all_clusters[drill.target]
    world.rds.all_clusters[drill.target] = replace(cluster, **opened)
    with pytest.raises(errors.IsolationNotProven, match=told):
        world.call(add_instance.handler, drill=drill)
    assert not world.rds.all_instances


def test_a_second_reset_of_the_credentials_asks_for_nothing(world: World) -> None:
    drill = with_instance(world)
    world.faults.dies_after.add("manage_master_password")
    with pytest.raises(Died):
        world.call(reset_credentials.handler, drill=drill)
    assert world.call(reset_credentials.handler, drill=drill)["adopted"]
    assert world.faults.calls.count("manage_master_password") == 1


def test_credentials_are_not_reset_before_the_cluster_is_available(world: World) -> None:
    drill = restored(world)
    with pytest.raises(errors.ClusterNotReady, match="creating"):
        world.call(reset_credentials.handler, drill=drill)


WAITS = [
    (await_cluster.handler, errors.ClusterNotReady),
    (await_instance.handler, errors.InstanceNotReady),
    (await_credentials.handler, errors.CredentialsNotReady),
]


def slow(world: World) -> Drill:
    """A drill all of whose parts take for ever."""
    for part in ("restore_takes", "instance_takes", "secret_takes"):
        setattr(world.rds, part, timedelta(days=9))
    drill = restored(world)
    world.call(add_instance.handler, drill=drill)
    world.rds.manage_master_password(drill.target)
    return drill


@pytest.mark.parametrize(("handler", "not_yet"), WAITS)
def test_a_wait_goes_on_until_one_and_a_half_times_the_objective(
    world: World, handler: Handler, not_yet: type[Exception]
) -> None:
    drill = slow(world)
    world.clock.passes(minutes=180)
    with pytest.raises(not_yet):
        world.call(handler, drill=drill)
    world.clock.passes(seconds=1)
    with pytest.raises(errors.RestoreOverdue, match="waited for only until 2026-11-23T05:00:07Z"):
        world.call(handler, drill=drill)


@pytest.mark.parametrize("status", ["failed", "restore-error", "incompatible-parameters", "storage-full", "stopped"])
@pytest.mark.parametrize(("handler", "not_yet"), WAITS)
def test_a_status_that_does_not_heal_ends_the_wait_at_once(
    world: World, handler: Handler, not_yet: type[Exception], status: str
) -> None:
    drill = slow(world)
    world.rds.ends_in = status
    world.clock.passes(days=10)
    with pytest.raises(errors.RestoreFailed, match=status):
        world.call(handler, drill=drill)


@pytest.mark.parametrize("handler", [each for each, _ in WAITS] + [reset_credentials.handler])
def test_a_copy_that_somebody_deleted_is_not_waited_for(world: World, handler: Handler) -> None:
    drill = restored(world)
    world.rds.all_clusters.pop(drill.target)
    world.clock.passes(minutes=2)
    with pytest.raises(errors.RestoreFailed, match="does not exist"):
        world.call(handler, drill=drill)


@pytest.mark.parametrize(("handler", "not_yet"), WAITS[:2])
def test_what_was_only_just_created_may_not_show_yet(world: World, handler: Handler, not_yet: type[Exception]) -> None:
    drill = restored(world)
    world.rds.all_clusters.pop(drill.target)
    world.clock.passes(seconds=119)
    with pytest.raises(not_yet, match="does not show yet"):
        world.call(handler, drill=drill)


def test_a_secret_that_is_active_before_the_database_took_its_password_is_waited_for(world: World) -> None:
    drill = with_instance(world)
    world.clock.passes(minutes=7)
    world.call(reset_credentials.handler, drill=drill)
    world.clock.passes(minutes=2)
    world.rds.ends_in = "resetting-master-credentials"
    with pytest.raises(errors.CredentialsNotReady, match="resetting-master-credentials"):
        world.call(await_credentials.handler, drill=drill)
    world.rds.ends_in = "available"
    assert world.call(await_credentials.handler, drill=drill)["secret"]
