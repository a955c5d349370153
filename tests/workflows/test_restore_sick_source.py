"""A restore of a source that exists and is sick: the day for which restores are there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from .cloud_rds import SOURCE
from .restoring import AUTOMATIC, OLD, stage

SWAP = {**AUTOMATIC, "strategy": "swap-identifiers"}


@pytest.mark.parametrize("status", ["stopped", "inaccessible-encryption-credentials"])
def test_a_cluster_that_rds_lets_nobody_change_is_left_as_it_is(status: str) -> None:
    with stage() as here:
        here.cloud.rds.clusters[SOURCE].becomes((here.world.time.now, status))
        execution = here.restore()
        assert execution.output["outcome"] == "kept"
        assert here.platform.serving() == {here.restored(execution)}
        assert here.sound()


def test_names_of_a_cluster_that_cannot_be_renamed_are_not_begun_to_be_swapped() -> None:
    with stage() as here:
        here.cloud.rds.clusters[SOURCE].becomes((here.world.time.now, "stopped"))
        execution = here.restore(SWAP)
        assert execution.error == "PlanRefused"
        assert "repoint" in (execution.cause or "")
        assert here.cloud.rds.clusters.keys() == {SOURCE}


def test_there_is_no_way_back_to_it_and_it_is_said_at_once() -> None:
    with stage() as here:
        here.cloud.rds.clusters[SOURCE].becomes((here.world.time.now, "stopped"))
        here.when("Soak", lambda execution: here.platform.unhealthy.add(here.restored(execution)))
        execution = here.restore()
        assert execution.error == "PlatformNotHealthy"
        assert here.world.visits(execution)["UnfenceDatabase"] == 1
        assert (here.platform.serving(), here.platform.coder_replicas()) == (set(), 0)


def test_a_database_that_does_not_answer_behind_its_fence_is_left_all_the_same() -> None:
    with stage() as here:
        here.platform.of(OLD).broken = True
        execution = here.restore()
        assert execution.output["outcome"] == "kept"
        assert here.platform.serving() == {here.restored(execution)}
        assert here.sound()


@pytest.mark.parametrize("request_", [AUTOMATIC, SWAP], ids=["repoint", "swap-identifiers"])
def test_a_cluster_that_is_only_being_backed_up_is_silenced_and_can_be_gone_back_to(request_: dict[str, Any]) -> None:
    with stage() as here:
        here.when(
            "RememberDatabase",
            lambda _: here.cloud.rds.clusters[SOURCE].becomes(
                (here.world.time.now, "backing-up"),
                (here.world.time.now + timedelta(seconds=3), "available"),
            ),
        )
        sickens = here.world.on_invoke

        def both(call: Any, work: Any) -> Any:
            if call.state == "Soak":
                here.platform.unhealthy.add(here.restored(here.world.executions[call.execution]))
            return sickens(call, work)

        here.world.on_invoke = both
        execution = here.restore(request_)
        assert execution.error == "PlatformNotHealthy"
        assert here.as_before()


@pytest.mark.parametrize("request_", [AUTOMATIC, SWAP], ids=["repoint", "swap-identifiers"])
def test_a_rollback_closes_the_restored_cluster_before_it_opens_the_old_one(request_: dict[str, Any]) -> None:
    """A name that the DNS still answers as of before would lead coderd there."""
    with stage() as here:
        here.when("Soak", lambda execution: here.platform.unhealthy.add(here.restored(execution)))
        execution = here.restore(request_)
        [told] = [
            each.told
            for each in here.cloud.rds.clusters.values()
            if each.told["DbClusterResourceId"] == here.restored(execution)
        ]
        assert [each["VpcSecurityGroupId"] for each in told["VpcSecurityGroups"]] == ["sg-drill"]
        assert here.as_before()
