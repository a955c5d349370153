"""Compares row counts with those of the last passed drill of the same source. No I/O."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lambdas.contracts import Baseline, CheckResult, CheckVerdict
from lambdas.verification import checks

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
    following = Baseline(drill=drill, taken_at=as_of, counts={**counts, **kept}, warned=tuple(faults))
    told = [f"{table} {losses[table].words}" + (", again" if table in before.warned else "") for table in faults]
    compared = f"compared with drill {before.drill}" + (f": {'; '.join(told)}" if told else "")
    detail = "; ".join((total, compared, *_exempted(before.counts, losses, rules=rules)))
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
    if loss.kind != "shrank":
        return "fail"
    if table in rules.may_shrink:
        return None
    return "fail" if again else "warn"


def _exempted(compared: Collection[str], losses: Mapping[str, Loss], *, rules: Rules) -> Iterator[str]:
    """The tables that the rule does not hold for, and what became of them: a pass says nothing of their rows."""
    for why, tables in (
        ("accepted by the request", sorted(losses.keys() & set(rules.accepted))),
        ("may shrink by the settings", sorted(set(compared) & set(rules.may_shrink) - set(rules.accepted))),
        ("unlogged by now and no longer compared", sorted(set(compared) & set(rules.unlogged))),
    ):
        if tables:
            yield f"{why}: " + ", ".join(_with_its_loss(table, losses.get(table)) for table in tables)


def _with_its_loss(table: str, loss: Loss | None) -> str:
    return table if loss is None else f"{table} {loss.words}"


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
