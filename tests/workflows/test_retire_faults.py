"""A fault at every state of a retirement: whoever serves still does, nothing goes before its last snapshot.

The states are those of the ASL file, so a new one is covered from its first day.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from .asl import tasks
from .faults import at, bug, death_after_effect, hanging, lost_answer, refusing
from .harness import FunctionDied, Invocation
from .retiring import RETIRE, After, after
from .scene import Meddling

TASKS = [task.name for task in tasks(RETIRE)]
ENDS = ["RecordRetirement", "AnnounceRetirement"]
BEFORE = [name for name in TASKS if name not in {*ENDS, "DeleteRetired"}]


def ended_well(found: After) -> None:
    assert found.sound()
    if not found.stands():
        assert found.finals("available")


@pytest.mark.parametrize("state", BEFORE)
@pytest.mark.parametrize("kind", [(bug, "UnforeseenError"), (death_after_effect, "Runtime.ExitError")])
def test_a_fault_before_the_deletion_keeps_the_cluster_and_the_next_retirement_ends(
    state: str, kind: tuple[Meddling, str]
) -> None:
    fault, error = kind
    with after() as found:
        at(found.stage.world, state, fault, machine=RETIRE)
        execution = found.retire()
        assert (execution.status, execution.error) == ("FAILED", error)
        assert found.stands()
        assert not [each for each in found.operations() if each.startswith(("Delete", "Modify"))]
        found.stage.world.on_invoke = lambda _, work: work()
        assert found.retire().status == "SUCCEEDED"
        ended_well(found)


@pytest.mark.parametrize("nth", range(4))
def test_a_death_after_any_step_of_the_deletion_is_finished_by_the_next_retirement(nth: int) -> None:
    """Protection off, the instances, the cluster, and the look that finds it gone."""
    with after() as found:
        looks = [0]

        def die(_: Invocation, work: Any) -> Any:
            looks[0] += 1
            if looks[0] <= nth:
                return work()
            try:
                work()
            finally:
                raise FunctionDied("Runtime.ExitError")

        at(found.stage.world, "DeleteRetired", die, machine=RETIRE)
        execution = found.retire()
        assert execution.error == "Runtime.ExitError"
        [record] = found.records()
        assert record["outcome"] == "unfinished"
        found.stage.world.on_invoke = lambda _, work: work()
        found.stage.world.time.sleep(30)
        if found.stands():
            assert found.retire().status == "SUCCEEDED"
        assert not found.stands()
        ended_well(found)


@pytest.mark.parametrize("state", TASKS)
def test_an_answer_that_was_lost_changes_nothing(state: str) -> None:
    """The step takes effect twice."""
    with after() as found:
        at(found.stage.world, state, lost_answer(), machine=RETIRE)
        assert found.retire().status == "SUCCEEDED"
        assert len(found.finals()) == 1
        assert len(found.records()) == 1
        ended_well(found)


@pytest.mark.parametrize("state", ["OpenRetirement", "TakeFinalSnapshot", "DeleteRetired", "RecordRetirement"])
def test_throttling_that_passes_is_waited_for(state: str) -> None:
    with after() as found:
        at(found.stage.world, state, refusing(found.stage.cloud, "Throttling", times=3), machine=RETIRE)
        assert found.retire().status == "SUCCEEDED"
        ended_well(found)


@pytest.mark.parametrize("state", ["ProveQuiet", "ProveUnused", "TakeFinalSnapshot", "DeleteRetired"])
def test_a_refused_permission_ends_it_with_its_name(state: str) -> None:
    with after() as found:
        at(found.stage.world, state, refusing(found.stage.cloud, "AccessDenied"), machine=RETIRE)
        execution = found.retire()
        assert execution.error in {"AccessRefused", "KubernetesUnavailable"}
        assert found.stands()
        ended_well(found)


@pytest.mark.parametrize("state", ENDS)
def test_a_retirement_that_cannot_be_recorded_or_told_has_still_been_one(state: str) -> None:
    with after() as found:
        at(found.stage.world, state, bug, machine=RETIRE)
        execution = found.retire()
        assert execution.error == ("UnforeseenError" if state == "RecordRetirement" else None)
        assert not found.stands()
        subjects = [each["Subject"] for each in found.stage.cloud.announced]
        assert (f"[prod] Retired: {found.cluster}" in subjects) == (state == "RecordRetirement")
        ended_well(found)


@pytest.mark.parametrize("state", ["OpenRetirement", "ProveUnused", "DeleteRetired"])
def test_a_time_out_is_a_fault_like_any_other(state: str) -> None:
    with after() as found:
        at(found.stage.world, state, hanging(found.stage.world), machine=RETIRE)
        assert found.retire().error == "States.Timeout"
        assert found.stands()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_goes_wrong_in_whatever_order_the_database_that_serves_is_not_touched(seed: int) -> None:
    """A few faults of any kind at any states, of three people one after the other."""
    chance = random.Random(seed)  # noqa: S311  the same mishaps every time
    with after() as found:
        before = found.stage.cloud.production()
        kinds = [bug, death_after_effect, lost_answer(2), refusing(found.stage.cloud, "Throttling", times=2)]
        for _ in range(3):
            faults = {state: chance.choice(kinds) for state in chance.sample(TASKS, chance.randint(1, 3))}
            found.stage.world.on_invoke = lambda call, work, faults=faults: (  # type: ignore[misc]
                faults.pop(call.state)(call, work) if call.state in faults else work()
            )
            found.retire()
            ended_well(found)
            assert found.stage.cloud.production() == before
            found.stage.world.time.sleep(60)
