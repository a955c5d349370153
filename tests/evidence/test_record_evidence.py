"""RecordEvidence against moto: what is stored, in which order, and what a retry or the sweep makes of it."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sample_drills
from evidence_account import Account, Caller
from sample_drills import EXECUTION, ID, OPENED, SOURCE

from lambdas.adapters.archive import Archive
from lambdas.adapters.ledger import Ledger
from lambdas.contracts import Drill
from lambdas.errors import AccessRefused, EvidenceNotStored, ServiceBusy
from lambdas.evidence.handlers import record_evidence
from lambdas.evidence.summary import Summary

FOLDER = f"drills/{SOURCE}/{ID}"
SWEEP = "arn:aws:states:eu-west-1:111122223333:execution:coder-day2-prod-sweep:0001"
OTHER = f"{EXECUTION}-other"


def hold(account: Account, execution: str = EXECUTION) -> str | None:
    """Try to lock the source; who holds it, None when it was free or ours."""
    later = OPENED + timedelta(hours=9)
    return account.ledger.lock(source=SOURCE, execution=execution, drill=ID, until=later, now=OPENED)


def lines(printed: str) -> list[dict[str, Any]]:
    """The metrics among what was printed."""
    return [each for each in map(json.loads, printed.splitlines()) if "_aws" in each]


def test_a_drill_leaves_record_form_and_page(account: Account, call: Caller) -> None:
    told = call(record_evidence, drill_state=sample_drills.passed())
    assert account.keys() == [f"{FOLDER}/dr-test-{ID}.md", f"{FOLDER}/record.json", f"{FOLDER}/report.html"]
    assert (told["outcome"], told["error"], told["cause"]) == ("passed", None, None)
    assert (told["record"], told["markdown"]) == (f"{FOLDER}/record.json", f"{FOLDER}/dr-test-{ID}.md")


def test_the_digest_told_is_that_of_the_stored_bytes(account: Account, call: Caller) -> None:
    told = call(record_evidence, drill_state=sample_drills.passed())
    content = account.archive.get(told["record"])
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["sha256"] in account.archive.get(told["report"]).decode()


def test_a_failed_drill_tells_its_first_error_to_the_machine(account: Account, call: Caller) -> None:
    told = call(record_evidence, drill_state=sample_drills.restore_overdue())
    assert (told["outcome"], told["error"]) == ("failed", "RestoreOverdue")
    assert "still creating" in told["cause"]


@pytest.mark.parametrize("drill", [sample_drills.passed, sample_drills.cut_short])
def test_the_ledger_and_the_lock_know_that_it_ended(account: Account, call: Caller, drill: Any) -> None:
    account.ledger.open_drill(sample_drills.DRILL)
    assert hold(account) is None
    told = call(record_evidence, drill_state=drill())
    entry = account.ledger.entry(ID)
    assert isinstance(entry, Summary)
    assert (entry.outcome, entry.sha256) == (told["outcome"], told["sha256"])
    assert account.ledger.running() == ()
    assert hold(account, OTHER) is None


def test_an_execution_that_is_named_by_an_address_frees_its_source_too(account: Account, call: Caller) -> None:
    execution = f"{EXECUTION}-ada@example.com"
    state = sample_drills.passed()
    state["drill"]["execution"] = execution
    assert hold(account, execution) is None
    told = call(record_evidence, drill_state=state, execution=execution)
    assert (told["outcome"], told["swept"]) == ("passed", None)
    assert hold(account, OTHER) is None


def test_the_lock_is_let_go_by_the_drill_and_not_by_what_a_record_calls_it(account: Account, call: Caller) -> None:
    """An older version's record stands, in which an address was taken out of the execution's name."""
    first = call(record_evidence, drill_state=sample_drills.passed())
    content = account.archive.get(first["record"]).replace(EXECUTION.encode(), b"[address removed]")
    account.archive.put(first["record"], content, content_type="application/json")
    assert hold(account) is None
    call(record_evidence, drill_state=sample_drills.passed())
    assert hold(account, OTHER) is None


def failed_with_shrunk_users() -> dict[str, Any]:
    """Failed for another reason, after the comparison with the baseline had warned."""
    state = sample_drills.failed()
    state["judgement"]["next_baseline"] = {
        "drill": ID,
        "taken_at": "2026-11-23T02:00:00Z",
        "counts": {"users": 0},
        "warned": ["users"],
    }
    return state


def test_a_failed_drill_leaves_the_counts_and_remembers_what_had_shrunk(account: Account, call: Caller) -> None:
    account.ledger.put_baseline(SOURCE, sample_drills.BASELINE)
    call(record_evidence, drill_state=failed_with_shrunk_users())
    assert account.ledger.baseline(SOURCE) == replace(sample_drills.BASELINE, warned=("users",))


def test_a_failed_drill_that_was_compared_with_other_counts_changes_none(account: Account, call: Caller) -> None:
    newer = replace(sample_drills.BASELINE, drill="20261124-00000000")
    account.ledger.put_baseline(SOURCE, newer)
    call(record_evidence, drill_state=failed_with_shrunk_users())
    assert account.ledger.baseline(SOURCE) == newer


def test_a_passed_drill_that_is_swept_late_puts_no_older_counts_in_the_place_of_newer_ones(
    account: Account, call: Caller
) -> None:
    newer = replace(sample_drills.BASELINE, drill="20261224-00000000", taken_at=sample_drills.OPENED + timedelta(31))
    account.ledger.put_baseline(SOURCE, newer)
    call(record_evidence, drill_state=sample_drills.passed())
    assert account.ledger.baseline(SOURCE) == newer


def test_a_failed_first_drill_lays_no_baseline(account: Account, call: Caller) -> None:
    state = failed_with_shrunk_users()
    state["judgement"]["baseline_drill"] = None
    call(record_evidence, drill_state=state)
    assert account.ledger.baseline(SOURCE) is None


def test_a_passed_drill_becomes_the_baseline(account: Account, call: Caller) -> None:
    call(record_evidence, drill_state=sample_drills.passed())
    baseline = account.ledger.baseline(SOURCE)
    assert baseline is not None
    assert (baseline.drill, baseline.counts) == (ID, sample_drills.COUNTS)


@pytest.mark.parametrize("drill", [sample_drills.passed, sample_drills.failed])
def test_every_drill_that_saw_the_source_keeps_its_shape(account: Account, call: Caller, drill: Any) -> None:
    call(record_evidence, drill_state=drill())
    assert account.ledger.blueprint(SOURCE) == sample_drills.BLUEPRINT


def test_the_shape_of_a_source_that_a_restore_left_fenced_is_not_kept(account: Account, call: Caller) -> None:
    state = sample_drills.passed()
    state["choice"]["blueprint"]["security_groups"] = ["sg-0drill"]
    call(record_evidence, drill_state=state)
    assert account.ledger.blueprint(SOURCE) is None


def test_a_shape_that_the_settings_stood_in_for_is_not_kept(account: Account, call: Caller) -> None:
    state = sample_drills.passed()
    state["choice"]["blueprint"]["described"] = False
    call(record_evidence, drill_state=state)
    call(record_evidence, drill_state=sample_drills.cut_short())
    assert account.ledger.blueprint(SOURCE) is None


def test_the_record_names_the_source_s_tags_and_tells_no_value(account: Account, call: Caller) -> None:
    state = sample_drills.passed()
    state["choice"]["blueprint"]["tags"] = {"Team": "platform", "Owner": "Ada Lovelace"}
    told = call(record_evidence, drill_state=state)
    content = account.archive.get(told["record"])
    assert json.loads(content)["blueprint"]["tags"] == ["Owner", "Team"]
    assert b"Lovelace" not in content


def test_a_retry_goes_on_with_the_record_that_was_stored_first(account: Account, call: Caller) -> None:
    account.ledger.put_baseline(SOURCE, sample_drills.BASELINE)
    first = call(record_evidence, drill_state=sample_drills.passed())
    # The baseline is this drill's own by now, so the retry computes another record than the one that stands.
    again = call(record_evidence, drill_state=sample_drills.passed())
    versions = account.s3.list_object_versions(Bucket=account.settings.evidence.bucket, Prefix=first["record"])
    assert again["sha256"] == first["sha256"]
    assert len(versions["Versions"]) == 1


def test_earlier_drills_are_in_the_trend(account: Account, call: Caller) -> None:
    for each in sample_drills.history(14):
        account.ledger.close_drill(each)
    told = call(record_evidence, drill_state=sample_drills.passed())
    page = account.archive.get(told["report"]).decode()
    assert "The last 12 drills" in page


class TestWhenAPartFails:
    @pytest.mark.parametrize(
        ("broken", "part"),
        [
            ((Ledger, "baseline"), "ledger"),
            ((Archive, "keep"), "record"),
            ((Archive, "put"), "Markdown"),
            ((Ledger, "put_baseline"), "baseline"),
            ((Ledger, "unlock"), "lock"),
        ],
    )
    def test_it_is_named_and_the_source_stays_locked(
        self, account: Account, call: Caller, monkeypatch: pytest.MonkeyPatch, broken: tuple[type, str], part: str
    ) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            raise AccessRefused("No such right", resource="x", next_step="Grant it.")

        assert hold(account) is None
        monkeypatch.setattr(*broken, refuse)
        with pytest.raises(EvidenceNotStored, match=part):
            call(record_evidence, drill_state=sample_drills.passed())
        assert hold(account, OTHER) == EXECUTION

    @pytest.mark.parametrize("last", ["unlock", "close_drill"])
    def test_the_drill_stays_open_in_the_ledger_so_that_the_sweep_takes_it_up(
        self, account: Account, call: Caller, monkeypatch: pytest.MonkeyPatch, last: str
    ) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            raise AccessRefused("No such right", resource="x", next_step="Grant it.")

        account.ledger.open_drill(sample_drills.DRILL)
        monkeypatch.setattr(Ledger, last, refuse)
        with pytest.raises(EvidenceNotStored):
            call(record_evidence, drill_state=sample_drills.passed())
        assert [drill.id for drill in account.ledger.running()] == [ID]

    def test_because_the_service_is_busy_the_machine_asks_again(
        self, call: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy(*_: Any, **__: Any) -> None:
            raise ServiceBusy("Slow down", resource="x", next_step="Wait.")

        monkeypatch.setattr(Archive, "keep", busy)
        with pytest.raises(ServiceBusy):
            call(record_evidence, drill_state=sample_drills.passed())


class TestADrillThatNeverOpened:
    FAILED = {"failure": sample_drills.caught("KeyError", "x")}  # noqa: RUF012  never changed

    def test_is_found_in_the_ledger_by_its_execution(self, account: Account, call: Caller) -> None:
        account.ledger.open_drill(sample_drills.DRILL)
        hold(account)
        told = call(record_evidence, drill_state=self.FAILED)
        assert told["id"] == ID
        assert account.ledger.running() == ()
        assert hold(account, OTHER) is None

    def test_is_recorded_under_the_id_of_its_execution(self, account: Account, call: Caller) -> None:
        told = call(record_evidence, drill_state=self.FAILED)
        record = json.loads(account.archive.get(told["record"]))
        assert told["outcome"] == "failed"
        assert record["drill"]["target"] is None
        assert record["cleanup"]["attempted"] is False


class TestTheSweep:
    def test_records_a_drill_that_died_and_frees_its_source(self, account: Account, call: Caller) -> None:
        account.ledger.open_drill(sample_drills.DRILL)
        hold(account)
        told = call(record_evidence, drill_state=sample_drills.died(), execution=SWEEP)
        assert (told["outcome"], told["error"], told["swept"]) == ("failed", "ExecutionDied", None)
        assert hold(account, OTHER) is None

    def test_leaves_a_record_that_stands_and_writes_its_own_beside_it(self, account: Account, call: Caller) -> None:
        first = call(record_evidence, drill_state=sample_drills.restore_overdue())
        assert first["leftovers"] == 1
        late = OPENED + timedelta(days=1)
        told = call(record_evidence, drill_state=sample_drills.died(), execution=SWEEP, entered_at=late)
        assert told["sha256"] == first["sha256"]
        assert told["error"] == "RestoreOverdue"
        assert told["leftovers"] == 0
        assert told["swept"] == f"{FOLDER}/sweep-20261124T020007Z.json"
        assert json.loads(account.archive.get(told["swept"]))["outcome"]["error"]["name"] == "ExecutionDied"

    def test_does_not_count_a_drill_twice(self, call: Caller, capsys: pytest.CaptureFixture[str]) -> None:
        call(record_evidence, drill_state=sample_drills.restore_overdue())
        assert len(lines(capsys.readouterr().out)) > 0
        call(record_evidence, drill_state=sample_drills.died(), execution=SWEEP)
        assert lines(capsys.readouterr().out) == []


class TestTheMetrics:
    def printed(self, call: Caller, capsys: pytest.CaptureFixture[str], state: Any) -> list[dict[str, Any]]:
        capsys.readouterr()
        call(record_evidence, drill_state=state)
        return lines(capsys.readouterr().out)

    def test_of_a_passed_drill(self, call: Caller, capsys: pytest.CaptureFixture[str]) -> None:
        drill, *phases = self.printed(call, capsys, sample_drills.passed())
        described = drill["_aws"]["CloudWatchMetrics"][0]
        assert described["Namespace"] == "CoderDay2"
        assert described["Dimensions"] == [["Environment", "Source"], ["Environment", "Source", "RecoveryPointKind"]]
        assert (drill["DrillPassed"], drill["DrillFailed"], drill["RtoSeconds"]) == ([1], [0], [1518.4])
        assert {each["Phase"] for each in phases} >= {"restore", "instance", "verification", "teardown"}

    @pytest.mark.parametrize(
        ("drill", "sent", "seconds"),
        [
            (sample_drills.passed, "SnapshotAgeSeconds", 2846.25),
            (sample_drills.point_in_time, "RpoSeconds", 41),
        ],
    )
    def test_keep_a_snapshots_age_apart_from_the_rpo(
        self, call: Caller, capsys: pytest.CaptureFixture[str], drill: Any, sent: str, seconds: float
    ) -> None:
        line, *_ = self.printed(call, capsys, drill())
        assert {name: line[name] for name in line if name in ("SnapshotAgeSeconds", "RpoSeconds")} == {sent: [seconds]}

    def test_of_what_was_not_measured_are_not_sent(self, call: Caller, capsys: pytest.CaptureFixture[str]) -> None:
        drill, *_ = self.printed(call, capsys, sample_drills.cut_short())
        assert (drill["DrillPassed"], drill["DrillFailed"]) == ([0], [1])
        assert "RtoSeconds" not in drill
        assert drill["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Environment", "Source"]]

    def test_keep_their_dimensions_whatever_the_service_is_called(
        self, call: Caller, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "coder-day2")
        drill, *_ = self.printed(call, capsys, sample_drills.passed())
        assert drill["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0] == ["Environment", "Source"]


def test_the_sample_is_a_drill_as_the_first_step_hands_it_on() -> None:
    assert isinstance(sample_drills.DRILL, Drill)
