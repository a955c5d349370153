"""RecordEvidence against moto: what is stored, in which order, and what a retry or the sweep makes of it."""

import hashlib
import json
from datetime import timedelta

import pytest
import sample_drills
from sample_drills import EXECUTION, ID, OPENED, SOURCE

from lambdas.errors import EvidenceNotStored, ServiceBusy
from lambdas.evidence.handlers import record_evidence
from lambdas.evidence.summary import Summary

FOLDER = f"drills/{SOURCE}/{ID}"
SWEEP = "arn:aws:states:eu-west-1:111122223333:execution:coder-day2-prod-sweep:0001"


def lock(account, execution: str = EXECUTION, hours: int = 1) -> str | None:
    now = OPENED + timedelta(hours=hours)
    return account.ledger.lock(source=SOURCE, execution=execution, drill=ID, until=now + timedelta(hours=9), now=now)


def test_a_passed_drill_leaves_record_form_and_page(account, call) -> None:
    told = call(record_evidence, drill_state=sample_drills.passed())
    assert account.keys() == [f"{FOLDER}/dr-test-{ID}.md", f"{FOLDER}/record.json", f"{FOLDER}/report.html"]
    assert (told["outcome"], told["error"], told["cause"]) == ("passed", None, None)
    assert told["record"] == f"{FOLDER}/record.json"


def test_the_digest_told_is_the_stored_files(account, call) -> None:
    told = call(record_evidence, drill_state=sample_drills.passed())
    assert told["sha256"] == hashlib.sha256(account.archive.get(told["record"])).hexdigest()
