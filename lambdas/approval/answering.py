"""May this person answer this, and is there something to answer? No I/O; each ruling has its reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from lambdas.approval.identity import principal, tells_nobody, why_not_two
from lambdas.approval.request import Decision
from lambdas.errors import ApprovalRejected
from lambdas.restore_contracts import Approval, ApprovalItem
from lambdas.words import clock, sentence

# An answer needs a moment to reach the machine: one that is recorded in the last of them would come too late.
LEAST_LEFT = timedelta(seconds=3)

_NEW_RESTORE = "The restored cluster stands as it was verified; to cut over to one, start a new restore."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What is done with an answer, and why, in words for whoever gave it.

    action  record the answer | send the recorded one | leave it as it is: the machine has it | refuse
    """

    action: Literal["record", "send", "leave", "refuse"]
    reason: str
    next_step: str = ""


def standing(decision: Decision, asked: ApprovalItem, *, now: datetime) -> Ruling:
    """Whether the question still stands.

    The same answer again is sent again, whoever repeats it, until the machine is known to have it. That mends the one
    gap there is: an answer recorded by a function that died before the machine heard of it.
    """
    if asked.state == decision:
        if asked.sent_at is not None:
            return Ruling(action="leave", reason=f"{_given(asked)}, and the restore went on.")
        return Ruling(action="send", reason=f"{_given(asked)}.")
    if asked.state in ("approved", "rejected"):
        return Ruling(
            action="refuse",
            reason=f"It is answered already: {_given(asked)}.",
            next_step="The first answer counts. Should the restore still wait, repeat that one: it is sent again.",
        )
    if asked.state == "expired" or now > asked.expires_at - LEAST_LEFT:
        return Ruling(
            action="refuse",
            reason=f"The time to answer ended at {clock(asked.expires_at)}; it is {clock(now)}.",
            next_step=_NEW_RESTORE,
        )
    return Ruling(action="record", reason=f"It waits for an answer until {clock(asked.expires_at)}.")


def too_late(asked: ApprovalItem) -> Ruling:
    """The recorded answer was sent, and nobody waited for it any more."""
    return Ruling(
        action="refuse",
        reason=f"{_given(asked)}; that is recorded, and the restore does not wait any more.",
        next_step="It has the answer already, or its time was over first: its execution tells.",
    )


def approval_of(asked: ApprovalItem) -> Approval:
    """The recorded answer, as the machine is told it."""
    if asked.state == "waiting":
        raise ValueError(f"{asked.restoration.id} is not answered")
    return Approval(decision=asked.state, by=asked.by, at=asked.at, reason=asked.reason)


def _given(asked: ApprovalItem) -> str:
    at = clock(asked.at) if asked.at else "an unknown time"
    return f"{asked.by} {asked.state} it at {at}"


def needs_starter(*, decision: Decision, two_person: bool) -> bool:
    """Whether it matters who started the restore. Everyone may reject; only a cut-over takes two people."""
    return two_person and decision == "approved"


def answerer(*, arn: str, execution: str, decision: Decision, two_person: bool, starter: str | None = None) -> Ruling:
    """Whether the identity behind `arn` may give this answer; `starter` is the ARN that started the execution.

    Who may call the function at all is IAM's to say. This says that the proof is of the same account (else anybody
    who may call it could prove another account's identity, a second person at will), and that two people are two.
    """
    who, account = principal(arn), execution.split(":")[4]
    if who is None or who.account != account:
        return Ruling(
            action="refuse",
            reason=f"{arn} is no user, role or federated session of the account {account}.",
            next_step="Sign in to the account of the restore, and answer again.",
        )
    if not needs_starter(decision=decision, two_person=two_person):
        return Ruling(action="record", reason=f"{arn} may answer.")
    if starter is None:
        return Ruling(
            action="refuse",
            reason="A second person has to approve, and CloudTrail does not yet tell who started this one.",
            next_step="It lags by up to 15 minutes: answer again then. If it stays so, reject, and start anew.",
        )
    if why := why_not_two(starter, arn):
        return Ruling(
            action="refuse",
            reason=f"A second person has to approve: {why}.",
            next_step=_how_told_apart(arn),
        )
    return Ruling(action="record", reason=f"{starter} started it, and {arn} is another.")


def _how_told_apart(arn: str) -> str:
    who = principal(arn)
    if who is not None and tells_nobody(who):
        return "Sign in under a name of your own (IAM Identity Center, or role_session_name in the profile)."
    return "Let somebody else answer, under a name of their own."


def rejection(answer: Approval) -> str:
    """The cause with which a rejected restore's wait ends, as an operator reads it."""
    at = f" at {clock(answer.at)}" if answer.at else ""
    return str(
        ApprovalRejected(
            f"The cut-over was refused{at}: {sentence(answer.reason)}",
            resource=answer.by or "nobody",
            next_step="The restored cluster stands, verified and untouched, until `day2 retire` deletes it.",
        )
    )
