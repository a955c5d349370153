"""AnnounceRestore: one message, whether or not there is a record to point at."""

from typing import Any

from lambdas import payload
from lambdas.adapters import aws
from lambdas.adapters.topic import Topic
from lambdas.evidence import failures, restore_message, restore_record
from lambdas.evidence.message import Message
from lambdas.evidence.opening import restoration_of
from lambdas.evidence.restore_outcome import errors_of, serving_of
from lambdas.evidence.restore_summary import RestoreSummary
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restore_state` with what RecordRestore gave; return `{message, subject}`, both null for a dry run."""
    where, state = call.settings.evidence, call.event["restore_state"]
    told = state.get("recorded")
    if told and told.get("record") is None:
        return {"message": None, "subject": None}
    note = _recorded(call, state, told) if told else _lost(call, state)
    sent = Topic(where.topic, aws.client("sns")).announce(subject=note.subject, body=note.body)
    return {"message": sent, "subject": note.subject}


def _whole(call: Call, state: dict[str, Any]) -> dict[str, Any]:
    restoration = restoration_of(state, context=call.context, settings=call.settings, running=tuple)
    return {**state, "restoration": restoration}


def _recorded(call: Call, state: dict[str, Any], told: dict[str, Any]) -> Message:
    """From the state again, with the answer as it was recorded: the record itself would have to be fetched."""
    where = call.settings.evidence
    built = restore_record.build(_whole(call, state), call.settings, call.context.entered_at)
    return restore_message.of_restore(
        {**built, "approval": told["approval"]},
        payload.read(RestoreSummary, told),
        bucket=where.bucket,
        region=None if call.settings.on_one_machine else where.topic.split(":")[3],
    )


def _lost(call: Call, state: dict[str, Any]) -> Message:
    whole = _whole(call, state)
    ended = errors_of(whole)
    return restore_message.of_lost_record(
        failures.read(state.get("record_failure") or {}, part="record"),
        serving_of(whole),
        restore=whole["restoration"]["id"],
        source=whole["restoration"]["source"],
        environment=call.settings.environment,
        first=ended[0] if ended else None,
    )
