"""The questions of restores, against moto: one answer wins, and what it answers is what was asked last."""

from dataclasses import replace
from datetime import timedelta

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from restorations import NOW, restoration

from lambdas.adapters.approvals import Approvals
from lambdas.restore_contracts import ApprovalItem

EXPIRES = NOW + timedelta(hours=4)
ANNA = "arn:aws:sts::111122223333:assumed-role/Operators/anna"
BERND = "arn:aws:sts::111122223333:assumed-role/Operators/bernd"
QUESTION = ApprovalItem(
    restoration=restoration(),
    token="AAAAKgAAAAIAAAA=",
    asked_at=NOW,
    expires_at=EXPIRES,
    summary="Restore coder-prod-aurora beside it and cut the platform over to it.",
    lost="1 minute of writes",
    verdict="pass",
)
ANEW = replace(QUESTION, token="BBBB", asked_at=NOW + timedelta(minutes=5))
ID = QUESTION.restoration.id


@pytest.fixture
def approvals(dynamodb: DynamoDBClient) -> Approvals:
    return Approvals("ledger", dynamodb)


def test_a_question_waits_with_all_that_was_told(approvals: Approvals) -> None:
    approvals.ask_approval(QUESTION)
    assert approvals.approval(ID) == QUESTION
    assert approvals.approvals("waiting") == (QUESTION,)
    assert approvals.approvals("approved") == ()


def test_a_restore_that_never_asked_has_no_question(approvals: Approvals) -> None:
    assert approvals.approval(ID) is None
    assert not approvals.answer(ID, decision="approved", by=ANNA, at=NOW, reason="")
    assert not approvals.expire(ID)
    assert approvals.approvals() == ()


def test_of_two_answers_the_first_wins(approvals: Approvals) -> None:
    approvals.ask_approval(QUESTION)
    assert approvals.answer(ID, decision="rejected", by=ANNA, at=NOW, reason="wrong moment")
    assert not approvals.answer(ID, decision="approved", by=BERND, at=NOW, reason="")
    answered = replace(QUESTION, state="rejected", by=ANNA, at=NOW, reason="wrong moment")
    assert approvals.approval(ID) == answered
    assert approvals.approvals() == (answered,)


def test_that_the_machine_has_the_answer_is_noted_for_the_question_it_answers(approvals: Approvals) -> None:
    approvals.ask_approval(QUESTION)
    approvals.answer(ID, decision="approved", by=ANNA, at=NOW, reason="")
    assert not approvals.sent(ID, token=ANEW.token, at=NOW)
    assert approvals.sent(ID, token=QUESTION.token, at=NOW)
    noted = replace(QUESTION, state="approved", by=ANNA, at=NOW, sent_at=NOW)
    assert approvals.approval(ID) == noted
    approvals.ask_approval(ANEW)
    assert approvals.approval(ID) == ANEW


def test_an_answer_counts_until_the_question_expires(approvals: Approvals) -> None:
    approvals.ask_approval(QUESTION)
    assert not approvals.answer(ID, decision="approved", by=ANNA, at=EXPIRES, reason="")
    assert approvals.answer(ID, decision="approved", by=ANNA, at=EXPIRES - timedelta(seconds=1), reason="")


def test_an_expired_question_is_not_answered_and_an_answered_one_does_not_expire(approvals: Approvals) -> None:
    approvals.ask_approval(QUESTION)
    assert approvals.expire(ID)
    assert not approvals.answer(ID, decision="approved", by=ANNA, at=NOW, reason="")
    assert approvals.approval(ID) == replace(QUESTION, state="expired")
    other = replace(QUESTION, restoration=restoration(2))
    approvals.ask_approval(other)
    approvals.answer(other.restoration.id, decision="approved", by=ANNA, at=NOW, reason="")
    assert not approvals.expire(other.restoration.id)


def test_asking_again_with_the_same_token_keeps_the_answer(approvals: Approvals) -> None:
    """The step is retried while somebody answers."""
    approvals.ask_approval(QUESTION)
    approvals.answer(ID, decision="approved", by=ANNA, at=NOW, reason="")
    approvals.ask_approval(QUESTION)
    assert approvals.approvals("approved")


def test_a_new_token_is_a_new_question(approvals: Approvals) -> None:
    """After a redrive, the machine waits with another token; what was answered before reaches it no more."""
    approvals.ask_approval(QUESTION)
    approvals.answer(ID, decision="rejected", by=ANNA, at=NOW, reason="wrong moment")
    approvals.ask_approval(ANEW)
    assert approvals.approval(ID) == ANEW


def test_a_question_that_was_overtaken_does_not_come_back(approvals: Approvals) -> None:
    approvals.ask_approval(ANEW)
    approvals.ask_approval(QUESTION)
    assert approvals.approval(ID) == ANEW


def test_an_answer_to_a_question_that_was_asked_anew_since_is_not_taken(approvals: Approvals) -> None:
    approvals.ask_approval(QUESTION)
    approvals.ask_approval(ANEW)
    for token, taken in ((QUESTION.token, False), (ANEW.token, True)):
        assert approvals.answer(ID, decision="approved", by=ANNA, at=NOW, reason="", token=token) == taken


def test_questions_are_listed_newest_first(approvals: Approvals) -> None:
    older = replace(QUESTION, restoration=restoration(9), asked_at=NOW - timedelta(hours=1))
    for each in (older, QUESTION):
        approvals.ask_approval(each)
    assert approvals.approvals() == (QUESTION, older)


def test_a_token_is_not_shown(approvals: Approvals) -> None:
    approvals.ask_approval(QUESTION)
    assert QUESTION.token not in repr(approvals.approval(ID))
