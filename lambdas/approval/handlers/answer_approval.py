"""AnswerApproval: a person's answer to a restore that waits. Called by people, never by the machine."""

from contextlib import suppress
from typing import Any

from lambdas import payload
from lambdas.adapters import aws, executions, identity, trail
from lambdas.adapters.approvals import Approvals
from lambdas.approval import answering
from lambdas.approval.answering import Ruling
from lambdas.approval.identity import bound_to
from lambdas.approval.request import Answer, read_answer
from lambdas.errors import ApprovalRejected, ApproverRefused, Day2Error, InputRejected, RequestRefused, ServiceBusy
from lambdas.restore_contracts import ApprovalItem
from lambdas.runtime import Operation, operation


@operation
def handler(call: Operation) -> dict[str, Any]:
    """Take `{id, decision, reason, proof}`; return `{restore, decision, by, again}`.

    The answer is recorded before it is sent, so that only one counts. `again` says that it was recorded before: should
    the function have died in between, the same answer sends it once more.

    Raises:
        InputRejected: with every fault of the request, or no restore of that id has asked.
        ApproverRefused: whoever answers may not.
        RequestRefused: there is nothing to answer (any more).
    """
    sts = identity.door()
    answer = read_answer(call.event, expected=sts.origins, now=call.now)
    by = sts.caller(answer.proof, bound_to=bound_to(answer.id, answer.decision))
    approvals = Approvals(call.settings.evidence.table, aws.client("dynamodb"))
    asked = _asked(approvals, answer.id)
    _require_answerer(call, answer, asked, by=by)
    recorded, ours = asked, False
    if _ruling(answer, asked, call).action == "record":
        ours = approvals.answer(
            answer.id, decision=answer.decision, by=by, at=call.now, reason=answer.reason, token=asked.token
        )
        # Ours, or the one that was quicker.
        recorded = _asked(approvals, answer.id)
    ruling = _ruling(answer, recorded, call)
    if ruling.action == "record":
        raise ServiceBusy(
            "The question was asked anew meanwhile.", resource=answer.id, next_step="Read it, and answer again."
        )
    if ruling.action == "send":
        _send(approvals, recorded, call)
    return {"restore": answer.id, "decision": answer.decision, "by": recorded.by, "again": not ours}


def _asked(approvals: Approvals, restore: str) -> ApprovalItem:
    asked = approvals.approval(restore)
    if asked is None:
        raise InputRejected(
            (f"request.id: no restore {restore} has asked for an approval; `day2 approvals` lists them",)
        )
    return asked


def _require_answerer(call: Operation, answer: Answer, asked: ApprovalItem, *, by: str) -> None:
    two_person = call.settings.restore is None or call.settings.restore.two_person
    execution, starter = asked.restoration.execution, None
    if answering.needs_starter(decision=answer.decision, two_person=two_person):
        starter = trail.door().starter(execution, started_at=asked.restoration.opened_at)
    ruling = answering.answerer(
        arn=by, execution=execution, decision=answer.decision, two_person=two_person, starter=starter
    )
    if ruling.action == "refuse":
        raise ApproverRefused(ruling.reason, resource=answer.id, next_step=ruling.next_step)


def _ruling(answer: Answer, asked: ApprovalItem, call: Operation) -> Ruling:
    ruling = answering.standing(answer.decision, asked, now=call.now)
    if ruling.action == "refuse":
        raise RequestRefused(ruling.reason, resource=answer.id, next_step=ruling.next_step)
    return ruling


def _send(approvals: Approvals, asked: ApprovalItem, call: Operation) -> None:
    """Tell the machine the recorded answer, whoever's it is, and note that it heard it."""
    approval, restore = answering.approval_of(asked), asked.restoration.id
    if approval.decision == "approved":
        heard = executions.door().send_success(asked.token, payload.write(approval), about=restore)
    else:
        heard = executions.door().send_failure(
            asked.token, error=ApprovalRejected.__name__, cause=answering.rejection(approval), about=restore
        )
    if not heard:
        ruling = answering.too_late(asked)
        raise RequestRefused(ruling.reason, resource=restore, next_step=ruling.next_step)
    # Only whoever repeats the answer wants to know; it is given, whatever becomes of this note.
    with suppress(Day2Error):
        approvals.sent(restore, token=asked.token, at=call.now)
