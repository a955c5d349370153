"""What the catalogue says a step raises is what it raises: every declared error has a way to it, and no other has.

The state machine matches names, so an undeclared error would land in its last catch-all, and one that is declared
in vain would leave a dead edge.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from lambdas import errors, steps
from lambdas.contracts import Drill
from lambdas.errors import Day2Error
from lambdas.recovery.handlers import add_instance, choose_recovery_point, create_namespace, restore_cluster

from .conftest import Handler, World, production

RECOVERY = {each.name: each for each in steps.STEPS if each.room == "recovery"}
Scene = Callable[[World, Drill], Mapping[str, Any] | None]

AWS = (errors.ServiceBusy, errors.AccessRefused, errors.RequestRefused)


def door(call: str, error: type[Day2Error]) -> Scene:
    """The door's `call` raises `error`."""

    def scene(world: World, _drill: Drill) -> None:
        world.faults.refuses[call] = error("no", resource="*", next_step="")

    return scene


def doors(call: str, *raised: type[Day2Error]) -> dict[type[Day2Error], Scene]:
    return {error: door(call, error) for error in raised}


def request(asked: Mapping[str, Any]) -> Scene:
    return lambda _world, _drill: {"request": asked}


def another_holds_the_source(world: World, drill: Drill) -> None:
    world.ledger.locks[drill.source] = ("arn:aws:another", drill.opened_at.replace(year=2030))


def prefix_of_production(world: World, _drill: Drill) -> None:
    world.settings = replace(world.settings, prefix="coder-prod")


def no_backup(world: World, _drill: Drill) -> None:
    world.rds.all_snapshots.clear()


def restore_refused(world: World, drill: Drill) -> None:
    world.rds.all_clusters.pop(drill.target)
    world.faults.refuses["restore"] = errors.NoUsableRecoveryPoint("gone", resource="x", next_step="")


def not_ours(world: World, drill: Drill) -> None:
    world.rds.all_clusters[drill.target] = production(name=drill.target)
    world.kubernetes.all_namespaces[drill.target] = replace(world.kubernetes.all_namespaces[drill.target], labels={})


def failed(world: World, _drill: Drill) -> None:
    world.clock.passes(minutes=30)
    world.rds.ends_in = "failed"


def late(world: World, drill: Drill) -> None:
    world.clock.passes(days=1)
    world.rds.all_clusters[drill.target] = replace(world.rds.all_clusters[drill.target], status="creating")
    world.rds._done_at.clear()


def still(_world: World, _drill: Drill) -> None:
    """As it is: everything was only just begun."""


def open_to_others(world: World, drill: Drill) -> None:
    world.rds.all_clusters[drill.target] = replace(world.rds.all_clusters[drill.target], data_api=True)


SCENES: Mapping[str, Mapping[type[Day2Error], Scene]] = {
    "OpenDrill": {
        errors.InputRejected: request({"colour": "red"}),
        errors.DrillInProgress: another_holds_the_source,
        errors.ProductionTargetRefused: prefix_of_production,
        **doors("lock", *AWS),
    },
    "ChooseRecoveryPoint": {errors.NoUsableRecoveryPoint: no_backup, **doors("snapshots", *AWS)},
    "RestoreCluster": {
        errors.ProductionTargetRefused: not_ours,
        errors.NoUsableRecoveryPoint: restore_refused,
        **doors("cluster", *AWS),
    },
    "AwaitCluster": {
        errors.ClusterNotReady: still,
        errors.RestoreFailed: failed,
        errors.RestoreOverdue: late,
        **doors("cluster", *AWS),
    },
    "AddInstance": {
        errors.ProductionTargetRefused: not_ours,
        errors.IsolationNotProven: open_to_others,
        **doors("instance", *AWS),
    },
    "AwaitInstance": {
        errors.InstanceNotReady: still,
        errors.RestoreFailed: failed,
        errors.RestoreOverdue: late,
        **doors("instance", *AWS),
    },
    "ResetCredentials": {
        errors.ProductionTargetRefused: not_ours,
        errors.ClusterNotReady: still,
        errors.RestoreFailed: failed,
        errors.RestoreOverdue: late,
        **doors("cluster", *AWS),
    },
    "AwaitCredentials": {
        errors.CredentialsNotReady: still,
        errors.RestoreFailed: failed,
        errors.RestoreOverdue: late,
        **doors("cluster", *AWS),
    },
    "CreateNamespace": {
        errors.ProductionTargetRefused: not_ours,
        **doors("create_namespace", errors.ServiceBusy, errors.KubernetesUnavailable),
    },
    "ProveIsolation": {errors.IsolationNotProven: open_to_others, **doors("security_groups", errors.ServiceBusy)},
    "DeleteDatabase": {
        errors.StillDeleting: still,
        errors.ProductionTargetRefused: not_ours,
        errors.TeardownOverdue: late,
        **doors("cluster", *AWS),
    },
    "DeleteNamespace": {
        errors.StillDeleting: still,
        errors.ProductionTargetRefused: not_ours,
        errors.TeardownOverdue: late,
        **doors("namespace", errors.ServiceBusy, errors.KubernetesUnavailable),
    },
    "ProveNothingLeft": {errors.LeftoversFound: still, **doors("clusters", errors.ServiceBusy)},
    "FindOrphans": {errors.InputRejected: request({"execution": 7}), **doors("clusters", *AWS)},
    "FindOrphanNamespaces": doors("namespaces", errors.ServiceBusy, errors.KubernetesUnavailable),
}


@pytest.mark.parametrize("name", RECOVERY)
def test_the_catalogue_declares_what_there_is_a_scene_for(name: str) -> None:
    assert set(RECOVERY[name].raises) == set(SCENES[name])


@pytest.mark.parametrize(
    ("name", "error"),
    [(name, error) for name in SCENES for error in SCENES[name]],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_each_declared_error_is_raised_by_its_step(world: World, name: str, error: type[Day2Error]) -> None:
    drill = world.open()
    choice = world.call(choose_recovery_point.handler, drill=drill)
    event = {
        "drill": drill,
        "drill_state": {},
        "request": {},
        "recovery_point": choice["recovery_point"],
        "blueprint": choice["blueprint"],
        "found": {"drills": [], "left_alone": [], "running": []},
    }
    world.call(restore_cluster.handler, **event)
    world.call(create_namespace.handler, **event)
    if name != "AddInstance":
        world.call(add_instance.handler, **event)
    event |= SCENES[name][error](world, drill) or {}
    handler: Handler = import_module(RECOVERY[name].handler.removesuffix(".handler")).handler
    with pytest.raises(error) as raised:
        world.call(handler, **event)
    assert type(raised.value) is error
