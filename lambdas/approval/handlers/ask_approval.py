"""AskApproval: note the question with its task token, and tell the topic. The machine waits; this function does not."""

from datetime import timedelta
from typing import Any

from lambdas.adapters import aws
from lambdas.adapters.approvals import Approvals
from lambdas.adapters.topic import Topic
from lambdas.approval import message
from lambdas.contracts import Judgement
from lambdas.restore_contracts import ApprovalItem, Plan, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`, `plan`, `judgement`, `admission`, `token`; return `{message, expires_at}`, heard by nobody.

    A retry of the state brings a new token and asks anew. The same token again, which Lambda may deliver twice, leaves
    question and answer as they are; the message may then come twice, unless it is answered already.
    """
    restoration, plan = call.take(Restoration, "restoration"), call.take(Plan, "plan")
    judgement = call.take(Judgement, "judgement")
    approvals = Approvals(call.settings.evidence.table, aws.client("dynamodb"))
    # As the machine counts: from the state's entry, which a retry's later entry only makes too early.
    expires_at = call.context.entered_at + timedelta(seconds=restoration.approval_seconds)
    approvals.ask_approval(
        ApprovalItem(
            restoration=restoration,
            token=str(call.event["token"]),
            asked_at=call.now,
            expires_at=expires_at,
            summary=plan.summary,
            lost=plan.lost,
            verdict=judgement.verdict.integrity.verdict,
        )
    )
    asked = approvals.approval(restoration.id)
    told = None
    if asked is not None and asked.state == "waiting" and asked.token == call.event["token"]:
        told = _announce(call, restoration, plan, judgement, asked)
    return {"message": told, "expires_at": expires_at}


def _announce(call: Call, restoration: Restoration, plan: Plan, judgement: Judgement, asked: ApprovalItem) -> str:
    where = call.settings.evidence
    note = message.of_approval(
        restoration,
        plan,
        judgement,
        schema=(call.event.get("admission") or {}).get("reason", ""),
        asked_at=asked.asked_at,
        expires_at=asked.expires_at,
        two_person=call.settings.restore is None or call.settings.restore.two_person,
        region=None if call.settings.on_one_machine else where.topic.split(":")[3],
    )
    return Topic(where.topic, aws.client("sns")).announce(subject=note.subject, body=note.body)
