"""The monthly drill from the latest snapshot, from the schedule to its evidence."""

import hashlib
import json
from importlib import resources

from jsonschema import Draft202012Validator
from stage import NOTHING, Drilled, Stage, Twice, names

from lambdas.evidence import naming
from lambdas.evidence.summary import Summary

SCHEMA = json.loads(resources.files("lambdas.evidence").joinpath("record.schema.json").read_text())
IN_ORDER = (
    *("OpenDrill", "ChooseRecoveryPoint", "PrepareCopy"),
    *("RestoreCluster", "AwaitCluster", "AddInstance", "AwaitInstance", "ResetCredentials", "AwaitCredentials"),
    *("ProveIsolation", "PlanVerification", "VerifyDatabase", "RunChecks", "Judge"),
    *("DeleteDatabase", "DeleteNamespace", "ProveNothingLeft", "RecordEvidence", "Announce"),
)


def test_it_passes(scheduled: Drilled) -> None:
    record = scheduled.record
    assert (scheduled.seen.status, record["outcome"]["result"]) == ("SUCCEEDED", "passed")
    assert [record["verdict"][name]["verdict"] for name in ("integrity", "rto", "rpo")] == ["pass"] * 3
    assert {each["verdict"] for each in record["checks"]} == {"pass", "report"}
    assert {each["verdict"] for each in record["controls"]} == {"fail"}


def test_it_goes_through_its_states_in_their_order(scheduled: Drilled) -> None:
    entered = names(scheduled.seen)
    assert tuple(dict.fromkeys(name for name in entered if name != "CreateNamespace")) == IN_ORDER
    assert entered.index("PrepareCopy") < entered.index("CreateNamespace") < entered.index("ProveIsolation")


def test_the_record_says_that_the_schedule_started_it(twice: Twice) -> None:
    record = twice.drilled.record
    assert record["drill"]["started_by"] == "schedule monthly-snapshot"
    assert record["request"]["slot"] == twice.slot
    assert record["drill"]["execution"] == twice.drilled.seen.execution


def test_the_ledger_has_the_digest_of_the_record_that_lies_in_the_bucket(stage: Stage, scheduled: Drilled) -> None:
    drill = scheduled.id
    entry = stage.ledger.entry(drill)
    assert isinstance(entry, Summary)
    places = naming.places(source=stage.source, drill=drill)
    content = stage.stored(places.record)
    assert hashlib.sha256(content).hexdigest() == entry.sha256
    assert (entry.outcome, entry.record, entry.report) == ("passed", places.record, places.report)


def test_the_record_follows_its_schema(stage: Stage, scheduled: Drilled) -> None:
    places = naming.places(source=stage.source, drill=scheduled.id)
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    validator.validate(json.loads(stage.stored(places.record)))


def test_the_reports_for_people_lie_beside_it(stage: Stage, scheduled: Drilled) -> None:
    drill = scheduled.id
    places = naming.places(source=stage.source, drill=drill)
    markdown, page = stage.stored(places.markdown).decode(), stage.stored(places.report).decode()
    for text in (markdown, page):
        assert drill in text
        assert stage.furnished.snapshot in text
    assert page.startswith("<!doctype html>")


def test_whoever_listens_hears_the_verdict_and_where_the_report_is(stage: Stage, scheduled: Drilled) -> None:
    drill = scheduled.id
    told = stage.heard(drill)
    assert told["Subject"] == f"[local] Restore drill passed: {stage.source}"
    places = naming.places(source=stage.source, drill=drill)
    assert f"s3://{stage.deployment.bucket}/{places.report}" in told["Message"]
    assert str(scheduled.evidence.summary.sha256) in told["Message"]


def test_the_copy_had_the_data_of_the_snapshot_and_not_of_now(stage: Stage, scheduled: Drilled) -> None:
    seeded, added = stage.furnished.seeded.counts, stage.furnished.went_on.added
    counts = scheduled.record["counts"]
    assert scheduled.record["recovery_point"]["id"] == stage.furnished.snapshot
    assert counts == {table: seeded[table] for table in counts}
    assert len(added) > 1
    assert scheduled.before.counts == {table: rows + added.get(table, 0) for table, rows in counts.items()}


def test_production_is_untouched(twice: Twice) -> None:
    assert twice.after == twice.drilled.before


def test_nothing_is_left_of_it(scheduled: Drilled, twice: Twice) -> None:
    assert scheduled.record["cleanup"]["proven"] is True
    assert twice.left == NOTHING


def test_one_of_two_deliveries_of_a_slot_drills_nothing(stage: Stage, twice: Twice) -> None:
    assert (twice.duplicate.status, names(twice.duplicate)) == ("SUCCEEDED", ("OpenDrill",))
    assert twice.duplicate.output["drill"]["duplicate"] is True
    assert stage.ledger.entry(stage.drill_id(twice.duplicate)) is None


def test_a_slot_is_claimed_for_good(stage: Stage, twice: Twice) -> None:
    late = stage.follow(stage.fire("monthly-snapshot", at=twice.at))
    assert (late.status, names(late)) == ("SUCCEEDED", ("OpenDrill",))
    assert stage.ledger.entry(stage.drill_id(late)) is None
