"""A fault at every state of the drill, of each kind: nothing stays, the first error is told, evidence is written.

The states are those of the ASL file, so a new one is covered from its first day.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .asl import tasks
from .faults import ENDING, Family, at, bug, dying_after, everywhere, lost_answer, refusing
from .harness import Invocation
from .interpreter import Execution
from .scene import DRILL, Scene, scene

TASKS = {task.name: task for task in tasks(DRILL)}
WAY_OUT = ("DeleteDatabase", "DeleteNamespace", "ProveNothingLeft")
every_task = pytest.mark.parametrize("state", TASKS)


@pytest.fixture
def stage() -> Iterator[Scene]:
    with scene() as playing:
        yield playing


def error_of(record: dict[str, Any]) -> str | None:
    error = record["outcome"]["error"]
    return str(error["name"]) if error else None


def errors_of(record: dict[str, Any]) -> tuple[str, ...]:
    """Every error that a record tells, the first one first."""
    told = record["outcome"]
    return tuple(each["name"] for each in (told["error"], *told["further"]) if each)


def assert_told_and_clean(stage: Scene, drill: Execution, *, state: str, error: str, took_effect: bool = False) -> None:
    """The drill failed with `error` in `state`; its evidence, its message and the metric say the same; nothing is left.

    By its own teardown or, where that is what failed, by the sweep that the rule starts.
    """
    assert (drill.status, drill.error) == ("FAILED", error)
    assert_told(stage, state=state, error=error, took_effect=took_effect)
    if state in WAY_OUT or state == "RecordEvidence":
        assert_swept(stage, drill)
    else:
        assert_clean(stage)
    assert len(stage.cloud.records()) == 1


def assert_told(stage: Scene, *, state: str, error: str, took_effect: bool) -> None:
    """Each error in the record, the subject of the message, and the metric that the alarm looks at."""
    recorded = [error_of(record) for record in stage.cloud.records()]
    announced = [told["Subject"] for told in stage.cloud.announced]
    failed = stage.cloud.measured("DrillFailed")
    match state:
        case "RecordEvidence":
            assert recorded == ([None] if took_effect else [])
            assert announced == [subject("FAILED, no evidence")]
            assert failed[-1] == 1
        case "Announce":
            assert recorded == [None], "the drill had passed; only its announcement failed"
            assert announced == ([subject("passed")] if took_effect else [])
            assert failed == [0]
        case _:
            assert recorded == [error]
            assert announced == [subject("FAILED")]
            assert failed == [1]


def subject(verdict: str) -> str:
    return f"[prod] Restore drill {verdict}: coder-prod-aurora"


def assert_swept(stage: Scene, drill: Execution) -> None:
    """After the rule's sweep all is clean."""
    sweep = stage.sweep_after(drill)
    assert sweep is not None
    assert (sweep.status, sweep.error, sweep.cause) == ("SUCCEEDED", None, None)
    assert_clean(stage)


def assert_clean(stage: Scene) -> None:
    """No cluster, instance, snapshot, backup, secret, namespace or lock is left; production is as it was."""
    assert stage.cloud.left() == {}
    assert stage.untouched()
    assert [item for item in stage.cloud.ledger() if item.get("drill_state") == "running"] == []


@pytest.mark.parametrize("family", ENDING.values(), ids=ENDING)
@every_task
def test_a_fault_ends_in_teardown_and_evidence(stage: Scene, state: str, family: Family) -> None:
    bent = at(stage.world, state, family.make(stage))
    drill = stage.drill({})
    assert bent
    assert_told_and_clean(stage, drill, state=state, error=family.error(state), took_effect=family.took_effect)
    assert "somebody@example.com" not in str([*stage.cloud.records(), *stage.cloud.announced])


def test_steps_whose_answers_were_lost_are_run_again_and_the_drill_passes(stage: Scene) -> None:
    bent = everywhere(stage.world, lost_answer)
    drill = stage.drill({})
    assert {state for state, times in bent.items() if times > 1} == set(TASKS)
    assert (drill.status, drill.error, drill.cause) == ("SUCCEEDED", None, None)
    assert stage.cloud.left() == {}
    assert stage.untouched()
    assert [error_of(record) for record in stage.cloud.records()] == [None]
    made = [call for call in stage.cloud.changes() if call.operation.startswith(("Restore", "Create"))]
    assert len(made) == 2, "one cluster and one instance, however often the steps ran"


def test_throttling_at_every_step_is_waited_out_and_the_drill_passes(stage: Scene) -> None:
    bent = everywhere(stage.world, lambda: refusing(stage.cloud, "Throttling", times=3))
    drill = stage.drill({})
    assert (drill.status, drill.error, drill.cause) == ("SUCCEEDED", None, None)
    assert stage.cloud.left() == {}
    assert stage.untouched()
    assert {state for state, times in bent.items() if times > 3} == set(TASKS)


def test_the_sweep_after_a_drill_that_cleaned_up_by_itself_changes_nothing(stage: Scene) -> None:
    at(stage.world, "AwaitInstance", bug)
    drill = stage.drill({})
    before, told = stage.cloud.changes(), stage.cloud.records()
    assert_swept(stage, drill)
    assert stage.cloud.changes() == before
    assert stage.cloud.records() == told


def test_after_a_failed_drill_the_next_one_passes(stage: Scene) -> None:
    at(stage.world, "ProveIsolation", bug)
    assert stage.drill({}).status == "FAILED"
    stage.world.on_invoke = lambda _, work: work()
    assert stage.drill({}).status == "SUCCEEDED"


def writes_of_a_drill() -> int:
    with scene() as stage:
        stage.drill({})
        return len(stage.cloud.writes())


def test_a_step_may_die_between_any_two_of_its_writes_and_run_again() -> None:
    for nth in range(writes_of_a_drill()):
        with scene() as stage:
            died = dying_after(stage.cloud, nth, "Lambda.ServiceException")
            drill = stage.drill({})
            where = f"after {died[0].service}.{died[0].operation}"
            assert (drill.status, drill.cause) == ("SUCCEEDED", None), where
            assert stage.cloud.left() == {}, where
            assert [error_of(record) for record in stage.cloud.records()] == [None], where
            assert stage.untouched()


def test_a_drill_whose_step_died_between_two_writes_leaves_nothing_behind() -> None:
    for nth in range(writes_of_a_drill()):
        with scene() as stage:
            died = dying_after(stage.cloud, nth, "Runtime.ExitError")
            drill = stage.drill({})
            where = f"after {died[0].service}.{died[0].operation}"
            assert (drill.status, drill.error) == ("FAILED", "Runtime.ExitError"), where
            assert_swept(stage, drill)
            assert len(stage.cloud.records()) == 1, where


def test_a_copy_that_somebody_protects_from_deletion_is_kept_and_told_until_they_let_go(stage: Scene) -> None:
    """The protection is a person's decision, so no step switches it off; and no report calls the drill clean."""

    def protect(_: Invocation, work: Callable[[], Any]) -> Any:
        for name, cluster in stage.cloud.rds.clusters.items():
            if name.startswith("coder-dr-test-"):
                cluster.told["DeletionProtection"] = True
        return work()

    at(stage.world, "Judge", protect)
    drill = stage.drill({})
    assert (drill.status, drill.error) == ("FAILED", "RequestRefused")
    (record,) = stage.cloud.records()
    assert record["cleanup"]["proven"] is False
    (copy,) = [name for name in stage.cloud.left() if name.startswith("cluster coder-dr-test-")]
    assert stage.sweep_daily().status == "FAILED"

    stage.cloud.rds.clusters[copy.removeprefix("cluster ")].told["DeletionProtection"] = False
    assert stage.sweep_daily().status == "SUCCEEDED"
    assert_clean(stage)
