"""Announce: who reads only the message knows what happened, and where to look."""

from dataclasses import replace
from typing import Any

import pytest
import sample_drills
from evidence_account import Account, Caller

from lambdas import settings as runtime_settings
from lambdas.adapters.topic import body_of, subject_of
from lambdas.evidence.handlers import announce, record_evidence

SWEEP = "arn:aws:states:eu-west-1:111122223333:execution:coder-day2-prod-sweep:0001"


def told(account: Account, call: Caller, state: dict[str, Any], **how: str) -> dict[str, str]:
    recorded = state | {"evidence": call(record_evidence, drill_state=state, **how)}
    call(announce, drill_state=recorded, **how)
    return account.messages()[-1]


def test_a_passed_drill_is_told_with_both_times_and_a_link(account: Account, call: Caller) -> None:
    message = told(account, call, sample_drills.point_in_time())
    assert message["Subject"] == "[prod] Restore drill passed: coder-prod-aurora"
    assert "25 min 19 s of at most 2 h" in message["Message"]
    assert "Data loss       41 s of at most 15 min\n" in message["Message"]
    assert "https://eu-west-1.console.aws.amazon.com/s3/object/" in message["Message"]


def test_a_snapshots_age_is_not_told_as_the_rpo(account: Account, call: Caller) -> None:
    message = told(account, call, sample_drills.passed())["Message"]
    age = "Snapshot's age  47 min 27 s of at most 26 h; the RPO is proven by the point-in-time drill, not by this one"
    assert age in message.splitlines()
    assert "Data loss" not in message


def test_a_failed_drill_is_told_with_its_first_error_and_the_next_step(account: Account, call: Caller) -> None:
    message = told(account, call, sample_drills.cut_short())
    assert "FAILED" in message["Subject"]
    assert "First error: NoUsableRecoveryPoint" in message["Message"]
    assert "Look why the nightly snapshot is missing" in message["Message"]
    assert "not measured" in message["Message"]


def test_of_a_drill_that_died_nothing_is_told_that_nobody_knows(account: Account, call: Caller) -> None:
    lines = told(account, call, sample_drills.died(), execution=SWEEP)["Message"].splitlines()
    assert "Recovery point  not known (asked for: latest-snapshot)" in lines
    assert "Recovery time   not known" in lines
    assert "Snapshot's age  not known" in lines
    assert any(line.startswith("Recorded        2026-11-23") for line in lines)


def test_a_warning_is_told_as_a_passed_drill_with_warnings(account: Account, call: Caller) -> None:
    assert "passed with warnings" in told(account, call, sample_drills.passed(overall="warn"))["Subject"]


def test_on_one_machine_the_link_is_the_objects_own(
    account: Account, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime_settings, "current", lambda: replace(account.settings, on_one_machine=True))
    assert "Report: s3://coder-day2-prod-evidence/drills/" in told(account, call, sample_drills.passed())["Message"]


def test_lost_evidence_is_told_with_what_failed_before_it(
    account: Account, call: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = sample_drills.caught("EvidenceNotStored", "The record could not be stored [s3://x] Grant it.")
    call(announce, drill_state=sample_drills.cut_short() | {"evidence_failure": lost})
    message = account.messages()[-1]
    assert "no evidence" in message["Subject"]
    assert "The record could not be stored" in message["Message"]
    assert "NoUsableRecoveryPoint" in message["Message"]
    assert '"DrillFailed":[1' in capsys.readouterr().out


def test_lost_evidence_of_a_drill_that_never_opened_is_told_too(account: Account, call: Caller) -> None:
    call(announce, drill_state={"failure": sample_drills.caught("KeyError", "x"), "evidence_failure": {"Error": "X"}})
    assert "no evidence" in account.messages()[-1]["Subject"]


def test_a_sweep_behind_a_recorded_drill_is_not_told_as_another_failure(account: Account, call: Caller) -> None:
    told(account, call, sample_drills.restore_overdue())
    message = told(account, call, sample_drills.died(), execution=SWEEP)
    assert message["Subject"].startswith("[prod] Swept up after restore drill")
    assert "Nothing of it is left" in message["Message"]


@pytest.mark.parametrize("text", ["x" * 500, "a\nb\tc\x00d", "Übung \u2713 passed", "   ", ""])
def test_any_subject_is_made_one_that_sns_takes(text: str) -> None:
    subject = subject_of(text)
    assert 0 < len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()
    assert subject == subject.strip()


@pytest.mark.parametrize("text", ["short", "ü" * 200_000])
def test_any_message_is_cut_to_what_sns_takes(text: str) -> None:
    body = body_of(text)
    assert len(body.encode()) <= 262_144
    assert body == text or body.endswith("SNS takes]")
