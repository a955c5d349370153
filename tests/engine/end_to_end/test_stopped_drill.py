"""A drill that somebody stops by hand when its copy is complete."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from stage import NOTHING, PREFIX, Drilled, Stage, names

from day2.drill.execution import Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A stopped drill, what it had left at that moment, and the sweep that its death started.

    `meanwhile` is another drill of the same source that was started beside it.
    """

    left_behind: Mapping[str, list[str]]
    meanwhile: Watched
    drilled: Drilled
    sweep: Watched


@pytest.fixture(scope="module")
def stopped(stage: Stage, scheduled: Drilled) -> Stopped:
    untouched = stage.production()
    with stage.held_before_verification():
        execution = stage.start()
        stage.reach(execution, "AwaitCredentials")
        meanwhile = stage.follow(stage.start())
        left_behind = stage.left()
        stage.client("stepfunctions").stop_execution(executionArn=execution, cause="Stopped by hand")
    seen = stage.follow(execution)
    sweep = stage.sweep_after(execution)
    return Stopped(
        left_behind=left_behind, meanwhile=meanwhile, drilled=stage.drilled(seen, before=untouched), sweep=sweep
    )


def test_it_dies_with_a_complete_copy_behind_it(stopped: Stopped) -> None:
    assert stopped.drilled.seen.status == "ABORTED"
    assert "DeleteDatabase" not in names(stopped.drilled.seen)
    target = f"{PREFIX}{stopped.drilled.id}"
    assert stopped.left_behind["clusters"] == [target]
    assert stopped.left_behind["instances"] == [f"{target}-writer"]
    assert stopped.left_behind["namespaces"] == [target]
    assert [len(stopped.left_behind[what]) for what in ("managed secrets", "further PostgreSQL servers")] == [1, 1]


def test_a_second_drill_of_the_source_is_refused_while_it_runs(stage: Stage, stopped: Stopped) -> None:
    assert (stopped.meanwhile.status, stopped.meanwhile.error) == ("FAILED", "DrillInProgress")
    assert stopped.drilled.seen.execution in stopped.meanwhile.sentence
    assert names(stopped.meanwhile) == ("OpenDrill",)


def test_the_sweep_starts_by_itself_and_deletes_what_it_left(stage: Stage, stopped: Stopped) -> None:
    assert (stopped.sweep.status, stopped.sweep.output["closed"]["swept"]) == ("SUCCEEDED", 1)
    assert stage.left() == NOTHING


def test_the_sweep_writes_the_evidence_that_the_dead_drill_could_not(stage: Stage, stopped: Stopped) -> None:
    record = stopped.drilled.record
    assert (record["outcome"]["result"], record["drill"]["execution"]) == ("failed", stopped.drilled.seen.execution)
    assert record["cleanup"]["proven"] is True
    told = stage.heard(stopped.drilled.id)
    assert told["Subject"] == f"[local] Restore drill FAILED: {stage.source}"


def test_its_alarm_goes_off(stage: Stage, stopped: Stopped) -> None:
    assert "stopped by hand" in stage.heard('ALARM: "coder-day2-local-dr-drill-Aborted"')["Message"]
    assert stage.alarm("dr-drill-Aborted") == "ALARM"


def test_the_daily_sweep_finds_nothing_more_and_keeps_its_alarms_quiet(stage: Stage, stopped: Stopped) -> None:
    daily = stage.follow(stage.fire("sweep"))
    assert (daily.status, daily.output["closed"]["swept"]) == ("SUCCEEDED", 0)
    assert [stage.alarm(name) for name in ("leftovers", "drill-overdue")] == ["OK", "OK"]


def test_production_is_untouched_by_drill_and_sweep(stage: Stage, stopped: Stopped) -> None:
    assert stage.production() == stopped.drilled.before


def test_the_source_is_free_for_the_next_drill(stage: Stage, stopped: Stopped) -> None:
    following = stage.drilled(stage.follow(stage.fire("monthly-point-in-time")), before=stopped.drilled.before)
    assert (following.seen.status, following.record["outcome"]["result"]) == ("SUCCEEDED", "passed")
    assert following.record["recovery_point"]["kind"] == "point-in-time"
    assert following.record["verdict"]["rpo"]["verdict"] == "pass"
