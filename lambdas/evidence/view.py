"""The record in the order and the words of a report. What the templates show is decided here, and only here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas import payload
from lambdas.evidence import charts
from lambdas.evidence.canonical import canonical, digest
from lambdas.evidence.charts import Axis, Bar, Trend
from lambdas.evidence.headline import Headline
from lambdas.evidence.measures import WHOLE, Measure, integrity, timed
from lambdas.evidence.summary import Summary, summarise
from lambdas.evidence.tables import KEY_TABLES, Area, Count, areas, shrunk_first
from lambdas.evidence.tables import counts as counts_of
from lambdas.words import clock, loss, number

Record = Mapping[str, Any]

_PARTS = {
    "recovery_point": "the recovery point",
    "blueprint": "the source's shape",
    "target": "the restored cluster",
    "namespace": "the namespace",
    "isolation": "the isolation",
    "database": "facts about the database",
    "data_as_of": "the newest write",
    "verdict": "the verdict",
    "checks": "the checks",
    "counts": "the row counts",
    "baseline": "the comparison with a baseline",
    "cost": "the cost",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything a report shows that the record does not say in just those words."""

    summary: Summary
    headline: Headline
    measures: tuple[Measure, ...]
    axis: Axis
    bars: tuple[Bar, ...]
    verified_at: float | None
    trend: Trend
    areas: tuple[Area, ...]
    counts: tuple[Count, ...]
    key_counts: tuple[Count, ...]
    not_reached: tuple[str, ...]
    issues: tuple[str, ...]
    further_issues: tuple[str, ...]
    sha256: str


def view(record: Record, history: Sequence[Summary] = ()) -> View:
    """The view of a record; `history` holds earlier drills of the same source."""
    sha256 = digest(canonical(record))
    summary = summarise(record, record_key="record.json", report_key="report.html", sha256=sha256)
    begun = min([summary.opened_at, *_moments(record, "started_at")])
    ended = max([begun, *_moments(record, "ended_at")])
    axis = charts.axis((ended - begun).total_seconds(), record["objectives"]["rto_seconds"])
    counts = counts_of(record)
    issues = _issues(record)
    return View(
        summary=summary,
        headline=_headline(record, summary),
        measures=_measures(record, summary),
        axis=axis,
        bars=charts.bars(record["phases"], begun=begun, on=axis),
        verified_at=charts.position(summary.rto_seconds, axis),
        trend=charts.trend(summary, history),
        areas=areas(record["checks"] or ()),
        counts=tuple(sorted(counts.values(), key=shrunk_first)),
        key_counts=tuple(counts[name] for name in KEY_TABLES if name in counts),
        not_reached=_not_reached(record),
        issues=issues,
        # The first error stands in the headline already.
        further_issues=issues[1:] if record["outcome"]["error"] else issues,
        sha256=sha256,
    )


def _moments(record: Record, name: str) -> list[datetime]:
    return [payload.parse_instant(each[name]) for each in record["phases"] if each[name]]


def _headline(record: Record, summary: Summary) -> Headline:
    point = record["recovery_point"]
    if summary.outcome == "failed":
        error = record["outcome"]["error"]
        return Headline(word="Failed", tone="fail", sentence=error["sentence"])
    what = "its snapshot" if point["kind"] == "snapshot" else "its continuous backup"
    sentence = (
        f"{summary.source} came back from {what} of {clock(payload.parse_instant(point['time']))}: "
        f"restored, verified and removed again without a trace."
    )
    if summary.verdict == "warn":
        return Headline(word="Passed, with warnings", tone="warn", sentence=sentence)
    return Headline(word="Passed", tone="pass", sentence=sentence)


def _measures(record: Record, summary: Summary) -> tuple[Measure, ...]:
    verdict = record["verdict"]
    rto, rpo = summary.rto_objective_seconds or 0.0, summary.rpo_objective_seconds or 0.0
    lost = loss(from_snapshot=summary.from_snapshot)
    early = record["absent"].get("verdict", "")
    if verdict is None:
        known = record["outcome"]["recorded_by"] == "drill"
        value, unmeasured = ("Not verified", "Not measured") if known else ("Not known", "Not known")
        return (
            Measure(
                title="Data integrity",
                verdict="not-measured",
                value=value,
                against="",
                measured=value,
                objective=WHOLE,
                reason=early,
            ),
            timed("Recovery time", None, rto, early, unmeasured=unmeasured),
            timed(lost, None, rpo, early, unmeasured=unmeasured),
        )
    return (
        integrity(record),
        timed("Recovery time", verdict["rto"], rto, early),
        timed(lost, verdict["rpo"], rpo, early),
    )


def _not_reached(record: Record) -> tuple[str, ...]:
    """What the drill never came to, for a reader who wonders where it is."""
    return tuple(_PARTS[name] for name in _PARTS if name in record["absent"]) if record["verdict"] is None else ()


def _issues(record: Record) -> tuple[str, ...]:
    """Everything found wrong, as sentences: errors, failed and warning checks, what stayed behind."""
    outcome = record["outcome"]
    errors = [each for each in (outcome["error"], *outcome["further"]) if each]
    told = [f"{each['name']}: {each['sentence']}" for each in errors]
    for verdict, word in (("fail", "failed"), ("warn", "warned")):
        told += [
            f"{each['id']} {word} ({each['severity']}): found {_value(each)}, expected {each['expected']}. "
            f"{each['detail']}".strip()
            for each in record["checks"] or ()
            if each["verdict"] == verdict
        ]
    told += [f"{each['id']} did not fail, as it had to." for each in record["controls"] or () if not _control(each)]
    if record["cleanup"]["attempted"] and not record["cleanup"]["proven"]:
        told.append(f"The cleanup is not proven: {record['cleanup']['reason']}")
    return tuple(dict.fromkeys(told))


def _value(check: Mapping[str, Any]) -> str:
    return "nothing" if check["actual"] is None else number(check["actual"])


def _control(check: Mapping[str, Any]) -> bool:
    """Whether the planted fault was seen."""
    return bool(check["verdict"] in ("fail", "warn"))
