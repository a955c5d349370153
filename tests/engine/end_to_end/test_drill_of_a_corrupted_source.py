"""A drill whose recovery point holds a fault that nobody had noticed."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from stage import NOTHING, Drilled, Stage, names

from day2.engine import platform, seed
from lambdas.contracts import Baseline

SNAPSHOT = "coder-local-with-a-fault"
CORRUPTION = "terraform-state-emptied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The failed drill; `baseline` is what stood before it for the next one to be compared with."""

    corruption: seed.Corruption
    drilled: Drilled
    baseline: Baseline | None


@pytest.fixture(scope="module")
def failed(stage: Stage, scheduled: Drilled) -> Iterator[Failed]:
    """The source is broken only while a snapshot is taken, which is deleted after its drill."""
    healthy, baseline = stage.production(), stage.ledger.baseline(stage.source)
    with stage.put_back_afterwards():
        corruption = seed.corrupt(stage.furnished.platform.dsn, psql=stage.psql, name=CORRUPTION)
        platform.take_snapshot(stage.client, stage.furnished.platform.names, SNAPSHOT)
    assert stage.production() == healthy
    try:
        seen = stage.follow(stage.start(recovery_point=f"snapshot:{SNAPSHOT}"))
        yield Failed(corruption=corruption, drilled=stage.drilled(seen, before=healthy), baseline=baseline)
    finally:
        stage.client("rds").delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=SNAPSHOT)


def test_it_fails_with_the_name_of_the_check_that_found_the_fault(failed: Failed) -> None:
    seen = failed.drilled.seen
    assert (seen.status, seen.error) == ("FAILED", "ChecksFailed")
    assert failed.corruption.found_by in seen.sentence


def test_its_evidence_says_what_failed_and_that_nothing_else_did(failed: Failed) -> None:
    record = failed.drilled.record
    assert (record["outcome"]["result"], record["outcome"]["error"]["name"]) == ("failed", "ChecksFailed")
    assert record["verdict"]["integrity"]["verdict"] == "fail"
    assert [each["id"] for each in record["checks"] if each["verdict"] == "fail"] == [failed.corruption.found_by]


def test_whoever_listens_hears_that_it_failed_and_why(stage: Stage, failed: Failed) -> None:
    told = stage.heard(failed.drilled.id)
    assert told["Subject"] == f"[local] Restore drill FAILED: {stage.source}"
    assert failed.corruption.found_by in told["Message"]


def test_its_alarm_goes_off(stage: Stage, failed: Failed) -> None:
    assert "open the drill's report" in stage.heard('ALARM: "coder-day2-local-dr-drill-Failed"')["Message"]
    assert stage.alarm("dr-drill-Failed") == "ALARM"


def test_it_takes_the_same_way_out_as_a_passed_one(stage: Stage, failed: Failed) -> None:
    way_out = ("DeleteDatabase", "DeleteNamespace", "ProveNothingLeft", "RecordEvidence", "Announce")
    assert names(failed.drilled.seen)[-len(way_out) :] == way_out
    assert failed.drilled.record["cleanup"]["proven"] is True
    assert stage.left() == NOTHING


def test_its_counts_are_nothing_to_compare_the_next_drill_with(stage: Stage, failed: Failed) -> None:
    assert failed.baseline is not None
    assert stage.ledger.baseline(stage.source) == failed.baseline


def test_the_sweep_that_follows_a_failure_finds_nothing_to_do(stage: Stage, failed: Failed) -> None:
    sweep = stage.sweep_after(failed.drilled.seen.execution)
    assert (sweep.status, sweep.output["closed"]["swept"]) == ("SUCCEEDED", 0)
