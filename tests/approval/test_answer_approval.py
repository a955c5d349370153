"""AnswerApproval: one answer counts, it is the right person's, and the machine hears of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from approval_world import World
from restore_samples import ACCOUNT, ALICE, ASKED, BOB, EXECUTION, RESTORATION, question

from lambdas.adapters.approvals import Approvals
from lambdas.approval.handlers import answer_approval
from lambdas.errors import ApproverRefused, Day2Error, InputRejected, RequestRefused, ServiceBusy
from lambdas.restore_contracts import ApprovalItem

CAROL = f"arn:aws:iam::{ACCOUNT}:user/carol"


def noted(world: World) -> ApprovalItem:
    asked = world.approvals.approval(RESTORATION.id)
    assert asked is not None
    return asked


def two_people(world: World) -> None:
    assert world.settings.restore is not None
    world.settings = replace(world.settings, restore=replace(world.settings.restore, two_person=True))


def test_an_approval_lets_the_machine_go_on_with_who_and_when(world: World) -> None:
    world.asked()
    told = world.answer("approved", reason="it is what we lost")
    assert told == {"restore": RESTORATION.id, "decision": "approved", "by": BOB, "again": False}
    sent = {"decision": "approved", "by": BOB, "at": "2026-11-23T11:05:00Z", "reason": "it is what we lost"}
    assert world.machine.heard == [("a-task-token", "success", sent)]
    assert (noted(world).state, noted(world).by) == ("approved", BOB)


def test_a_rejection_fails_the_wait_by_its_name_with_who_and_why(world: World) -> None:
    world.asked()
    assert world.answer("rejected", reason="wrong moment")["decision"] == "rejected"
    ((token, error, cause),) = world.machine.heard
    assert (token, error) == ("a-task-token", "ApprovalRejected")
    assert "Wrong moment." in cause
    assert BOB in cause
    assert noted(world).state == "rejected"


def test_a_proof_for_another_answer_is_refused_and_nothing_is_recorded(world: World) -> None:
    world.asked()
    world.sts.signed_for = f"{RESTORATION.id}:rejected"
    event = {"id": RESTORATION.id, "decision": "approved", "proof": world.proof()}
    with pytest.raises(ApproverRefused):
        answer_approval.handler(event, None)
    assert noted(world).state == "waiting"
    assert world.machine.heard == []


def test_every_fault_of_a_bad_answer_is_told_and_sts_is_not_asked(world: World) -> None:
    world.asked()
    with pytest.raises(InputRejected) as refused:
        answer_approval.handler({"id": "x", "decision": "perhaps", "proof": "https://example.com"}, None)
    assert len(refused.value.problems) == 3
    assert world.sts.asked == []


def test_a_restore_that_asked_nothing_cannot_be_answered(world: World) -> None:
    with pytest.raises(InputRejected, match="no restore 20261123-1a2b3c4d has asked"):
        world.answer("approved")


def test_nobody_answers_after_the_time(world: World) -> None:
    world.asked()
    world.now = question().expires_at
    with pytest.raises(RequestRefused, match="The time to answer ended"):
        world.answer("approved")
    assert world.machine.heard == []


def test_the_first_answer_counts(world: World) -> None:
    world.asked()
    world.answer("approved")
    with pytest.raises(RequestRefused, match=f"answered already: {BOB} approved it"):
        world.answer("rejected", by=CAROL, reason="no")
    assert len(world.machine.heard) == 1


def test_of_two_answers_at_once_the_slower_is_told_whose_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.asked()
    enter = Approvals.answer

    def after_carol(self: Approvals, restore: str, **how: Any) -> bool:
        enter(self, restore, **{**how, "by": CAROL, "decision": "rejected", "reason": "no"})
        return enter(self, restore, **how)

    monkeypatch.setattr(Approvals, "answer", after_carol)
    with pytest.raises(RequestRefused, match=f"{CAROL} rejected it"):
        world.answer("approved")
    assert world.machine.heard == []


def test_a_question_that_is_asked_anew_meanwhile_is_not_answered_by_the_old_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.asked()
    enter = Approvals.answer

    def after_a_retry(self: Approvals, restore: str, **how: Any) -> bool:
        self.ask_approval(replace(question("another-token"), asked_at=ASKED + timedelta(seconds=1)))
        return enter(self, restore, **how)

    monkeypatch.setattr(Approvals, "answer", after_a_retry)
    with pytest.raises(ServiceBusy, match="asked anew"):
        world.answer("approved")
    assert noted(world).state == "waiting"


def test_an_answer_whose_function_died_before_the_machine_heard_is_sent_by_repeating_it(world: World) -> None:
    world.asked()
    world.machine.fault = KeyError("killed")
    with pytest.raises(KeyError):
        world.answer("approved")
    world.later(minutes=3)
    told = world.answer("approved", by=CAROL)
    assert told == {"restore": RESTORATION.id, "decision": "approved", "by": BOB, "again": True}
    ((_, _, sent),) = world.machine.heard
    assert (sent["by"], sent["at"]) == (BOB, "2026-11-23T11:05:00Z")


def test_an_answer_that_the_machine_has_is_not_sent_again(world: World) -> None:
    world.asked()
    world.answer("approved")
    world.machine.waits = False
    assert world.answer("approved", by=CAROL)["again"]
    assert len(world.machine.heard) == 1


def test_an_answer_that_nobody_waits_for_any_more_is_told_as_such(world: World) -> None:
    world.asked()
    world.machine.waits = False
    with pytest.raises(RequestRefused, match="is recorded, and the restore does not wait any more"):
        world.answer("approved")


def test_an_answer_is_given_even_if_that_cannot_be_noted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> bool:
        raise ServiceBusy("busy", resource="ledger", next_step="")

    monkeypatch.setattr(Approvals, "sent", busy)
    world.asked()
    assert world.answer("approved")["decision"] == "approved"


def test_with_two_people_the_starter_is_refused_and_nothing_is_recorded(world: World) -> None:
    two_people(world)
    world.asked()
    with pytest.raises(ApproverRefused, match="A second person has to approve"):
        world.answer("approved", by=ALICE)
    assert noted(world).state == "waiting"
    assert world.trail.asked == [(EXECUTION, RESTORATION.opened_at)]


def test_with_two_people_another_approves(world: World) -> None:
    two_people(world)
    world.asked()
    assert world.answer("approved", by=BOB)["by"] == BOB


def test_with_two_people_the_starter_may_reject_without_cloudtrail_being_asked(world: World) -> None:
    two_people(world)
    world.asked()
    assert world.answer("rejected", by=ALICE, reason="my mistake")["by"] == ALICE
    assert world.trail.asked == []


def test_with_two_people_nobody_approves_before_cloudtrail_tells_the_starter(world: World) -> None:
    two_people(world)
    world.asked()
    world.trail.started_by = None
    with pytest.raises(ApproverRefused, match="15 minutes"):
        world.answer("approved")


def test_without_two_people_the_starter_approves_and_cloudtrail_is_not_asked(world: World) -> None:
    world.asked()
    assert world.answer("approved", by=ALICE)["by"] == ALICE
    assert world.trail.asked == []


def test_no_log_line_holds_a_proof_or_a_token(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.asked()
    world.answer("approved")
    world.later(minutes=10)
    for event in ({"proof": world.proof().replace("GetCallerIdentity", "AssumeRole")}, {"id": "x"}):
        with pytest.raises(Day2Error):
            world.answer("approved", **event)
    out = "\n".join(str(vars(each)) for each in caplog.records)
    assert "'operation': 'answer_approval'" in out
    assert "X-Amz" not in out.replace("its X-Amz", "")
    assert "abab" not in out
    assert "a-task-token" not in out
