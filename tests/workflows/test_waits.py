"""Waits that never end, and those that end badly: each has a ceiling, and the way out is the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lambdas.errors import DatabaseNotReachable

from .asl import tasks
from .cloud import QUICK
from .faults import at
from .harness import Invocation
from .interpreter import Execution
from .scene import DRILL, Scene, scene
from .test_faults import assert_swept, assert_told_and_clean, error_of

HOURS = 3600
RESTORE_CEILING = timedelta(hours=3)
"""One and a half times the settings' objective."""


@dataclass(frozen=True, kw_only=True)
class Endless:
    """A wait that does not end: how the world is made so, the error that ends it, and when at the latest."""

    make: Callable[[Scene], None]
    error: str
    within: timedelta


def _long(**phases: float) -> Callable[[Scene], None]:
    def make(stage: Scene) -> None:
        stage.cloud.rds.durations = replace(QUICK, **phases)

    return make


def _unreachable(state: str) -> Callable[[Scene], None]:
    def refuse() -> None:
        raise DatabaseNotReachable("no answer", resource="the copy", next_step="")

    def make(stage: Scene) -> None:
        def meddle(_: Invocation, work: Callable[[], Any]) -> Any:
            stage.verifier.connect = refuse
            return work()

        at(stage.world, state, meddle)

    return make


def _in_maintenance(stage: Scene) -> None:
    """The cluster leaves `available` for a day just before its credentials are reset."""

    def meddle(_: Invocation, work: Callable[[], Any]) -> Any:
        for name, cluster in stage.cloud.rds.clusters.items():
            if name.startswith("coder-dr-test-") and cluster.status(stage.world.time.now) == "available":
                cluster.becomes((stage.world.time.now, "maintenance"))
        return work()

    at(stage.world, "ResetCredentials", meddle)


def _namespace_stuck(stage: Scene) -> None:
    stage.cloud.kubernetes.terminating_seconds = None


ENDLESS = {
    ("AwaitCluster", "ClusterNotReady"): Endless(
        make=_long(restore=4 * HOURS), error="RestoreOverdue", within=RESTORE_CEILING
    ),
    ("AwaitInstance", "InstanceNotReady"): Endless(
        make=_long(instance=4 * HOURS), error="RestoreOverdue", within=RESTORE_CEILING
    ),
    ("AwaitCredentials", "CredentialsNotReady"): Endless(
        make=_long(credentials=4 * HOURS), error="RestoreOverdue", within=RESTORE_CEILING
    ),
    ("ResetCredentials", "ClusterNotReady"): Endless(
        make=_in_maintenance, error="RestoreOverdue", within=RESTORE_CEILING
    ),
    ("PlanVerification", "DatabaseNotReachable"): Endless(
        make=_unreachable("PlanVerification"), error="DatabaseNotReachable", within=timedelta(minutes=15)
    ),
    ("RunChecks", "DatabaseNotReachable"): Endless(
        make=_unreachable("RunChecks"), error="DatabaseNotReachable", within=timedelta(minutes=15)
    ),
    ("DeleteDatabase", "StillDeleting"): Endless(
        make=_long(cluster_deletion=6 * HOURS), error="TeardownOverdue", within=timedelta(hours=2, minutes=5)
    ),
    ("DeleteNamespace", "StillDeleting"): Endless(
        make=_namespace_stuck, error="TeardownOverdue", within=timedelta(hours=2, minutes=5)
    ),
}


def waited_in(stage: Scene, drill: Execution, state: str) -> timedelta:
    moments: list[datetime] = [
        each.started_at for each in stage.world.invocations if (each.state, each.execution) == (state, drill.arn)
    ]
    return moments[-1] - moments[0]


def assert_recorded_as_long(stage: Scene, state: str, waited: timedelta) -> None:
    """The record has the state that failed, with the time that was spent in it although it returned nothing."""
    [record] = stage.cloud.records()
    steps = [step for phase in record["phases"] for step in phase["steps"] if step["state"] == state]
    assert [(step["failed"], step["retries"]) for step in steps] == [(True, None)]
    assert waited <= timedelta(seconds=steps[0]["seconds"]) <= waited + timedelta(minutes=2)


def test_every_wait_of_the_machine_is_tried_without_an_end() -> None:
    waits = {(task.name, error.__name__) for task in tasks(DRILL) for error in task.step.waits_for}
    assert waits == set(ENDLESS)


@pytest.mark.parametrize(("state", "error"), [key for key in ENDLESS if not key[0].startswith("Delete")])
def test_a_wait_that_never_ends_is_given_up_at_its_ceiling(state: str, error: str) -> None:
    endless = ENDLESS[state, error]
    with scene() as stage:
        endless.make(stage)
        drill = stage.drill({})
        assert waited_in(stage, drill, state) <= endless.within + timedelta(minutes=2)
        assert_told_and_clean(stage, drill, state=state, error=endless.error)
        assert_recorded_as_long(stage, state, waited_in(stage, drill, state))


@pytest.mark.parametrize(("state", "error"), [key for key in ENDLESS if key[0].startswith("Delete")])
def test_a_deletion_that_never_ends_is_told_as_left_and_swept_once_it_can_be(state: str, error: str) -> None:
    endless = ENDLESS[state, error]
    with scene() as stage:
        endless.make(stage)
        drill = stage.drill({})
        assert (drill.status, drill.error) == ("FAILED", endless.error)
        assert waited_in(stage, drill, state) <= endless.within
        [record] = stage.cloud.records()
        assert error_of(record) == endless.error
        assert record["cleanup"]["proven"] is False
        assert stage.cloud.locks() == []
        stage.cloud.kubernetes.finish()
        sweep = stage.sweep_daily()
        assert (sweep.status, sweep.cause) == ("SUCCEEDED", None)
        assert stage.cloud.left() == {}
        assert stage.untouched()


def test_a_cluster_that_can_never_be_deleted_stays_told_as_left() -> None:
    with scene() as stage:
        stage.cloud.rds.restore_ends = None
        drill = stage.drill({})
        assert (drill.status, drill.error) == ("FAILED", "RestoreOverdue")
        [record] = stage.cloud.records()
        assert record["cleanup"]["proven"] is False
        for sweep in (stage.sweep_after(drill), stage.sweep_daily()):
            assert sweep is not None
            assert (sweep.status, sweep.error) == ("FAILED", "LeftoversFound")
        assert stage.untouched()


@pytest.mark.parametrize("status", ["failed", "inaccessible-encryption-credentials", "cloning-failed"])
def test_a_restore_that_ends_badly_is_not_waited_for(status: str) -> None:
    with scene() as stage:
        stage.cloud.rds.restore_ends = status
        drill = stage.drill({})
        assert_told_and_clean(stage, drill, state="AwaitCluster", error="RestoreFailed")
        assert status in stage.cloud.records()[0]["outcome"]["error"]["sentence"]


@pytest.mark.parametrize("status", ["failed", "incompatible-network", "insufficient-capacity", "storage-full"])
def test_a_writer_that_ends_badly_is_not_waited_for(status: str) -> None:
    with scene() as stage:
        stage.cloud.rds.instance_ends = status
        assert_told_and_clean(stage, stage.drill({}), state="AwaitInstance", error="RestoreFailed")


def test_a_secret_that_ends_badly_is_not_waited_for() -> None:
    with scene() as stage:
        stage.cloud.rds.secret_ends = "impaired"
        assert_told_and_clean(stage, stage.drill({}), state="AwaitCredentials", error="RestoreFailed")


def test_a_copy_that_somebody_deletes_meanwhile_ends_the_drill() -> None:
    with scene() as stage:

        def meddle(_: Invocation, work: Callable[[], Any]) -> Any:
            for kind in (stage.cloud.rds.clusters, stage.cloud.rds.instances):
                for name in [name for name in kind if name.startswith("coder-dr-test-")]:
                    kind[name].becomes(
                        (stage.world.time.now, "deleting"), (stage.world.time.now + timedelta(seconds=60), None)
                    )
            return work()

        at(stage.world, "AwaitInstance", meddle)
        drill = stage.drill({})
        assert (drill.status, drill.error) == ("FAILED", "RestoreFailed")


def test_the_first_error_stays_the_first_when_the_way_out_fails_too() -> None:
    with scene() as stage:
        stage.cloud.rds.restore_ends = "failed"
        stage.cloud.kubernetes.terminating_seconds = None
        drill = stage.drill({})
        assert (drill.status, drill.error) == ("FAILED", "RestoreFailed")
        further = stage.cloud.records()[0]["outcome"]["further"]
        assert [each["name"] for each in further] == ["TeardownOverdue", "LeftoversFound"]
        stage.cloud.kubernetes.finish()
        assert_swept(stage, drill)
