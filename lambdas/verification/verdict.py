"""From results to a verdict: integrity, RTO and RPO, each with its reason. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from lambdas.contracts import (
    CheckResult,
    CheckVerdict,
    Drill,
    GroupResult,
    Objective,
    RecoveryPoint,
    Verdict,
    VerificationPlan,
)
from lambdas.errors import VerificationFailed
from lambdas.settings import Objectives
from lambdas.verification import checks, structure
from lambdas.words import duration

# Every run plants at least these: a check that wants zero, one that wants a row, a foreign key.
FEWEST_CONTROLS = 3
RTO_WARNS_ABOVE = 0.8

_WRITES = "A11_write_freshness_seconds"
_HEARTBEAT = "A12_heartbeat_freshness_seconds"
_ORDER: tuple[CheckVerdict, ...] = ("fail", "warn", "pass", "report", "skip")


def gather(
    plan: VerificationPlan,
    results: Sequence[GroupResult],
    *,
    also: Sequence[CheckResult] = (),
    expect: Mapping[str, str],
) -> tuple[CheckResult, ...]:
    """Every check once, in the order of the ids, the planted faults last; `also` joins what the groups brought.

    Raises:
        VerificationFailed: a planned group brought no result.
    """
    silent = sorted({group.id for group in plan.groups} - {result.group for result in results})
    if silent:
        raise VerificationFailed(
            f"planned and without a result: {', '.join(silent)}",
            resource="verification",
            next_step="Look in the log of RunChecks, and start again.",
        )
    parts: dict[str, list[CheckResult]] = {}
    for result in (*also, *plan.skipped, *(check for group in results for check in group.checks)):
        parts.setdefault(result.id, []).append(result)
    merged = [_merged(each, plan=plan, expect=expect) for _, each in sorted(parts.items())]
    return tuple(sorted(merged, key=lambda result: result.control))


def row_counts(results: Sequence[GroupResult]) -> dict[str, int]:
    """Rows by table; a large table's parts lie in several groups."""
    counts: dict[str, int] = {}
    for result in results:
        for table, rows in result.counts.items():
            counts[table] = counts.get(table, 0) + rows
    return dict(sorted(counts.items()))


def with_verifier(results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """The results and the check that says whether the verifier was seen to fail where it must."""
    planted = [result for result in results if result.control]
    ended = [result for result in planted if not result.unfinished]
    unseen = [result.id for result in ended if result.verdict != "fail"]
    enough = len(ended) >= FEWEST_CONTROLS
    if unseen:
        detail = f"the verifier could not be seen to fail: {', '.join(unseen)}"
    elif not enough:
        detail = f"the verifier could not be seen to fail: {len(ended)} planted faults, {FEWEST_CONTROLS} are needed"
    else:
        detail = f"{len(ended)} planted faults, each of them seen"
    detail += _unanswered([result.id for result in planted if result.unfinished])
    verifier = CheckResult(
        id=checks.VERIFIER,
        title=checks.TITLES[checks.VERIFIER],
        severity="critical",
        verdict="fail" if unseen or not enough else "pass",
        value=len(unseen),
        expected="0",
        detail=detail,
        seconds=round(sum(result.seconds for result in planted), 4),
        digest=checks.digest("\n".join(result.digest for result in planted)),
    )
    return (*(result for result in results if not result.control), verifier, *planted)


def integrity(results: Sequence[CheckResult]) -> Objective:
    """What the checks say together. Needs the result of `with_verifier`.

    Without an answer that its time limit cut off, nothing more than a warning is earned: the copy may be whole.
    """
    counted = [result for result in results if not result.control]
    by_verdict = {verdict: [each.id for each in counted if each.verdict == verdict] for verdict in _ORDER}
    tally = ", ".join(f"{len(found)} {_IN_WORDS[verdict]}" for verdict, found in by_verdict.items() if found)
    unfinished = [each.id for each in counted if each.unfinished and _would_be_judged(each)]
    missing = _unanswered(unfinished)
    judged = [each for each in counted if each.severity == "critical" and each.id != checks.VERIFIER]
    if by_verdict["fail"]:
        failed = by_verdict["fail"]
        return Objective(verdict="fail", reason=f"{tally}: {checks.first_of(failed, total=len(failed))}{missing}")
    if not any(each.verdict in ("pass", "warn") for each in judged):
        return Objective(verdict="not-measured", reason=f"{tally or 'no check'}: no critical check could run{missing}")
    if by_verdict["warn"]:
        warned = by_verdict["warn"]
        return Objective(verdict="warn", reason=f"{tally}: {checks.first_of(warned, total=len(warned))}{missing}")
    return Objective(verdict="warn" if unfinished else "pass", reason=tally + missing)


def _would_be_judged(result: CheckResult) -> bool:
    return result.severity != "info" and result.expected != checks.WORDS["report"]


def _unanswered(ids: Sequence[str]) -> str:
    return f"; not answered within their time: {checks.first_of(ids, total=len(ids))}" if ids else ""


def rto(drill: Drill, *, now: datetime, objectives: Objectives) -> Objective:
    """From the drill's opening to verified data."""
    took = (now - drill.opened_at).total_seconds()
    objective = objectives.rto_minutes * 60
    verdict: Literal["pass", "warn", "fail"] = "pass"
    if took > objective:
        verdict = "fail"
    elif took > objective * RTO_WARNS_ABOVE:
        verdict = "warn"
    return Objective(
        verdict=verdict,
        reason=f"verified data after {duration(took)}, the objective is {duration(objective)}",
        measured_seconds=took,
        objective_seconds=objective,
    )


def rpo(drill: Drill, point: RecoveryPoint, *, newest_write: datetime | None, objectives: Objectives) -> Objective:
    """How much would have been lost had production ended when the drill was opened.

    `newest_write` is the newest heartbeat or row in the copy, None when the copy holds no heartbeat.
    """
    if drill.recovery_point.startswith(("snapshot:", "time:")):
        return Objective(
            verdict="not-measured",
            reason=f"the recovery point {drill.recovery_point} was chosen by hand: "
            "its age says nothing of what would be lost",
        )
    if point.kind == "snapshot":
        return _snapshot_age(drill, point, objectives=objectives)
    data_as_of = point.time if newest_write is None else min(newest_write, point.time)
    # A copy may hold what was written between the drill's opening and its choice: that loses nothing.
    lost = max(0.0, (drill.opened_at - data_as_of).total_seconds())
    objective = objectives.rpo_minutes * 60
    seen = "by the recovery point's time, as no heartbeat was found in the copy"
    if newest_write is not None:
        seen = "by the newest write found in the copy" if newest_write < point.time else "by the recovery point's time"
    return Objective(
        verdict="pass" if lost <= objective else "fail",
        reason=f"{duration(lost)} of work would be lost, {seen}; the objective is {duration(objective)}",
        measured_seconds=lost,
        objective_seconds=objective,
    )


def newest_write(results: Sequence[CheckResult], *, as_of: datetime) -> datetime | None:
    """The newest moment that the copy's rows bear, from the checks that measured it."""
    ages = [
        result.value
        for result in results
        if result.id in (_WRITES, _HEARTBEAT) and result.verdict != "skip" and result.value is not None
    ]
    return as_of - timedelta(seconds=min(ages)) if ages else None


def has_heartbeat(results: Sequence[CheckResult]) -> bool:
    """Whether something wrote that writes without users, so that silence means loss."""
    return any(result.id == _HEARTBEAT and result.value is not None for result in results)


def overall(*parts: Objective) -> Literal["pass", "warn", "fail"]:
    """The worst; what was not measured does not fail, except that integrity has to be."""
    verdicts = {part.verdict for part in parts}
    if "fail" in verdicts or parts[0].verdict == "not-measured":
        return "fail"
    return "warn" if "warn" in verdicts else "pass"


def of_drill(*, integrity: Objective, rto: Objective, rpo: Objective) -> Verdict:
    return Verdict(overall=overall(integrity, rto, rpo), integrity=integrity, rto=rto, rpo=rpo)


_IN_WORDS: Mapping[CheckVerdict, str] = {
    "fail": "failed",
    "warn": "warned",
    "pass": "passed",
    "report": "reported",
    "skip": "skipped",
}


def _snapshot_age(drill: Drill, point: RecoveryPoint, *, objectives: Objectives) -> Objective:
    age = (drill.opened_at - point.time).total_seconds()
    objective = objectives.snapshot_age_hours * 3600
    return Objective(
        verdict="pass" if age <= objective else "fail",
        reason=f"the latest snapshot was {duration(age)} old, of at most {duration(objective)}; "
        f"the RPO of {duration(objectives.rpo_minutes * 60)} is proven by the point-in-time drill, not by this one",
        measured_seconds=age,
        objective_seconds=objective,
    )


def _merged(parts: Sequence[CheckResult], *, plan: VerificationPlan, expect: Mapping[str, str]) -> CheckResult:
    """One result of the parts that groups brought; a structural check says how much was looked at."""
    first = parts[0]
    if first.id not in checks.TITLES:
        return first
    verdict = min((each.verdict for each in parts), key=_ORDER.index)
    unfinished = any(each.unfinished for each in parts)
    if verdict == "pass" and unfinished:
        verdict = "warn"
    if verdict != "skip" and expect.get(first.id) == "report":
        verdict = "report"
    told = [looked_at(first.id, plan), plan.notes.get(first.id, ""), *(each.detail for each in parts)]
    return replace(
        first,
        verdict=verdict,
        value=None if verdict == "skip" else sum(each.value or 0 for each in parts),
        expected=checks.WORDS["report"] if verdict == "report" else first.expected,
        detail="; ".join(text for text in told if text),
        seconds=round(sum(each.seconds for each in parts), 3),
        digest=first.digest if len(parts) == 1 else checks.digest("".join(sorted(each.digest for each in parts))),
        unfinished=unfinished,
    )


def looked_at(check: str, plan: VerificationPlan) -> str:
    """`98 foreign keys`, `477 relations`, from the items that were planned; nothing when none were."""
    kinds = {checks.FOREIGN_KEYS: ("foreign-keys", "foreign keys"), checks.PHYSICAL: ("physical", "relations")}
    if check not in kinds:
        return ""
    kind, words = kinds[check]
    names = {
        structure.read_part(item)[0]
        for group in plan.groups
        if group.kind == kind
        for item in group.items
        if not item.startswith(checks.CONTROL_PREFIX)
    }
    return f"{len(names)} {words}" if names else ""
