"""What is announced: the verdict, the two times, the first error with what to do, and where the report is."""

from dataclasses import dataclass

from lambdas.evidence import naming
from lambdas.evidence.failures import Failure
from lambdas.evidence.summary import Summary
from lambdas.words import clock, duration, loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Subject and body; the topic cuts them to what it takes."""

    subject: str
    body: str


def of_sweep(summary: Summary, *, bucket: str, swept: str) -> Message:
    """The announcement of a sweep behind a drill that had its record already; `swept` is the sweep's own."""
    left = "Nothing of it is left." if not summary.leftovers else f"{summary.leftovers} of it may still be left."
    return Message(
        subject=f"[{summary.environment}] Swept up after restore drill {summary.id}",
        body=f"The drill {summary.id} of {summary.source} had left something behind, and the sweep deleted it.\n"
        f"{left}\n\nRecord of the sweep: s3://{bucket}/{swept}\n"
        f"Record of the drill ({summary.outcome}): s3://{bucket}/{summary.record}\n",
    )


def of_drill(summary: Summary, *, bucket: str, region: str | None) -> Message:
    """The announcement of a recorded drill. `region` None: there is no console to link to."""
    passed = summary.outcome == "passed"
    word = ("passed with warnings" if summary.verdict == "warn" else "passed") if passed else "FAILED"
    lost = _against(summary.rpo_seconds, summary.rpo_objective_seconds)
    if lost and summary.from_snapshot:
        lost += "; the RPO is proven by the point-in-time drill, not by this one"
    known = summary.recorded_by == "drill"
    unmeasured = "not measured" if known else "not known"
    point = summary.recovery_point_id or ("none was chosen" if known else "not known")
    lines = [
        f"The restore drill {summary.id} of {summary.source} ({summary.environment}) {word}.",
        "",
        f"Recovery point  {point} (asked for: {summary.requested})",
        f"Recovery time   {_against(summary.rto_seconds, summary.rto_objective_seconds) or unmeasured}",
        f"{loss(from_snapshot=summary.from_snapshot):14}  {lost or unmeasured}",
        f"Started         {clock(summary.opened_at)}",
        f"{'Ended   ' if known else 'Recorded'}        {clock(summary.closed_at)}",
    ]
    if summary.failed_checks:
        lines.append(f"Failed checks   {', '.join(summary.failed_checks)}")
    if summary.leftovers:
        lines.append(f"Left behind     {summary.leftovers}, or not ruled out: look before the next drill")
    if not passed:
        lines += ["", f"First error: {summary.error}", summary.cause or ""]
    if summary.report is not None:
        lines += [
            "",
            f"Report: {naming.link(bucket=bucket, key=summary.report, region=region)}",
            f"Record: s3://{bucket}/{summary.record}",
            f"SHA-256 of the record: {summary.sha256}",
        ]
    return Message(
        subject=f"[{summary.environment}] Restore drill {word}: {summary.source}",
        body="\n".join(lines) + "\n",
    )


def of_lost_evidence(failure: Failure, *, drill: str, source: str, environment: str, first: Failure | None) -> Message:
    """The announcement of a drill whose evidence could not be stored: `failure` says why, `first` what else failed."""
    lines = [
        f"The restore drill {drill} of {source} ({environment}) has no evidence, so it has not passed.",
        "",
        f"{failure.name}: {failure.sentence}",
    ]
    if first is not None:
        lines += ["", f"The drill itself had failed before: {first.name}", first.sentence]
    lines += ["", "The source stays locked and the drill stays open until the daily sweep records it."]
    return Message(
        subject=f"[{environment}] Restore drill FAILED, no evidence: {source}",
        body="\n".join(lines) + "\n",
    )


def _against(measured: float | None, objective: float | None) -> str:
    if measured is None:
        return ""
    return duration(measured) + (f" of at most {duration(objective)}" if objective is not None else "")
