"""What is announced of a restore: how it ended, what serves now, what was lost, what to do, and where the report is."""

from collections.abc import Mapping
from typing import Any

from lambdas import payload
from lambdas.evidence import naming
from lambdas.evidence.failures import Failure
from lambdas.evidence.message import Message
from lambdas.evidence.restore_advice import advice, hourly
from lambdas.evidence.restore_outcome import Serving
from lambdas.evidence.restore_summary import RestoreSummary
from lambdas.evidence.restore_words import headline, lost, outage
from lambdas.words import clock, duration, sentence

Record = Mapping[str, Any]
_STANDS_BESIDE = ("beside", "not-cut-over", "rolled-back")


def of_restore(record: Record, summary: RestoreSummary, *, bucket: str, region: str | None) -> Message:
    """The announcement of a recorded restore. `region` None: there is no console to link to."""
    head = headline(record)
    lines = [
        f"The restore {summary.id} of {summary.source} ({summary.environment}): {head.word.lower()}.",
        head.sentence,
        "",
        *_facts(record, summary),
    ]
    if summary.error is not None:
        lines += ["", f"First error: {summary.error}", summary.cause or ""]
    lines += [f"Then: {each['name']}: {each['sentence']}" for each in record["outcome"]["further"]]
    lines += ["", "WHAT TO DO NEXT"]
    for number, each in enumerate(advice(record), start=1):
        lines.append(f"{number}. {each.title}. {each.detail}")
        lines += [f"   Mind: {every}" for every in each.mind]
        lines += [f"       {line}" for line in (each.command or "").splitlines()]
    if summary.report is not None:
        lines += [
            "",
            f"Report: {naming.link(bucket=bucket, key=summary.report, region=region)}",
            f"Record: s3://{bucket}/{summary.record}",
            f"SHA-256 of the record: {summary.sha256}",
        ]
    return Message(subject=_subject(record, summary), body="\n".join(lines) + "\n")


def _subject(record: Record, summary: RestoreSummary) -> str:
    word = {
        "kept": "Platform restored",
        "beside": "Restored beside, not cut over",
        "not-cut-over": "Restore not cut over",
        "rolled-back": "Restore ROLLED BACK, the old database serves",
        "fenced": "PLATFORM DOWN after a restore",
        "failed": "Restore FAILED, platform untouched",
    }[summary.outcome]
    if summary.outcome == "fenced" and record["serving"]["database"] != "nothing":
        word = "PLATFORM NOT PROVEN after a restore"
    return f"[{summary.environment}] {word}: {summary.source}"


def _facts(record: Record, summary: RestoreSummary) -> list[str]:
    approval = record["approval"]
    facts = {
        "Serves now": summary.serves_from or "nothing" if record["serving"]["database"] != "unknown" else "not known",
        "Recovery point": f"{summary.recovery_point_id or 'none was chosen'} (asked for: {summary.requested})",
        "Lost": lost(record),
        "Outage": outage(record),
        "Recovery time": _recovery_time(summary),
        "Approval": _approval(approval),
        "Started": f"{clock(summary.opened_at)} by {record['restore']['started_by'] or 'nobody known'}",
        "Ended": clock(summary.closed_at),
    }
    if summary.outcome in _STANDS_BESIDE:
        facts["Stands beside"] = f"{record['clusters']['restored']}: costs {hourly(record)} until it is retired"
    told = {"Reason": record["restore"]["reason"], "Ticket": record["restore"]["ticket"]}
    facts |= {name: value for name, value in told.items() if value}
    return [f"{name:15} {value}" for name, value in facts.items()]


def _recovery_time(summary: RestoreSummary) -> str:
    if summary.rto_seconds is None:
        return "not measured"
    most = f" of at most {duration(summary.rto_objective_seconds)}" if summary.rto_objective_seconds else ""
    own = summary.own_seconds
    apart = "" if own is None or own == summary.rto_seconds else f", {duration(own)} without waiting for people"
    return f"{duration(summary.rto_seconds)}{most}{apart}"


def _approval(approval: Mapping[str, Any]) -> str:
    by = f" by {approval['by']}" if approval["by"] else ""
    at = f" at {clock(payload.parse_instant(approval['at']))}" if approval["at"] else ""
    why = f": {sentence(approval['reason'])}" if approval["reason"] else ""
    return f"{approval['decision'].replace('-', ' ')}{by}{at}{why}"


def of_lost_record(  # noqa: PLR0913  one word for each thing that is still known
    failure: Failure, serving: Serving, *, restore: str, source: str, environment: str, first: Failure | None
) -> Message:
    """The announcement of a restore whose record could not be stored: `failure` says why, `first` what else failed."""
    lines = [
        f"The restore {restore} of {source} ({environment}) has ended, and its record could not be stored.",
        serving.sentence,
        "",
        f"{failure.name}: {failure.sentence}",
    ]
    if first is not None:
        lines += ["", f"The restore itself had failed before: {first.name}", first.sentence]
    lines += [
        "",
        "What it did is in the execution's history alone: keep that. The next restore frees the source.",
    ]
    return Message(
        subject=f"[{environment}] Restore WITHOUT RECORD: {source}",
        body="\n".join(lines) + "\n",
    )
