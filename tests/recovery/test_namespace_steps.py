"""The run's namespace: created once under a deny-all policy, adopted when ours, deleted until gone, or skipped."""

from dataclasses import replace

import pytest

from lambdas import errors
from lambdas.recovery.handlers import create_namespace, delete_namespace

from .conftest import SETTINGS, World
from .fakes import Died


def test_a_namespace_is_made_with_the_run_s_labels_and_closed(world: World) -> None:
    drill = world.open()
    told = world.call(create_namespace.handler, drill=drill)
    assert (told["skipped"], told["namespace"], told["network_policy"]) == (False, drill.target, "deny-all")
    made = world.kubernetes.all_namespaces[drill.target]
    assert made.labels == {"coder-day2/drill": drill.id, "coder-day2/environment": "prod"}
    assert made.annotations == {"coder-day2/execution": drill.execution}
    assert world.kubernetes.policies == {drill.target}


@pytest.mark.parametrize("call", ["create_namespace", "deny_all_traffic"])
def test_a_death_in_between_is_made_good_by_the_next_try(world: World, call: str) -> None:
    drill = world.open()
    world.faults.dies_after.add(call)
    with pytest.raises(Died):
        world.call(create_namespace.handler, drill=drill)
    told = world.call(create_namespace.handler, drill=drill)
    assert told["adopted"]
    assert world.kubernetes.policies == {drill.target}


def test_a_namespace_of_that_name_without_our_labels_is_neither_adopted_nor_deleted(world: World) -> None:
    drill = world.open()
    world.call(create_namespace.handler, drill=drill)
    made = world.kubernetes.all_namespaces[drill.target]
    world.kubernetes.all_namespaces[drill.target] = replace(made, labels={"coder-day2/drill": "another"})
    for handler in (create_namespace.handler, delete_namespace.handler):
        with pytest.raises(errors.ProductionTargetRefused):
            world.call(handler, drill=drill)
    assert "delete_namespace" not in world.faults.calls


def test_a_namespace_that_is_on_its_way_out_is_not_adopted(world: World) -> None:
    drill = world.open()
    world.call(create_namespace.handler, drill=drill)
    with pytest.raises(errors.StillDeleting):
        world.call(delete_namespace.handler, drill=drill)
    with pytest.raises(errors.ServiceBusy, match="on its way out"):
        world.call(create_namespace.handler, drill=drill)


def test_it_is_deleted_once_and_looked_for_until_it_is_gone(world: World) -> None:
    drill = world.open()
    world.call(create_namespace.handler, drill=drill)
    world.faults.dies_after.add("delete_namespace")
    with pytest.raises(Died):
        world.call(delete_namespace.handler, drill=drill)
    with pytest.raises(errors.StillDeleting):
        world.call(delete_namespace.handler, drill=drill)
    world.clock.passes(seconds=20)
    assert world.call(delete_namespace.handler, drill=drill)["gone"]
    assert world.call(delete_namespace.handler, drill=drill)["gone"]
    assert world.faults.calls.count("delete_namespace") == 1


def test_a_namespace_that_never_goes_is_given_up_after_two_hours(world: World) -> None:
    drill = world.open()
    world.call(create_namespace.handler, drill=drill)
    world.clock.passes(hours=2, seconds=1)
    with pytest.raises(errors.TeardownOverdue, match="finalizer"):
        world.call(delete_namespace.handler, drill=drill)


def test_without_kubernetes_both_steps_say_that_they_were_skipped(world: World) -> None:
    world.settings = replace(SETTINGS, kubernetes=None)
    drill = world.open()
    for handler in (create_namespace.handler, delete_namespace.handler):
        told = world.call(handler, drill=drill)
        assert told["skipped"]
        assert told["reason"] == "the settings name no Kubernetes cluster"
    assert told["gone"]
