"""AnnounceScaling: one message where somebody has to look, and none where nobody has."""

from typing import Any

from lambdas.adapters import aws
from lambdas.adapters.topic import Topic
from lambdas.runtime import Call, step
from lambdas.scaling import record


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `scaling_state`; return `{message, subject}`, both None where nothing was sent."""
    state, where = call.event["scaling_state"], call.settings.evidence
    told = state.get("recorded") or record.summary(state, closed_at=call.context.entered_at)
    note = record.message(told, environment=call.settings.environment)
    if note is None:
        return {"message": None, "subject": None}
    sent = Topic(where.topic, aws.client("sns")).announce(subject=note.subject, body=note.body)
    return {"message": sent, "subject": note.subject}
