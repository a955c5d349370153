"""Compares row counts with those of the last passed drill of the same source. No I/O."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from lambdas.contracts import Baseline, CheckResult, CheckVerdict
from lambdas.verification import checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a table may do.

    allowed   shrink on purpose or were accepted by whoever started the drill
    unlogged  exist and are compared on neither side: crash recovery empties them, and an upgrade may make one so
    """

    shrink_percent: float
    allowed: Collection[str] = ()
    unlogged: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The check's result and what the next drill compares with; None keeps the present baseline."""

    result: CheckResult
    next: Baseline | None


def compare(
    counts: Mapping[str, int], *, before: Baseline | None, rules: Rules, drill: str, as_of: datetime
) -> Comparison:
    """A missing or emptied table fails at once, a shrunk one warns and fails when it is seen again.

    A bad count never becomes the baseline: a table that warned keeps its old one until it has recovered or the
    loss was accepted. Data from before the baseline (a recovery point of one's own choosing) is not compared.
    """
    counts = {table: rows for table, rows in counts.items() if table not in rules.unlogged}
    total = _total(counts)
    fresh = Baseline(drill=drill, taken_at=as_of, counts=counts)
    if before is None:
        return Comparison(result=uncompared(counts, why="no passed drill's counts to compare with yet"), next=fresh)
    if as_of < before.taken_at:
        why = f"not compared: older than the baseline of drill {before.drill}"
        return Comparison(result=uncompared(counts, why=why), next=None)
    faults = {
        table: fault
        for table, was in sorted(before.counts.items())
        if table not in rules.allowed
        and table not in rules.unlogged
        and (fault := _fault(was, counts.get(table), percent=rules.shrink_percent, warned=table in before.warned))
    }
    kept = {table: before.counts[table] for table in faults}
    following = Baseline(drill=drill, taken_at=as_of, counts={**counts, **kept}, warned=tuple(faults))
    told = [f"{table} {words}" for table, (_, words) in faults.items()]
    detail = f"{total}; compared with drill {before.drill}" + (f": {'; '.join(told)}" if told else "")
    dropped = sorted(before.counts.keys() & set(rules.unlogged))
    if dropped:
        detail += f"; unlogged by now and no longer compared: {', '.join(dropped)}"
    return Comparison(result=_result(_worst(faults), len(faults), detail), next=following)


def uncompared(counts: Mapping[str, int], *, why: str) -> CheckResult:
    """The counts as a report only."""
    return _result("report", 0, f"{_total(counts)}; {why}")


def control(*, drill: str, as_of: datetime) -> CheckResult:
    """The same comparison over a table that was emptied; it has to fail."""
    planted = compare(
        {"planted": 0},
        before=Baseline(drill="planted", taken_at=as_of, counts={"planted": 1}),
        rules=Rules(shrink_percent=0),
        drill=drill,
        as_of=as_of,
    ).result
    return CheckResult(
        id=checks.CONTROL_PREFIX + checks.ROW_COUNTS,
        title="Planted fault: a table that was emptied",
        severity="critical",
        verdict=planted.verdict,
        value=planted.value,
        expected=planted.expected,
        detail=planted.detail,
        seconds=0.0,
        digest=planted.digest,
        control=True,
    )


def _fault(was: int, now: int | None, *, percent: float, warned: bool) -> tuple[CheckVerdict, str] | None:
    if now is None:
        return "fail", f"is missing, had {was} rows"
    if was > 0 and now == 0:
        return "fail", f"is empty, had {was} rows"
    # Without division: exact for any count.
    if (was - now) * 100 > was * percent:
        lost = f"shrank from {was} to {now} rows"
        return ("fail", f"{lost}, again") if warned else ("warn", lost)
    return None


def _total(counts: Mapping[str, int]) -> str:
    return f"{sum(counts.values())} rows in {len(counts)} tables"


def _worst(faults: Mapping[str, tuple[CheckVerdict, str]]) -> CheckVerdict:
    verdicts = {verdict for verdict, _ in faults.values()}
    return "fail" if "fail" in verdicts else "warn" if "warn" in verdicts else "pass"


def _result(verdict: CheckVerdict, value: int, detail: str) -> CheckResult:
    return CheckResult(
        id=checks.ROW_COUNTS,
        title=checks.TITLES[checks.ROW_COUNTS],
        severity="critical",
        verdict=verdict,
        value=value,
        expected="0",
        detail=detail,
        seconds=0.0,
        digest=checks.digest("SELECT count(*) of every logged table"),
    )
