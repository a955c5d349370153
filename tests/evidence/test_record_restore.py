"""RecordRestore and AnnounceRestore against moto: what is stored and told, and what a retry makes of it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sample_drills
import sample_restores
from evidence_account import Account, Caller
from sample_restores import ALL, ANNA, EXECUTION, ID, OPENED, RESTORATION, SOURCE, TARGET, asked

from lambdas import settings as runtime_settings
from lambdas.adapters import aws
from lambdas.adapters.approvals import Approvals
from lambdas.adapters.archive import Archive
from lambdas.adapters.restores import Restores
from lambdas.adapters.topic import subject_of
from lambdas.errors import AccessRefused, EvidenceNotStored
from lambdas.evidence.handlers import announce_restore, record_restore
from lambdas.evidence.restore_summary import RestoreSummary

State = dict[str, Any]
FOLDER = f"restores/{SOURCE}/{ID}"
OTHER = replace(RESTORATION, id="20261123-00000002", execution=f"{EXECUTION}-other")
UNTIL = OPENED + timedelta(days=8)


@pytest.fixture
def restores(account: Account) -> Restores:
    return Restores(account.settings.evidence.table, aws.client("dynamodb"))


@pytest.fixture
def approvals(account: Account) -> Approvals:
    return Approvals(account.settings.evidence.table, aws.client("dynamodb"))


def record(call: Caller, state: State) -> dict[str, Any]:
    moment = sample_restores.recorded_at(state)
    return call(record_restore, execution=EXECUTION, entered_at=moment, restore_state=state)


def announce(account: Account, call: Caller, state: State) -> dict[str, str]:
    whole = state | {"recorded": record(call, state)}
    moment = sample_restores.recorded_at(state)
    call(announce_restore, execution=EXECUTION, entered_at=moment, restore_state=whole)
    return account.messages()[-1]


def test_a_restore_leaves_record_form_and_page(account: Account, call: Caller) -> None:
    told = record(call, sample_restores.kept())
    assert account.keys() == [f"{FOLDER}/record.json", f"{FOLDER}/report.html", f"{FOLDER}/restore-{ID}.md"]
    assert (told["outcome"], told["error"], told["cause"]) == ("kept", None, None)
    content = account.archive.get(told["record"])
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["sha256"] in account.archive.get(told["report"]).decode()


@pytest.mark.parametrize("restore", ALL)
def test_every_end_is_entered_and_frees_the_source(
    account: Account, call: Caller, restores: Restores, restore: Callable[[], State]
) -> None:
    restores.open(RESTORATION)
    assert restores.lock(RESTORATION, until=UNTIL) is None
    told = record(call, restore())
    entry = restores.entry(ID)
    assert isinstance(entry, RestoreSummary)
    assert (entry.outcome, entry.sha256) == (told["outcome"], told["sha256"])
    assert restores.running() == ()
    assert restores.lock(OTHER, until=UNTIL) is None
    assert account.keys()


def test_a_failed_restore_tells_its_first_error_to_the_machine(account: Account, call: Caller) -> None:
    told = record(call, sample_restores.fenced())
    assert (told["outcome"], told["error"]) == ("fenced", "CutOverOverdue")
    assert "0 of 2 replicas" in told["cause"]
    assert account.keys()


def test_a_question_that_nobody_answered_is_closed(call: Caller, approvals: Approvals) -> None:
    approvals.ask_approval(asked())
    told = record(call, sample_restores.expired())
    found = approvals.approval(ID)
    assert found is not None
    assert found.state == "expired"
    assert told["approval"]["decision"] == "expired"


def test_an_answer_stays_as_it_was_given(call: Caller, approvals: Approvals) -> None:
    approvals.ask_approval(asked())
    approvals.answer(ID, decision="rejected", by=ANNA, at=OPENED + timedelta(hours=1), reason="Not before the weekend")
    told = record(call, sample_restores.rejected())
    assert (told["approval"]["by"], told["approval"]["reason"]) == (ANNA, "Not before the weekend")
    assert approvals.approvals("rejected")


def test_a_retry_goes_on_with_the_record_that_was_stored_first(
    account: Account, call: Caller, approvals: Approvals
) -> None:
    approvals.ask_approval(asked())
    first = record(call, sample_restores.expired())
    again = record(call, sample_restores.expired())
    versions = account.s3.list_object_versions(Bucket=account.settings.evidence.bucket, Prefix=first["record"])
    assert again["sha256"] == first["sha256"]
    assert len(versions["Versions"]) == 1


def test_a_dry_run_leaves_nothing(account: Account, call: Caller, restores: Restores) -> None:
    state = sample_restores.unplanned()
    state["restoration"]["dry_run"] = True
    told = record(call, state)
    assert (told["outcome"], told["error"], told["record"]) == ("failed", "PlanRefused", None)
    call(announce_restore, execution=EXECUTION, restore_state=state | {"recorded": told})
    assert (account.keys(), account.messages(), restores.entry(ID)) == ([], [], None)


def test_a_restore_whose_first_step_died_is_recorded_by_what_the_ledger_knows(
    account: Account, call: Caller, restores: Restores
) -> None:
    restores.open(RESTORATION)
    state = {"recovery_point": "latest-snapshot", "failure": sample_drills.caught("KeyError", "x")}
    told = call(record_restore, execution=EXECUTION, restore_state=state)
    assert (told["id"], told["outcome"], told["error"], told["target"]) == (ID, "failed", "KeyError", TARGET)
    assert restores.running() == ()
    call(announce_restore, execution=EXECUTION, restore_state=state | {"recorded": told})
    assert "FAILED, platform untouched" in account.messages()[-1]["Subject"]


def test_a_restore_of_which_nothing_is_known_but_its_execution_is_recorded_too(account: Account, call: Caller) -> None:
    state = {"recovery_point": "latest-snapshot", "failure": sample_drills.caught("KeyError", "x")}
    told = call(record_restore, execution=EXECUTION, restore_state=state)
    assert told["outcome"] == "failed"
    assert len(account.keys()) == 3


def test_a_record_that_cannot_be_stored_is_told_with_what_the_platform_serves(
    account: Account, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> bytes:
        raise AccessRefused("s3:PutObject is not allowed", resource="s3://x", next_step="Grant it.")

    monkeypatch.setattr(Archive, "keep", refused)
    with pytest.raises(EvidenceNotStored, match="history"):
        record(call, sample_restores.kept())
    lost = sample_drills.caught("EvidenceNotStored", "The record could not be stored [s3://x] Grant it.")
    call(announce_restore, execution=EXECUTION, restore_state=sample_restores.fenced() | {"record_failure": lost})
    message = account.messages()[-1]
    assert "WITHOUT RECORD" in message["Subject"]
    assert "serves nothing" in message["Message"]
    assert "CutOverOverdue" in message["Message"]


class TestTheMetrics:
    def values(self, printed: str) -> dict[str, float]:
        lines = [each for each in map(json.loads, printed.splitlines()) if "_aws" in each]
        return {name: value[0] for each in lines for name, value in each.items() if name.startswith("Restore")}

    def test_of_a_kept_restore_are_outage_time_and_loss(
        self, account: Account, call: Caller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        record(call, sample_restores.kept())
        seconds = {name: round(value) for name, value in self.values(capsys.readouterr().out).items()}
        assert seconds == {"RestoreOutageSeconds": 96, "RestoreRtoSeconds": 2449, "RestoreRpoSeconds": 2582}
        assert account.keys()

    def test_of_a_rollback_are_its_outage_alone(
        self, account: Account, call: Caller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        record(call, sample_restores.rolled_back())
        assert set(self.values(capsys.readouterr().out)) == {"RestoreOutageSeconds"}
        assert account.keys()

    @pytest.mark.parametrize("restore", [sample_restores.fenced, sample_restores.rejected])
    def test_of_what_has_not_ended_or_never_began_are_none(
        self, account: Account, call: Caller, capsys: pytest.CaptureFixture[str], restore: Callable[[], State]
    ) -> None:
        record(call, restore())
        assert self.values(capsys.readouterr().out) == {}
        assert account.keys()


class TestTheMessage:
    @pytest.mark.parametrize(
        ("restore", "subject"),
        [
            (sample_restores.kept, "Platform restored"),
            (sample_restores.rolled_back, "Restore ROLLED BACK, the old database serves"),
            (sample_restores.fenced, "PLATFORM DOWN after a restore"),
            (sample_restores.half_back, "PLATFORM NOT PROVEN after a restore"),
            (sample_restores.stuck, "PLATFORM NOT PROVEN after a restore"),
            (sample_restores.rejected, "Restore not cut over"),
            (sample_restores.beside, "Restored beside, not cut over"),
            (sample_restores.refused_data, "Restore FAILED, platform untouched"),
        ],
    )
    def test_says_how_it_ended_in_its_subject(
        self, account: Account, call: Caller, restore: Callable[[], State], subject: str
    ) -> None:
        message = announce(account, call, restore())
        assert message["Subject"] == f"[prod] {subject}: {SOURCE}"
        assert subject_of(message["Subject"]) == message["Subject"]

    def test_of_a_kept_restore_says_what_serves_what_was_lost_and_what_to_do(
        self, account: Account, call: Caller
    ) -> None:
        lines = announce(account, call, sample_restores.kept())["Message"].splitlines()
        assert f"Serves now      {TARGET}" in lines
        assert any(line.startswith("Lost            43 min 02 s of writes, with 37 rows") for line in lines)
        assert "Outage          1 min 36 s" in lines
        assert any(line.startswith("1. Tell Terraform, before anybody's next apply") for line in lines)
        assert any("day2 retire coder-prod-aurora --aws --env prod" in line for line in lines)
        assert any("https://eu-west-1.console.aws.amazon.com/s3/object/" in line for line in lines)

    @pytest.mark.parametrize(
        "restore",
        [sample_restores.rejected, sample_restores.expired, sample_restores.beside, sample_restores.rolled_back],
    )
    def test_of_a_cluster_that_stays_beside_says_what_it_costs(
        self, account: Account, call: Caller, restore: Callable[[], State]
    ) -> None:
        body = announce(account, call, restore())["Message"]
        assert f"Stands beside   {TARGET}: costs at least $0.48 an hour" in body
        assert f"day2 retire {TARGET} --aws --env prod" in body

    def test_of_a_rejection_names_who_rejected(self, account: Account, call: Caller, approvals: Approvals) -> None:
        approvals.ask_approval(asked())
        approvals.answer(ID, decision="rejected", by=ANNA, at=OPENED + timedelta(hours=1), reason="Not now")
        assert f"rejected by {ANNA}" in announce(account, call, sample_restores.rejected())["Message"]

    def test_of_a_fenced_platform_begins_with_that(self, account: Account, call: Caller) -> None:
        body = announce(account, call, sample_restores.fenced())["Message"]
        assert "serves nothing: coderd has no replicas" in body.splitlines()[1]
        assert "Serves now      nothing" in body
        assert "Outage          goes on" in body
        assert "First error: CutOverOverdue" in body

    def test_of_an_unknown_platform_sends_somebody_to_look(self, account: Account, call: Caller) -> None:
        body = announce(account, call, sample_restores.stuck())["Message"]
        assert "Serves now      not known" in body
        assert "Look at the platform before you do anything else" in body

    def test_on_one_machine_has_a_link_and_commands_of_that_machine(
        self, account: Account, call: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(runtime_settings, "current", lambda: replace(account.settings, on_one_machine=True))
        body = announce(account, call, sample_restores.kept())["Message"]
        assert "Report: s3://coder-day2-prod-evidence/restores/" in body
        assert "--aws" not in body
