"""An answer as it comes in: typed, and refused with every fault at once."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from day2.restore.answering import prove
from lambdas.approval.identity import origins
from lambdas.approval.request import Answer, read_answer
from lambdas.errors import InputRejected

EXPECTED = origins("https://sts.eu-west-1.amazonaws.com")
ID = "20261123-1a2b3c4d"


@pytest.fixture(scope="module")
def proof() -> str:
    sts = boto3.client("sts", region_name="eu-west-1", aws_access_key_id="AKIA", aws_secret_access_key="x")
    return prove(sts, restore=ID, decision="approved")


def read(data: Any) -> Answer:
    return read_answer(data, expected=EXPECTED, now=datetime.now(UTC))


def faults(data: Any) -> tuple[str, ...]:
    with pytest.raises(InputRejected) as refused:
        read(data)
    return refused.value.problems


def test_an_approval_needs_no_reason(proof: str) -> None:
    answer = read({"id": ID, "decision": "approved", "proof": proof})
    assert (answer.id, answer.decision, answer.reason) == (ID, "approved", "")


def test_the_comment_that_the_console_puts_in_is_ignored(proof: str) -> None:
    assert read({"Comment": "Insert your JSON here", "id": ID, "decision": "approved", "proof": proof}).id == ID


def test_a_rejection_says_why(proof: str) -> None:
    rejected = {"id": ID, "decision": "rejected", "proof": proof}
    assert faults(rejected) == ("request.reason: is missing; a rejection says why",)
    assert read({**rejected, "reason": "wrong moment"}).reason == "wrong moment"


def test_of_an_empty_answer_all_that_is_missing_is_told() -> None:
    assert [each.partition(":")[0] for each in faults({})] == ["request.id", "request.decision", "request.proof"]


def test_every_fault_is_told_with_its_fields_path() -> None:
    told = faults({"id": "one", "decision": "maybe", "reason": "", "proof": "https://example.com/", "by": "me"})
    assert {each.partition(":")[0] for each in told} == {
        f"request.{name}" for name in ("id", "decision", "reason", "proof", "by")
    }


@pytest.mark.parametrize("data", [None, [], "approve", 3, True])
def test_what_is_no_object_is_refused(data: Any) -> None:
    assert len(faults(data)) == 1


@pytest.mark.parametrize("proof", [None, 3, {}, ["x"]])
def test_a_proof_that_is_no_text_is_refused(proof: Any) -> None:
    (fault,) = faults({"id": ID, "decision": "approved", "proof": proof})
    assert "a string is expected" in fault
