"""Faults of a Map or a Parallel itself, not only of the Tasks within: each is shown that a fault can bring about.

What escapes from a branch or an item, where the Catch inside is missing; a list that is not there; results that are
too large together, or one that is too large by itself. After the last two AWS ends the execution whatever its Catch
says (AWS, "Handling errors in Step Functions workflows": `States.Runtime`, `States.DataLimitExceeded`): what is left
then is the sweep's.

Not shown, because no state here can come to it: ItemReader, ResultWriter and tolerated failures (distributed Maps
only), a time-out (neither has one), a Parallel's ResultSelector (it names both branches, and both always answer). Not
shown, because moto does not count them: the 25,000 events of a history; `test_asl` does, from the files.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from .asl import load, tasks
from .dead import leave_dead_drills
from .faults import UnforeseenError, Work, at, bug, refusing
from .harness import Invocation, definition
from .interpreter import PAYLOAD_LIMIT_BYTES, TOO_LARGE, Execution, substituted
from .scene import DRILL, Scene, scene
from .test_faults import assert_clean, assert_swept, assert_told_and_clean, error_of
from .test_sweep_faults import OF_ONE_DRILL, assert_the_next_sweep_ends_it, told

IN_A_BRANCH = [task.name for task in tasks(DRILL) if task.enclosing and task.enclosing.name == "PrepareCopy"]
IN_AN_ITEM = [task.name for task in tasks(DRILL) if task.enclosing and task.enclosing.name == "VerifyDatabase"]


@pytest.fixture
def stage() -> Iterator[Scene]:
    with scene() as playing:
        yield playing


def forgetting_the_catch_of(state: str, machine: str) -> dict[str, str]:
    """The definitions, but that in `machine` nothing catches what fails in `state`."""
    changed = load(machine)
    [body] = [scope["States"][state] for scope in _scopes(changed) if state in scope["States"]]
    body.pop("Catch", None)
    other = {each: definition(each) for each in (DRILL, "sweep")}
    return {**other, machine: substituted(json.dumps(changed))}


def answering(*states: str, more: int) -> Callable[[Invocation, Work], Any]:
    """These states' functions answer with that many bytes more than they need."""

    def meddle(invocation: Invocation, work: Work) -> Any:
        answer = work()
        return {**answer, "ballast": "x" * more} if invocation.state in states else answer

    return meddle


def without(name: str) -> Callable[[Invocation, Work], Any]:
    """The answer lacks a field that the machine needs."""
    return lambda _, work: {key: value for key, value in work().items() if key != name}


def assert_died_and_swept(stage: Scene, drill: Execution, *, error: str) -> None:
    """The execution ended past its own Catch: nobody tore down, recorded or told, until the rule's sweep."""
    assert (drill.status, drill.error) == ("FAILED", error)
    assert (stage.cloud.records(), stage.cloud.announced) == ([], [])
    assert stage.cloud.left()
    assert_swept(stage, drill)
    assert [error_of(record) for record in stage.cloud.records()] == ["ExecutionDied"]
    assert [each["Subject"] for each in stage.cloud.announced] == ["[prod] Restore drill FAILED: coder-prod-aurora"]
    assert stage.cloud.measured("DrillFailed") == [1]


@pytest.mark.parametrize("state", [*IN_A_BRANCH, *IN_AN_ITEM])
def test_what_escapes_from_a_branch_or_an_item_ends_in_the_drills_own_teardown_and_evidence(
    stage: Scene, state: str
) -> None:
    stage.world.definitions = forgetting_the_catch_of(state, DRILL)
    at(stage.world, state, bug)
    drill = stage.drill({})
    assert_told_and_clean(stage, drill, state=state, error=UnforeseenError.__name__)


@pytest.mark.parametrize("state", OF_ONE_DRILL)
def test_what_escapes_from_one_dead_drills_item_is_the_sweeps_error_and_counted(stage: Scene, state: str) -> None:
    """The Map then ends the other items too; a later sweep takes them up."""
    dead = leave_dead_drills(stage)
    stage.world.definitions = forgetting_the_catch_of(state, "sweep")
    at(stage.world, state, bug, machine="sweep", drill=dead.latest.id)
    sweep = stage.sweep_daily()
    assert (sweep.status, sweep.error) == ("FAILED", UnforeseenError.__name__)
    assert stage.untouched()
    assert told(stage, dead).counted == [1], "what could not be looked through counts as left"
    assert_the_next_sweep_ends_it(stage, dead)


def test_the_first_error_of_a_sweep_stays_the_first_when_its_map_fails_too(stage: Scene) -> None:
    dead = leave_dead_drills(stage)
    stage.world.definitions = forgetting_the_catch_of("Announce", "sweep")
    denied = refusing(stage.cloud, "AccessDenied")

    def meddle(invocation: Invocation, work: Work) -> Any:
        if invocation.state == "FindOrphanNamespaces":
            return denied(invocation, work)
        return bug(invocation, work) if invocation.state == "Announce" else work()

    stage.world.on_invoke = meddle
    sweep = stage.sweep_daily()
    assert (sweep.status, sweep.error) == ("FAILED", "KubernetesUnavailable")
    assert told(stage, dead).counted == [2]
    assert_the_next_sweep_ends_it(stage, dead)


@pytest.mark.parametrize(
    ("states", "more"),
    [
        (["RestoreCluster", "CreateNamespace"], PAYLOAD_LIMIT_BYTES * 6 // 10),
        (["RunChecks"], PAYLOAD_LIMIT_BYTES * 4 // 10),
        (["CreateNamespace"], PAYLOAD_LIMIT_BYTES),
        (["RunChecks"], PAYLOAD_LIMIT_BYTES),
    ],
    ids=["two branches together", "three items together", "one answer in a branch", "one answer in an item"],
)
def test_a_drill_whose_results_are_too_large_is_swept_and_recorded(stage: Scene, states: list[str], more: int) -> None:
    stage.world.on_invoke = answering(*states, more=more)
    drill = stage.drill({})
    stage.world.on_invoke = lambda _, work: work()
    assert_died_and_swept(stage, drill, error=TOO_LARGE)


def test_a_sweep_whose_results_are_too_large_together_has_swept_but_not_counted(stage: Scene) -> None:
    dead = leave_dead_drills(stage)
    stage.world.on_invoke = answering("DeleteNamespace", more=PAYLOAD_LIMIT_BYTES * 4 // 10)
    sweep = stage.sweep_daily()
    assert (sweep.status, sweep.error) == ("FAILED", TOO_LARGE)
    assert_clean(stage)
    found = told(stage, dead)
    assert found.recorded.keys() == {dead.unseen.id, dead.earlier.id, dead.latest.id}
    assert found.counted == []
    assert_the_next_sweep_ends_it(stage, dead)


def test_a_sweep_in_which_one_result_is_too_large_is_ended_by_the_next_one(stage: Scene) -> None:
    dead = leave_dead_drills(stage)
    at(stage.world, "DeleteNamespace", answering("DeleteNamespace", more=PAYLOAD_LIMIT_BYTES), machine="sweep")
    sweep = stage.sweep_daily()
    assert (sweep.status, sweep.error) == ("FAILED", TOO_LARGE)
    assert stage.untouched()
    assert_the_next_sweep_ends_it(stage, dead)


def test_a_drill_without_the_list_that_its_map_goes_through_is_swept_and_recorded(stage: Scene) -> None:
    at(stage.world, "PlanVerification", without("groups"))
    assert_died_and_swept(stage, stage.drill({}), error="States.Runtime")


def test_a_sweep_without_the_list_that_its_map_goes_through_is_repeated_by_the_next_one(stage: Scene) -> None:
    dead = leave_dead_drills(stage)
    left = set(stage.cloud.left())
    at(stage.world, "FindOrphanNamespaces", without("drills"), machine="sweep")
    sweep = stage.sweep_daily()
    assert (sweep.status, sweep.error) == ("FAILED", "States.Runtime")
    assert set(stage.cloud.left()) == left
    assert_the_next_sweep_ends_it(stage, dead)


def test_a_map_that_has_nothing_to_go_through_proves_nothing(stage: Scene) -> None:
    at(stage.world, "PlanVerification", lambda _, work: {**work(), "groups": []})
    drill = stage.drill({})
    assert_told_and_clean(stage, drill, state="Judge", error="ChecksFailed")
    assert stage.cloud.records()[0]["verdict"]["integrity"]["verdict"] != "pass"


def _scopes(scope: Mapping[str, Any]) -> Iterator[Any]:
    yield scope
    for body in scope["States"].values():
        for inner in (*body.get("Branches", ()), *filter(None, (body.get("ItemProcessor"),))):
            yield from _scopes(inner)
