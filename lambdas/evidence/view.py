"""The record in the order and the words of a report. What the templates show is decided here, and only here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas import payload
from lambdas.evidence import charts
from lambdas.evidence.canonical import canonical, digest
from lambdas.evidence.charts import Axis, Bar, Trend
from lambdas.evidence.summary import Summary, summarise
from lambdas.words import clock, duration, loss, number, plural, sentence

Record = Mapping[str, Any]

AREAS = {
    "A": "Engine and schema",
    "B": "Users, organizations and groups",
    "C": "Templates",
    "D": "Workspaces and builds",
    "E": "Provisioning",
    "F": "Secrets, licences and configuration",
    "G": "Audit log",
    "CT": "Row counts",
    "FK": "Foreign keys",
    "PH": "Pages and indexes",
    "NC": "The verifier itself",
}
OTHER = "Other checks"
_WHOLE = "no critical check fails"
_WORST_FIRST = ("fail", "warn", "skip", "pass", "report")
KEY_TABLES = ("users", "templates", "workspaces", "groups")
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
class Headline:
    """The verdict in one word and one sentence. `tone`: pass | warn | fail."""

    word: str
    tone: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One of the three things a drill proves. `share` of the objective in percent, where both are known.

    As a figure with small print it is `value` and `against`, as a row of a table `measured` and `objective`.
    """

    title: str
    verdict: str
    value: str
    against: str
    measured: str
    objective: str
    reason: str
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Checks that belong together, the worst first."""

    title: str
    worst: str
    tally: str
    checks: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Rows of a table, and what became of them since the baseline; None where one of the two is not known."""

    table: str
    rows: int | None
    before: int | None
    change: int | None
    percent: float | None


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
    counts = _counts(record)
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
        counts=tuple(sorted(counts.values(), key=_shrunk_first)),
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
                objective=_WHOLE,
                reason=early,
            ),
            _time("Recovery time", None, rto, early, unmeasured=unmeasured),
            _time(lost, None, rpo, early, unmeasured=unmeasured),
        )
    return (
        _integrity(record),
        _time("Recovery time", verdict["rto"], rto, early),
        _time(lost, verdict["rpo"], rpo, early),
    )


def _integrity(record: Record) -> Measure:
    """How many of the checks that can fail have passed; reported and skipped ones are neither."""
    told, tally = record["verdict"]["integrity"], record["tally"]
    able = tally["pass"] + tally["warn"] + tally["fail"]
    beside = [
        plural(tally[word], one, many)
        for word, one, many in (("skip", "skipped", "skipped"), ("report", "reported", "reported"))
        if tally[word]
    ]
    value, against = f"{number(tally['pass'])} of {number(able)}", ", ".join(["checks passed", *beside])
    return Measure(
        title="Data integrity",
        verdict=told["verdict"],
        value=value,
        against=against,
        measured=f"{value} {against}",
        objective=_WHOLE,
        reason=sentence(told["reason"]),
        share=100 * tally["pass"] / able if able else None,
    )


def _time(
    title: str, told: Mapping[str, Any] | None, objective: float, early: str, *, unmeasured: str = "Not measured"
) -> Measure:
    measured = told["measured_seconds"] if told else None
    value, most = unmeasured if measured is None else duration(measured), f"at most {duration(objective)}"
    return Measure(
        title=title,
        verdict=told["verdict"] if told else "not-measured",
        value=value,
        against=f"of {most}",
        measured=value,
        objective=most,
        reason=sentence(told["reason"]) if told else early,
        share=None if measured is None or objective <= 0 else max(0.0, min(100 * measured / objective, 100)),
    )


def areas(checks: Sequence[Mapping[str, Any]]) -> tuple[Area, ...]:
    """The checks by area: areas with failures first, then with warnings, then in the catalogue's order."""
    titles = [*AREAS.values(), OTHER]
    by_title: dict[str, list[Mapping[str, Any]]] = {}
    for check in checks:
        by_title.setdefault(area_of(check["id"]), []).append(check)
    made = [_area(title, found) for title, found in by_title.items()]
    return tuple(sorted(made, key=lambda each: (min(_rank(each.worst), 2), titles.index(each.title))))


def area_of(check: str) -> str:
    """`D06_running_without_terraform_state` -> `Workspaces and builds`; the letters before the number decide."""
    letters = check[: next((index for index, letter in enumerate(check) if not letter.isupper()), len(check))]
    return AREAS.get(letters, OTHER)


def _area(title: str, checks: list[Mapping[str, Any]]) -> Area:
    ordered = sorted(checks, key=lambda each: (_rank(each["verdict"]), _severity(each), each["id"]))
    words = {"fail": "failed", "warn": "warned", "pass": "passed", "skip": "skipped", "report": "reported"}
    told = [
        f"{sum(each['verdict'] == verdict for each in checks)} {word}"
        for verdict, word in words.items()
        if any(each["verdict"] == verdict for each in checks)
    ]
    return Area(title=title, worst=ordered[0]["verdict"], tally=", ".join(told), checks=tuple(ordered))


def _rank(verdict: str) -> int:
    return _WORST_FIRST.index(verdict)


def _severity(check: Mapping[str, Any]) -> int:
    return ("critical", "warning", "info").index(check["severity"])


def _counts(record: Record) -> dict[str, Count]:
    now = record["counts"] or {}
    before = (record["baseline"] or {}).get("counts") or {}
    return {table: _count(table, now.get(table), before.get(table)) for table in sorted({*now, *before})}


def _count(table: str, rows: int | None, before: int | None) -> Count:
    if rows is None or before is None:
        return Count(table=table, rows=rows, before=before, change=None, percent=None)
    change = rows - before
    return Count(
        table=table, rows=rows, before=before, change=change, percent=100 * change / before if before else None
    )


def _shrunk_first(count: Count) -> tuple[bool, float, int, str]:
    shrunk = count.rows is None or (count.change is not None and count.change < 0)
    lost = (count.percent if count.percent is not None else -100.0) if shrunk else 0.0
    return (not shrunk, lost, -(count.rows or 0), count.table)


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
