"""Compares row counts with those of the last passed drill of the same source. No I/O."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lambdas.contracts import Baseline, CheckResult, CheckVerdict
from lambdas.verification import checks, volatile

Kind = Literal["missing", "empty", "shrank"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a table may do.

    may_shrink  a retention job shortens them: outside the percentage, but not to be emptied or missing
    accepted    whatever became of them, whoever started the drill knows of it
    unlogged    exist and are compared on neither side: crash recovery empties them, and an upgrade may make one so
    """

    shrink_percent: float
    may_shrink: Collection[str] = ()
    accepted: Collection[str] = ()
    unlogged: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What became of one table, in words with its figures."""

    kind: Kind
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The check's result and what the next drill compares with; None keeps the present baseline."""

    result: CheckResult
    next: Baseline | None


def compare(
    counts: Mapping[str, int], *, before: Baseline | None, rules: Rules, drill: str, as_of: datetime
) -> Comparison:
    """A missing or emptied table fails at once, a shrunk one warns and fails when it is seen again.

    A table without a count, be it for a statement that was refused, has not been seen to shrink, and is not remembered
    as if it had. A bad count never becomes the baseline: a table that warned keeps its old one until it has recovered
    or the loss was accepted. Of the tables that mirror running processes no count is bad. Data from before the baseline
    (a recovery point of one's own choosing) is not compared.
    """
    counts = {table: rows for table, rows in counts.items() if table not in rules.unlogged}
    total = _total(counts)
    fresh = Baseline(drill=drill, taken_at=as_of, counts=counts)
    if before is None:
        return Comparison(result=uncompared(counts, why="no passed drill's counts to compare with yet"), next=fresh)
    if as_of < before.taken_at:
        why = f"not compared: older than the baseline of drill {before.drill}"
        return Comparison(result=uncompared(counts, why=why), next=None)
    losses = {
        table: loss
        for table, was in sorted(before.counts.items())
        if table not in rules.unlogged and (loss := _loss(was, counts.get(table), percent=rules.shrink_percent))
    }
    faults = {
        table: verdict
        for table, loss in losses.items()
        if (verdict := _verdict(table, loss, rules=rules, again=table in before.warned))
    }
    kept = {table: before.counts[table] for table in faults}
    warned = tuple(table for table in faults if losses[table].kind != "missing" or table in before.warned)
    following = Baseline(drill=drill, taken_at=as_of, counts={**counts, **kept}, warned=warned)
    told = [f"{table} {losses[table].words}" + (", again" if table in before.warned else "") for table in faults]
    compared = f"compared with drill {before.drill}" + (f": {'; '.join(told)}" if told else "")
    detail = "; ".join((total, compared, *_exempted(before.counts.keys() - faults.keys(), losses, rules=rules)))
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


def _loss(was: int, now: int | None, *, percent: float) -> Loss | None:
    if now is None:
        return Loss(kind="missing", words=f"is missing, had {was} rows")
    if was > 0 and now == 0:
        return Loss(kind="empty", words=f"is empty, had {was} rows")
    # Without division: exact for any count.
    if (was - now) * 100 > was * percent:
        return Loss(kind="shrank", words=f"shrank from {was} to {now} rows")
    return None


def _verdict(table: str, loss: Loss, *, rules: Rules, again: bool) -> CheckVerdict | None:
    """What a loss means; None where it is excused."""
    if table in rules.accepted:
        return None
    if loss.kind == "missing":
        return "fail"
    if table in volatile.TABLES:
        return None
    if loss.kind == "empty":
        return "fail"
    if table in rules.may_shrink:
        return None
    return "fail" if again else "warn"


def _exempted(tables: Iterable[str], losses: Mapping[str, Loss], *, rules: Rules) -> list[str]:
    """The tables that the rule does not hold for, and what became of them: a pass says nothing of their rows."""
    named: dict[str, list[str]] = {}
    for table in sorted(tables):
        loss = losses.get(table)
        if why := _exemption(table, rules=rules, lost=loss is not None):
            named.setdefault(why, []).append(table if loss is None else f"{table} {loss.words}")
    return [f"{why}: {', '.join(each)}" for why, each in sorted(named.items())]


def _exemption(table: str, *, rules: Rules, lost: bool) -> str | None:
    if table in rules.unlogged:
        return "unlogged by now and no longer compared"
    if table in rules.accepted and lost:
        return "accepted by the request"
    if table in volatile.TABLES:
        return "mirror running processes"
    return "may shrink by the settings" if table in rules.may_shrink else None


def _total(counts: Mapping[str, int]) -> str:
    return f"{sum(counts.values())} rows in {len(counts)} tables"


def _worst(faults: Mapping[str, CheckVerdict]) -> CheckVerdict:
    verdicts = set(faults.values())
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
