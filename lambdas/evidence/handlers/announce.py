"""Announce: one message, whether or not there is evidence to point at."""

from typing import Any

from lambdas import payload
from lambdas.adapters import aws
from lambdas.adapters.topic import Topic
from lambdas.evidence import failures, message, metrics
from lambdas.evidence.cleanup import cleanup
from lambdas.evidence.message import Message
from lambdas.evidence.summary import Summary
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Publish, and return `{message, subject}`: the message's id and its subject."""
    where, state = call.settings.evidence, call.event["drill_state"]
    told = state.get("evidence")
    if told and told.get("swept"):
        note = message.of_sweep(payload.read(Summary, told), bucket=where.bucket, swept=told["swept"])
    elif told:
        region = None if call.settings.on_one_machine else where.topic.split(":")[3]
        note = message.of_drill(payload.read(Summary, told), bucket=where.bucket, region=region)
    else:
        note = _lost(call, state)
    sent = Topic(where.topic, aws.client("sns")).announce(subject=note.subject, body=note.body)
    return {"message": sent, "subject": note.subject}


def _lost(call: Call, state: dict[str, Any]) -> Message:
    drill = state.get("drill") or {}
    source = drill.get("source") or call.settings.source
    metrics.publish(metrics.of_lost_evidence(environment=call.settings.environment, source=source), at=call.now)
    ended = failures.all_of(state, proven=cleanup(state)["proven"])
    return message.of_lost_evidence(
        failures.read(state.get("evidence_failure") or {}, part="evidence"),
        drill=drill.get("id") or call.context.execution.rpartition(":")[2],
        source=source,
        environment=call.settings.environment,
        first=ended[0] if ended else None,
    )
