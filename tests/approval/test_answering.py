"""May this person answer this? The rulings, as the operators meet them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from restore_samples import ACCOUNT, ALICE, ASKED, BOB, EXECUTION, question

from lambdas.approval import answering
from lambdas.approval.answering import Ruling
from lambdas.approval.identity import principal, why_not_two
from lambdas.approval.request import Decision
from lambdas.restore_contracts import Approval, ApprovalItem

NOW = ASKED + timedelta(minutes=5)
UNTIL = question().expires_at
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def session(role: str, name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:sts::{account}:assumed-role/{role}/{name}"


def given(decision: Decision = "approved", *, heard: bool = False) -> ApprovalItem:
    return replace(question(), state=decision, by=BOB, at=ASKED, reason="why", sent_at=ASKED if heard else None)


def standing(decision: Decision = "approved", *, asked: ApprovalItem | None = None, now: datetime = NOW) -> Ruling:
    return answering.standing(decision, asked or question(), now=now)


def may(arn: str, decision: Decision = "approved", *, two_person: bool = True, starter: str | None = ALICE) -> Ruling:
    return answering.answerer(arn=arn, execution=EXECUTION, decision=decision, two_person=two_person, starter=starter)


def test_a_restore_that_waits_may_be_answered() -> None:
    assert standing().action == "record"


def test_after_the_time_nobody_may_answer_any_more() -> None:
    late = standing(now=UNTIL)
    assert late.action == "refuse"
    assert "The time to answer ended at 2026-11-23 15:05:00 UTC" in late.reason
    assert "start a new restore" in late.next_step


def test_what_the_machine_closed_is_over_whatever_the_time() -> None:
    assert standing(asked=replace(question(), state="expired")).action == "refuse"


def test_an_answer_in_the_last_moments_is_not_recorded_as_it_would_come_too_late() -> None:
    assert standing(now=UNTIL - timedelta(seconds=2)).action == "refuse"
    assert standing(now=UNTIL - timedelta(seconds=3)).action == "record"


@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_the_same_answer_again_is_sent_again_until_the_machine_has_it(decision: Decision) -> None:
    again = standing(decision, asked=given(decision), now=UNTIL + timedelta(days=1))
    assert again.action == "send"
    assert f"{BOB} {decision} it at 2026-11-23 11:05:00 UTC" in again.reason
    assert standing(decision, asked=given(decision, heard=True)).action == "leave"


@pytest.mark.parametrize("heard", [True, False])
def test_another_answer_than_the_first_is_refused(*, heard: bool) -> None:
    other = standing("rejected", asked=given(heard=heard))
    assert other.action == "refuse"
    assert f"{BOB} approved it" in other.reason
    assert "repeat that one" in other.next_step


def test_an_answer_that_nobody_waited_for_is_told_as_recorded() -> None:
    late = answering.too_late(given())
    assert late.action == "refuse"
    assert f"{BOB} approved it at 2026-11-23 11:05:00 UTC; that is recorded" in late.reason


def test_what_is_sent_is_what_was_recorded() -> None:
    assert answering.approval_of(given()) == Approval(decision="approved", by=BOB, at=ASKED, reason="why")
    with pytest.raises(ValueError, match="not answered"):
        answering.approval_of(question())


def test_with_two_people_the_starter_may_not_approve() -> None:
    own = may(ALICE)
    assert own.action == "refuse"
    assert f"A second person has to approve: {ALICE} started it" in own.reason


def test_with_two_people_another_may_approve() -> None:
    assert may(BOB).action == "record"


def test_the_starter_may_reject() -> None:
    assert may(ALICE, "rejected").action == "record"


def test_without_two_people_the_starter_may_approve_and_nobody_asks_who_that_was() -> None:
    assert not answering.needs_starter(decision="approved", two_person=False)
    assert may(ALICE, two_person=False, starter=None).action == "record"


def test_while_cloudtrail_does_not_tell_who_started_it_nobody_may_approve() -> None:
    unknown = may(BOB, starter=None)
    assert unknown.action == "refuse"
    assert "CloudTrail does not yet tell" in unknown.reason
    assert "15 minutes" in unknown.next_step


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::999999999999:user/bob",
        session("Operators", "bob", account="999999999999"),
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:x",
        "bob",
        "",
    ],
)
@pytest.mark.parametrize("two_person", [True, False])
def test_whoever_is_not_of_the_restores_account_may_answer_nothing(arn: str, *, two_person: bool) -> None:
    assert may(arn, "rejected", two_person=two_person).action == "refuse"


@pytest.mark.parametrize(
    ("starter", "approver"),
    [
        (ALICE, ALICE),
        (session("Operators", "alice@example.com"), session("Operators", "alice@example.com")),
        (session("Operators", "alice"), session("Admins", "alice")),
        (session("Operators", "Alice"), session("Operators", "alice")),
        (ALICE, session("Operators", "alice")),
        (ROOT, ROOT),
    ],
)
def test_one_person_behind_two_sessions_is_one_person(starter: str, approver: str) -> None:
    assert "is the same person by name" in why_not_two(starter, approver)


@pytest.mark.parametrize(
    ("starter", "approver"),
    [
        (ALICE, BOB),
        (session("Operators", "alice@example.com"), session("Operators", "bob@example.com")),
        (ALICE, session("Operators", "bob")),
        (ALICE, f"arn:aws:sts::{ACCOUNT}:federated-user/bob"),
    ],
)
def test_two_names_are_two_people(starter: str, approver: str) -> None:
    assert why_not_two(starter, approver) == ""


@pytest.mark.parametrize(
    "nobody",
    [
        "botocore-session-1764115200",
        "aws-go-sdk-1764115200000000000",
        "aws-sdk-js-1764115200000",
        "aws-sdk-java-1764115200000",
        "1764115200123456789",
        "i-0123456789abcdef0",
        "AWSCLI-Session",
    ],
)
def test_a_session_whose_name_a_tool_made_up_is_nobody_in_particular(nobody: str) -> None:
    for starter, approver in ((ALICE, session("Operators", nobody)), (session("Operators", nobody), BOB)):
        assert "was made up by a tool" in why_not_two(starter, approver)
    assert "Sign in under a name of your own" in may(session("Operators", nobody)).next_step


def test_the_root_user_is_nobody_in_particular() -> None:
    assert "the root user is nobody in particular" in why_not_two(ALICE, ROOT)


def test_a_service_that_started_it_is_no_person() -> None:
    assert "is no identity of a person" in why_not_two("arn:aws:iam::1:role/scheduler", BOB)


def test_names_are_read_from_every_kind_of_arn() -> None:
    read = [principal(each) for each in (ALICE, session("R", "Bob"), f"arn:aws:sts::{ACCOUNT}:federated-user/c", ROOT)]
    told = [(each.kind, each.name, each.account) for each in read if each]
    assert told == [
        (kind, name, ACCOUNT)
        for kind, name in (("user", "alice"), ("session", "bob"), ("federated", "c"), ("root", "root"))
    ]


def test_a_rejections_cause_tells_who_when_why_and_what_stays() -> None:
    cause = answering.rejection(Approval(decision="rejected", by=BOB, at=ASKED, reason="not the table we lost"))
    assert cause == (
        f"The cut-over was refused at 2026-11-23 11:05:00 UTC: Not the table we lost. [{BOB}] "
        "The restored cluster stands, verified and untouched, until `day2 retire` deletes it."
    )
