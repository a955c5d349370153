"""A fault at every state of the sweep, of each kind: the others are swept, production is untouched, it is all told.

The states are those of the ASL file, so a new one is covered from its first day. Every fault meets the daily sweep of
three dead drills; within the Map it meets one of them, the one that has everything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from .asl import tasks
from .dead import DeadDrill, DeadDrills, kinds_of, leave_dead_drills, leave_the_latest
from .faults import ENDING, PASSING, Family, at, everywhere
from .scene import Scene, scene
from .test_faults import assert_clean, errors_of

TASKS = {task.name: task for task in tasks("sweep")}
OF_ONE_DRILL = [name for name, task in TASKS.items() if task.enclosing]
OF_THE_SWEEP = [name for name, task in TASKS.items() if not task.enclosing]
DATABASE = frozenset({"cluster", "instance", "automated backup", "secret"})
FAILED = "[prod] Restore drill FAILED: coder-prod-aurora"
NO_EVIDENCE = "[prod] Restore drill FAILED, no evidence: coder-prod-aurora"
every_ending = pytest.mark.parametrize("family", ENDING.values(), ids=ENDING)


@pytest.fixture
def stage() -> Iterator[Scene]:
    with scene() as playing:
        yield playing


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What a fault makes of the drill that it met.

    left      the kinds of things of it that stay until the next sweep
    recorded  the errors in its record, the first one first; None: it has no record yet
    announced the subject of its message
    counted   the leftovers that the sweep tells the alarm of
    problem   how the sweep's own failure begins to speak of it; None: the sweep succeeds
    """

    left: frozenset[str] = frozenset()
    recorded: tuple[str, ...] | None = ("ExecutionDied",)
    announced: str | None = FAILED
    counted: int = 0
    problem: str | None


def aftermath(state: str, *, of: DeadDrill, error: str, took_effect: bool) -> Aftermath:
    target = f"coder-dr-test-{of.id}"
    match state:
        case "DeleteDatabase" if took_effect:
            return Aftermath(recorded=("ExecutionDied", error), problem=None)
        case "DeleteDatabase" | "DeleteNamespace":
            stays = DATABASE if state == "DeleteDatabase" else frozenset({"namespace"})
            return Aftermath(
                left=frozenset() if took_effect else stays,
                recorded=("ExecutionDied", error, "LeftoversFound"),
                counted=1,
                problem=f"{target}: ",
            )
        case "ProveNothingLeft":
            return Aftermath(recorded=("ExecutionDied", error), counted=1, problem=f"{target}: ")
        case "RecordEvidence" if took_effect:
            return Aftermath(announced=NO_EVIDENCE, problem=f"{of.id} may not have been recorded: ")
        case "RecordEvidence":
            return Aftermath(
                left=frozenset({"lock"}),
                recorded=None,
                announced=NO_EVIDENCE,
                problem=f"{of.id} may not have been recorded: ",
            )
        case "Announce":
            announced = FAILED if took_effect else None
            return Aftermath(announced=announced, problem=f"{of.id} may not have been announced: ")
        case _:
            pytest.fail(f"{state} is new: say what a fault in it leaves")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What there is to read once a sweep has ended.

    recorded  each drill's id, and the errors in its record, the first one first
    beside    the drills that a sweep recorded beside their own record, and whether it proved that nothing is left
    announced each drill's id, and the subjects of its messages
    counted   the leftovers that sweeps counted, each beside the days since the last passed drill
    """

    recorded: dict[str, tuple[str, ...]]
    beside: dict[str, bool]
    announced: dict[str, list[str]]
    counted: list[float]


def told(stage: Scene, dead: DeadDrills) -> Told:
    sent = [each.values for series in stage.cloud.metrics for each in series]
    return Told(
        recorded={record["drill"]["id"]: errors_of(record) for record in stage.cloud.records()},
        beside={record["drill"]["id"]: record["cleanup"]["proven"] for record in stage.cloud.sweep_records()},
        announced={each.id: stage.cloud.announced_of(each.id) for each in (dead.unseen, dead.earlier, dead.latest)},
        counted=[values["Leftovers"][1] for values in sent if "DaysSinceLastPassedDrill" in values],
    )


def assert_recorded_and_announced(of: Told, drill: DeadDrill, *, swept: bool = True) -> None:
    """A drill that died, as its sweep tells of it; or that nothing tells of it yet."""
    assert of.recorded.get(drill.id) == (("ExecutionDied",) if swept else None)
    assert of.announced[drill.id] == ([FAILED] if swept else [])


def assert_swept_beside_its_record(of: Told, drill: DeadDrill, *, swept: bool = True) -> None:
    """A drill that has its record already: what the sweep did for it is recorded and announced by itself."""
    assert of.beside == ({drill.id: True} if swept else {})
    assert of.announced[drill.id][1:] == ([f"[prod] Swept up after restore drill {drill.id}"] if swept else [])


def assert_the_next_sweep_ends_it(stage: Scene, dead: DeadDrills) -> None:
    stage.world.on_invoke = lambda _, work: work()
    sweep = stage.sweep_daily()
    assert (sweep.status, sweep.cause) == ("SUCCEEDED", None)
    assert_clean(stage)
    after = told(stage, dead)
    assert after.recorded.keys() == {dead.unseen.id, dead.earlier.id, dead.latest.id}
    assert after.counted[-1] == 0


@every_ending
@pytest.mark.parametrize("state", OF_ONE_DRILL)
def test_a_fault_at_one_dead_drill_is_told_and_the_others_are_swept(stage: Scene, state: str, family: Family) -> None:
    dead = leave_dead_drills(stage)
    met, error = dead.latest, family.error(state)
    bent = at(stage.world, state, family.make(stage), machine="sweep", drill=met.id)
    sweep = stage.sweep_daily()
    assert bent
    after, found = aftermath(state, of=met, error=error, took_effect=family.took_effect), told(stage, dead)
    assert set(stage.cloud.left()) == {name for name in met.left if kinds_of({name}) <= after.left}
    assert stage.untouched()
    assert found.recorded.get(met.id) == after.recorded
    assert found.announced[met.id] == ([after.announced] if after.announced else [])
    assert_recorded_and_announced(found, dead.earlier)
    assert_swept_beside_its_record(found, dead.unseen)
    assert found.counted == [after.counted]
    if after.problem is None:
        assert (sweep.status, sweep.cause) == ("SUCCEEDED", None)
    else:
        assert (sweep.status, sweep.error) == ("FAILED", "LeftoversFound")
        before, _, sentence = (sweep.cause or "").partition(after.problem)
        assert before.endswith("1 problem after the sweep: ")
        assert error in sentence.partition(" Then ")[0], "the first error is named first"
    assert_the_next_sweep_ends_it(stage, dead)


@every_ending
@pytest.mark.parametrize("state", OF_THE_SWEEP)
def test_a_fault_of_the_sweep_itself_is_its_error_and_what_is_known_is_swept(
    stage: Scene, state: str, family: Family
) -> None:
    dead = leave_dead_drills(stage)
    left, changes = set(stage.cloud.left()), stage.cloud.changes()
    bent = at(stage.world, state, family.make(stage), machine="sweep")
    sweep = stage.sweep_daily()
    assert bent
    assert (sweep.status, sweep.error) == ("FAILED", family.error(state))
    assert stage.untouched()
    found = told(stage, dead)
    swept = state != "FindOrphans"
    assert_recorded_and_announced(found, dead.earlier, swept=swept)
    assert_recorded_and_announced(found, dead.latest, swept=swept)
    assert_swept_beside_its_record(found, dead.unseen, swept=state == "CloseSweep")
    match state:
        case "FindOrphans":
            assert (set(stage.cloud.left()), stage.cloud.changes()) == (left, changes)
            assert found.counted == [1], "what could not be looked through counts as left"
        case "FindOrphanNamespaces":
            assert set(stage.cloud.left()) == dead.unseen.left
            assert found.counted == [1], "what could not be looked through counts as left"
        case "CloseSweep":
            assert stage.cloud.left() == {}
            assert found.counted == ([0] if family.took_effect else [])
        case _:
            pytest.fail(f"{state} is new: say what a fault in it leaves")
    assert_the_next_sweep_ends_it(stage, dead)


@pytest.mark.parametrize("make", PASSING.values(), ids=PASSING)
def test_a_fault_that_passes_at_every_step_is_waited_out_and_the_sweep_succeeds(stage: Scene, make: Any) -> None:
    dead = leave_the_latest(stage)
    bent = everywhere(stage.world, lambda: make(stage), machine="sweep")
    sweep = stage.sweep_daily()
    assert {state for state, times in bent.items() if times > 1} == set(TASKS)
    assert (sweep.status, sweep.cause) == ("SUCCEEDED", None)
    assert_clean(stage)
    assert [errors_of(record) for record in stage.cloud.records()] == [("ExecutionDied",)]
    assert set(stage.cloud.announced_of(dead.id)) == {FAILED}
