"""A restore after another one: what the first has changed is not taken for how things are to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from .cloud_rds import SOURCE
from .faults import at
from .harness import Invocation
from .interpreter import Execution
from .restoring import AUTOMATIC, OLD, RESTORE, RESTORED_SETTINGS, Stage, stage

SWAP = {**AUTOMATIC, "strategy": "swap-identifiers"}
KNOWN_GROUPS = replace(RESTORED_SETTINGS, restore=replace(RESTORED_SETTINGS.restore, security_groups=("sg-prod",)))  # type: ignore[type-var]


def stopped(here: Stage, state: str, request: dict[str, Any] | Any = AUTOMATIC) -> Execution:
    """A restore that somebody stopped right before this state's work."""

    def stop(call: Invocation, work: Callable[[], Any]) -> Any:
        here.world.executions[call.execution].abort()
        return work()

    at(here.world, state, stop, machine=RESTORE)
    execution = here.restore(request, name=f"stopped-at-{state}")
    assert execution.status == "ABORTED"
    here.world.on_invoke = lambda _, work: work()
    return execution


def groups(here: Stage, cluster: str) -> list[str]:
    """Of the cluster of this resource id."""
    [told] = [each.told for each in here.cloud.rds.clusters.values() if each.told["DbClusterResourceId"] == cluster]
    return [each["VpcSecurityGroupId"] for each in told["VpcSecurityGroups"]]


@pytest.mark.parametrize("request_", [AUTOMATIC, SWAP], ids=["repoint", "swap-identifiers"])
def test_the_fence_of_a_stopped_restore_is_not_taken_for_the_sources_groups(request_: dict[str, Any]) -> None:
    with stage(settings=KNOWN_GROUPS) as here:
        stopped(here, "SilenceDatabase", request_)
        assert groups(here, OLD) == ["sg-drill"]
        execution = here.restore(request_)
        assert execution.output["outcome"] == "kept"
        assert here.platform.serving() == {here.restored(execution)}
        assert groups(here, here.restored(execution)) == ["sg-prod"]


def test_a_rollback_gives_a_source_that_was_found_fenced_the_groups_that_it_is_to_have() -> None:
    with stage(settings=KNOWN_GROUPS) as here:
        stopped(here, "SilenceDatabase")
        here.when("Soak", lambda execution: here.platform.unhealthy.add(here.restored(execution)))
        assert here.restore().error == "PlatformNotHealthy"
        assert here.platform.serving() == {OLD}
        assert groups(here, OLD) == ["sg-prod"]
        assert not here.platform.of(OLD).read_only


def test_where_nobody_knows_a_fenced_sources_groups_the_restore_is_refused_before_anything_is_changed() -> None:
    with stage() as here:
        stopped(here, "SilenceDatabase")
        before = len(here.cloud.rds.clusters)
        execution = here.restore()
        assert execution.error == "PlanRefused"
        assert "restore.security_groups" in (execution.cause or "")
        assert len(here.cloud.rds.clusters) == before


def test_the_verifiers_group_is_not_left_on_what_serves_because_the_source_still_had_it() -> None:
    with stage() as here:
        stopped(here, "Soak", SWAP)
        execution = here.restore(SWAP)
        assert groups(here, here.restored(execution)) == ["sg-prod"]


@pytest.mark.parametrize("state", ["LocateDatabases", "AwaitRollout", "Soak"])
def test_a_platform_that_a_stopped_restore_has_led_elsewhere_is_not_restored_around_it(state: str) -> None:
    with stage(settings=KNOWN_GROUPS) as here:
        first = stopped(here, state)
        url = here.platform.url()
        execution = here.restore()
        assert execution.error == "PlanRefused"
        assert "redrive" in (execution.cause or "")
        assert here.platform.url() == url
        assert here.platform.serving() <= {here.restored(first)}


def test_after_a_kept_repoint_the_settings_name_the_new_source_before_the_next_restore() -> None:
    """Else it would fence the old cluster, and nobody the one that serves."""
    with stage(settings=KNOWN_GROUPS) as here:
        first = here.restore()
        assert first.output["outcome"] == "kept"
        execution = here.restore({**AUTOMATIC, "recovery_point": "latest-restorable-time"}, name="again")
        assert execution.error == "PlanRefused"
        assert "source.cluster" in (execution.cause or "")
        assert here.platform.serving() == {here.restored(first)}
        assert here.cloud.rds.clusters[SOURCE].told["DeletionProtection"]


def test_a_recovery_point_from_behind_a_fence_does_not_come_back_read_only() -> None:
    with stage() as here:
        here.when("TryLogin", lambda execution: setattr(here.platform.of(here.restored(execution)), "read_only", True))
        execution = here.restore()
        assert execution.output["outcome"] == "kept"
        assert not here.platform.of(here.restored(execution)).read_only


def test_the_record_of_a_refused_restore_says_where_the_platform_really_is() -> None:
    with stage(settings=KNOWN_GROUPS) as here:
        first = here.restore()
        here.restore(name="again")
        told = [record["serving"] for record in here.cloud.records()]
        [target] = [name for name in here.cloud.rds.clusters if name.startswith(f"{SOURCE}-restored-")]
        assert here.platform.serving() == {here.restored(first)}
        assert f"its secrets name {target}" in told[-1]["sentence"]


def half_swapped(here: Stage) -> Execution:
    """A restore that somebody stopped when nothing bore the source's name any more."""

    def stop(call: Invocation, work: Callable[[], Any]) -> Any:
        if SOURCE not in here.cloud.rds.clusters:
            here.world.executions[call.execution].abort()
        return work()

    at(here.world, "SwapIdentifiers", stop, machine=RESTORE)
    execution = here.restore(SWAP, name="half-swapped")
    here.world.on_invoke = lambda _, work: work()
    assert (execution.status, SOURCE in here.cloud.rds.clusters) == ("ABORTED", False)
    return execution


def test_a_source_whose_name_was_being_swapped_is_not_taken_for_gone() -> None:
    with stage(settings=KNOWN_GROUPS) as here:
        first = half_swapped(here)
        clusters = set(here.cloud.rds.clusters)
        execution = here.restore()
        assert execution.error == "PlanRefused"
        assert "was stopped while it swapped names: redrive" in (execution.cause or "")
        assert set(here.cloud.rds.clusters) == clusters
        assert here.world.wait(here.world.redrive(first)).output["outcome"] == "kept"
        assert here.platform.serving() == {here.restored(first)}
