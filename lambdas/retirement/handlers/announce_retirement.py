"""AnnounceRetirement: one message, whether or not there is a record to point at."""

from typing import Any

from lambdas.adapters import aws
from lambdas.adapters.topic import Topic
from lambdas.evidence import failures
from lambdas.retirement import record
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `retirement_state` with what RecordRetirement gave; return `{message, subject}`."""
    where, state = call.settings.evidence, call.event["retirement_state"]
    kept = state.get("recorded")
    if kept:
        told = f"s3://{where.bucket}/{kept['record']}, SHA-256 {kept['sha256']}"
    else:
        lost = failures.read(state.get("record_failure") or {}, part="record")
        told = f"none: {lost.name}: {lost.sentence}"
    built = record.build(state, call.settings, closed_at=call.context.entered_at)
    note = record.message(built, environment=call.settings.environment, where=told)
    sent = Topic(where.topic, aws.client("sns")).announce(subject=note.subject, body=note.body)
    return {"message": sent, "subject": note.subject}
