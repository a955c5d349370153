"""The record of a restore in the order and the words of its report. What the templates show is decided here."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas import payload
from lambdas.evidence import charts
from lambdas.evidence.canonical import canonical, digest
from lambdas.evidence.charts import Axis, Bar
from lambdas.evidence.headline import Headline
from lambdas.evidence.measures import Measure, integrity, timed
from lambdas.evidence.restore_advice import Advice, advice, hourly
from lambdas.evidence.restore_words import headline, lost, outage
from lambdas.evidence.tables import KEY_TABLES, Area, Count, areas, shrunk_first
from lambdas.evidence.tables import counts as counts_of
from lambdas.words import capital, clock, duration, person, plural, sentence

Record = Mapping[str, Any]

_TONES = {
    "counts": "our work",
    "waiting": "waiting for people",
    "outage": "the platform is down",
    "watch": "the platform serves and is watched",
    "rollback": "rolling back",
    "later": "afterwards",
    "failed": "failed",
}
_PARTS = {
    "recovery_point": "the recovery point",
    "platform": "the platform as it was",
    "plan": "the plan",
    "target": "the restored cluster",
    "database": "facts about the database",
    "verdict": "the verdict",
    "checks": "the checks",
    "counts": "the row counts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeup:
    """The outage on an axis of its own, on which seconds can be seen."""

    axis: Axis
    bars: tuple[Bar, ...]
    verified_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreView:
    """Everything a report shows that the record does not say in just those words.

    legend  tone -> words, of the tones that the timeline has
    cost    of the restored cluster, where it stands beside and serves nobody
    approval, approver  the decision with the approver by name, and the ARN that stands for it
    folder  of the handover's files in the evidence bucket
    """

    headline: Headline
    serves: str
    measures: tuple[Measure, ...]
    advice: tuple[Advice, ...]
    lost: str
    outage: str
    cost: str | None
    approval: str
    approver: str | None
    folder: str | None
    axis: Axis
    bars: tuple[Bar, ...]
    legend: Mapping[str, str]
    verified_at: float | None
    closeup: Closeup | None
    areas: tuple[Area, ...]
    counts: tuple[Count, ...]
    key_counts: tuple[Count, ...]
    further: tuple[str, ...]
    not_reached: tuple[str, ...]
    sha256: str


def view(record: Record) -> RestoreView:
    """The view of a record."""
    opened = payload.parse_instant(record["restore"]["opened_at"])
    begun = min([opened, *_moments(record["phases"], "started_at")])
    ended = max([begun, *_moments(record["phases"], "ended_at")])
    axis = charts.axis((ended - begun).total_seconds(), record["objectives"]["rto_seconds"])
    bars = charts.bars(record["phases"], begun=begun, on=axis)
    counts = counts_of(record)
    stands = record["outcome"]["result"] != "kept" and record["target"] is not None
    return RestoreView(
        headline=headline(record),
        serves=_serves(record),
        measures=_measures(record),
        advice=advice(record),
        lost=lost(record),
        outage=outage(record),
        cost=hourly(record) if stands else None,
        approval=_approval(record["approval"]),
        approver=record["approval"]["by"],
        folder=_folder(record),
        axis=axis,
        bars=bars,
        legend={tone: words for tone, words in _TONES.items() if tone in {each.tone for each in bars}},
        verified_at=charts.position(record["rto"]["measured_seconds"], axis),
        closeup=_closeup(record),
        areas=areas(record["checks"] or ()),
        counts=tuple(sorted(counts.values(), key=shrunk_first)),
        key_counts=tuple(counts[name] for name in KEY_TABLES if name in counts),
        further=tuple(f"{each['name']}: {each['sentence']}" for each in record["outcome"]["further"]),
        not_reached=tuple(_PARTS[name] for name in _PARTS if name in record["absent"]),
        sha256=digest(canonical(record)),
    )


def _closeup(record: Record) -> Closeup | None:
    """The phases from the fence to the platform's verification; where it was rolled back, to that of the rollback."""
    turned = any(each["during"] == "rollback" for each in record["phases"])
    during = {"outage", "watch", "rollback"} if turned else {"outage"}
    phases = [each for each in record["phases"] if each["during"] in during]
    begun, ended = _moments(phases, "started_at"), _moments(phases, "ended_at")
    if not begun or not ended:
        return None
    seconds = (max(ended) - min(begun)).total_seconds()
    axis = charts.axis(seconds, math.inf)
    return Closeup(
        axis=axis,
        bars=charts.bars(phases, begun=min(begun), on=axis),
        verified_at=None if turned else charts.position(seconds, axis),
    )


def _moments(phases: Sequence[Mapping[str, Any]], name: str) -> list[datetime]:
    return [payload.parse_instant(each[name]) for each in phases if each[name]]


def _serves(record: Record) -> str:
    serving = record["serving"]
    if serving["database"] == "unknown":
        return "Not known"
    if serving["cluster"] is None:
        return "Nothing"
    return str(serving["cluster"])


def _measures(record: Record) -> tuple[Measure, ...]:
    """What it took away, what it lost, how long it took, and whether the data is whole."""
    return (_outage(record), _loss(record), _recovery_time(record), _integrity(record))


def _outage(record: Record) -> Measure:
    told = record["outage"]
    value, periods = outage(record), told["periods"]
    verdict = "pass" if not periods else "fail" if told["seconds"] is None else "report"
    began = next((each["began_at"] for each in periods if each["began_at"]), None)
    return Measure(
        title="Outage",
        verdict=verdict,
        value=capital(value),
        against=f"from {_time(began)} UTC" if began else "",
        measured=value,
        objective="none is set",
        reason=told["reason"],
    )


def _loss(record: Record) -> Measure:
    told = record["loss"]
    if told["stands_in"] is None:
        return Measure(
            title="Lost writes",
            verdict="pass",
            value="None",
            against="",
            measured="none",
            objective=f"at most {duration(told['objective_seconds'])}",
            reason=told["reason"],
        )
    if told["stands_in"] == "restored":
        value = "Not known" if told["seconds"] is None else duration(told["seconds"])
        return Measure(
            title="Left behind",
            verdict="warn",
            value=value,
            against="of writes, on the restored database",
            measured=value,
            objective="none is set",
            reason=told["reason"],
        )
    rows = "" if told["audit_rows"] is None else plural(told["audit_rows"], "row") + " of the audit log"
    value = "Not known" if told["seconds"] is None else duration(told["seconds"])
    return Measure(
        title="Lost writes",
        verdict=told["verdict"],
        value=value,
        against=rows or f"objective {duration(told['objective_seconds'])}",
        measured=f"{value}{f', {rows}' if rows else ''}",
        objective=f"at most {duration(told['objective_seconds'])}",
        reason=told["reason"],
    )


def _recovery_time(record: Record) -> Measure:
    told = record["rto"]
    made = timed("Recovery time", told, told["objective_seconds"], told["reason"])
    if told["own_seconds"] is None or not told["waited_seconds"]:
        return made
    return Measure(
        title=made.title,
        verdict=made.verdict,
        value=made.value,
        against=f"{duration(told['own_seconds'])} without waiting for people",
        measured=f"{made.value}, {duration(told['own_seconds'])} without waiting for people",
        objective=made.objective,
        reason=made.reason,
        share=made.share,
    )


def _integrity(record: Record) -> Measure:
    if record["verdict"] is not None:
        return integrity(record)
    return Measure(
        title="Data integrity",
        verdict="not-measured",
        value="Not verified",
        against="",
        measured="not verified",
        objective="no critical check fails",
        reason=record["absent"]["verdict"],
    )


def _approval(approval: Mapping[str, Any]) -> str:
    by = f" by {person(approval['by'])}" if approval["by"] else ""
    at = f" at {clock(payload.parse_instant(approval['at']))}" if approval["at"] else ""
    why = f" {sentence(approval['reason'])}" if approval["reason"] else ""
    return f"{capital(approval['decision'].replace('-', ' '))}{by}{at}.{why}"


def _folder(record: Record) -> str | None:
    files = (record["handover"] or {}).get("files") or {}
    return next((key.rpartition("/")[0] for key in files.values()), None)


def _time(moment: str) -> str:
    return f"{payload.parse_instant(moment):%H:%M:%S}"
