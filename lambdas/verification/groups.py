"""Runs the items of a group as tasks and puts their outcomes together.

A task is what one connection does without a break. What the server refuses becomes part of the outcome; only a
lost connection ends the group.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from lambdas.adapters.postgres import Refusal, Row, Session
from lambdas.contracts import CheckGroup, CheckResult, CheckVerdict, GroupResult
from lambdas.verification import checks, structure
from lambdas.verification.checks import Check
from lambdas.verification.planning import HEAP, INDEX, INDEX_WITH_HEAP
from lambdas.verification.structure import ForeignKey

# Small tables and relations share a statement: a round trip costs more than they do.
BATCH = 40

# The server cannot say whether the relation is sound: not a fault of the copy, and said in the detail.
_CANNOT_TELL = {"42501": "not permitted", "0A000": "not supported", "40001": "younger than the snapshot"}


class Limit(Protocol):
    """Seconds that are left for a statement."""

    def __call__(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one task found. `found` holds only what is wrong, by item; `refused` the SQLSTATE by item."""

    check: str
    found: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    untold: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    results: tuple[CheckResult, ...] = ()
    statements: tuple[str, ...] = ()
    seconds: float = 0.0


class Task(Protocol):
    """One connection's work. `weight` orders tasks, the heaviest first; its unit does not matter."""

    @property
    def weight(self) -> float: ...

    def run(self, session: Session, limit: Limit) -> Outcome: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A check of the catalogue, or one with a planted fault."""

    check: Check
    weight: float

    def run(self, session: Session, limit: Limit) -> Outcome:
        started = perf_counter()
        answer = session.attempt(self.check.statement, doing=self.check.id, seconds=limit())
        return Outcome(check=self.check.id, results=(_judged(self.check, answer, seconds=perf_counter() - started),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphans:
    """The foreign keys of one table, or of a range of its blocks."""

    keys: tuple[ForeignKey, ...]
    blocks: structure.Blocks | None
    weight: float
    planted: bool = False

    def run(self, session: Session, limit: Limit) -> Outcome:
        started = perf_counter()
        statement = structure.orphans(self.keys, blocks=self.blocks, planted=self.planted)
        answer = session.attempt(statement, doing=f"{checks.FOREIGN_KEYS} of {self.keys[0].child}", seconds=limit())
        seconds = perf_counter() - started
        if self.planted:
            return Outcome(check=checks.FOREIGN_KEYS, results=(_planted_orphan(answer, statement, seconds=seconds),))
        if isinstance(answer, Refusal):
            refused = {key.item: answer.sqlstate for key in self.keys}
            return Outcome(check=checks.FOREIGN_KEYS, refused=refused, statements=(statement,), seconds=seconds)
        found = {key.item: int(count) for key, count in zip(self.keys, answer[0], strict=True) if count}
        return Outcome(check=checks.FOREIGN_KEYS, found=found, statements=(statement,), seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The rows of some tables."""

    items: tuple[str, ...]
    weight: float

    def run(self, session: Session, limit: Limit) -> Outcome:
        started = perf_counter()
        counts: dict[str, int] = {}
        refused: dict[str, str] = {}
        statement = structure.counting(self.items)
        for items, answer in _together_or_singly(
            session, self.items, build=structure.counting, doing=checks.ROW_COUNTS, limit=limit
        ):
            if isinstance(answer, Refusal):
                refused[items[0]] = answer.sqlstate
            else:
                counts |= {item: int(row[1]) for item, row in zip(items, answer, strict=True)}
        return Outcome(
            check=checks.ROW_COUNTS,
            counts=counts,
            refused=refused,
            statements=(statement,),
            seconds=perf_counter() - started,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Some relations of one kind, looked at by amcheck."""

    kind: str
    names: tuple[str, ...]
    schema: str
    weight: float

    def run(self, session: Session, limit: Limit) -> Outcome:
        started = perf_counter()
        found: dict[str, int] = {}
        refused: dict[str, str] = {}
        untold: dict[str, str] = {}
        for names, answer in _together_or_singly(
            session, self.names, build=self._statement, doing=checks.PHYSICAL, limit=limit
        ):
            if isinstance(answer, Refusal):
                (name,) = names
                if answer.corrupt:
                    found[name] = 1
                elif answer.sqlstate in _CANNOT_TELL:
                    untold[name] = _CANNOT_TELL[answer.sqlstate]
                else:
                    refused[name] = answer.sqlstate
            elif self.kind == HEAP and answer[0][0]:
                # Several heaps at once only say that there is a fault; each for itself says where.
                found |= self._singly(session, names, limit) if len(names) > 1 else {names[0]: int(answer[0][0])}
        return Outcome(
            check=checks.PHYSICAL,
            found=found,
            refused=refused,
            untold=untold,
            statements=(self._statement(self.names),),
            seconds=perf_counter() - started,
        )

    def _singly(self, session: Session, names: Sequence[str], limit: Limit) -> dict[str, int]:
        answers = {
            name: session.attempt(self._statement((name,)), doing=checks.PHYSICAL, seconds=limit()) for name in names
        }
        return {
            name: 1 if isinstance(answer, Refusal) else int(answer[0][0])
            for name, answer in answers.items()
            if isinstance(answer, Refusal) or answer[0][0]
        }

    def _statement(self, names: Sequence[str]) -> str:
        if self.kind == HEAP:
            return structure.heap_damage(names, schema=self.schema)
        return structure.index_damage(names, schema=self.schema, with_heap=self.kind == INDEX_WITH_HEAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the items of a group refer to, by name."""

    checks: Mapping[str, Check]
    foreign_keys: Mapping[str, ForeignKey] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    amcheck_schema: str = "public"


def tasks(group: CheckGroup, known: Known) -> list[Task]:
    """The group's work, divided for connections side by side.

    Raises:
        KeyError: an item names nothing that is known: the database changed since the plan.
    """
    match group.kind:
        case "sql":
            return [
                Statement(check=known.checks[item], weight=_weight(known.checks[item].tables, known))
                for item in group.items
            ]
        case "foreign-keys":
            return list(_orphans(group.items, known))
        case "counts":
            return [
                Counts(items=tuple(batch), weight=_weight(batch, known))
                for batch in _batches(group.items, heavy=lambda item: _weight([item], known) > 1)
            ]
        case "physical":
            return list(_pages(group.items, known))


def assemble(group: CheckGroup, outcomes: Iterable[Outcome], *, seconds: float) -> GroupResult:
    """The group's one result: checks as they are, structural findings as one result of their check."""
    gathered = list(outcomes)
    results = [result for outcome in gathered for result in outcome.results]
    counts: dict[str, int] = {}
    for outcome in gathered:
        for item, rows in outcome.counts.items():
            name, _ = structure.read_part(item)
            counts[name] = counts.get(name, 0) + rows
    for check in sorted({outcome.check for outcome in gathered if not outcome.results}):
        mine = [outcome for outcome in gathered if outcome.check == check and not outcome.results]
        results.append(_structural(check, mine))
    return GroupResult(group=group.id, checks=tuple(results), counts=counts, seconds=round(seconds, 3))


def _structural(check: str, outcomes: Sequence[Outcome]) -> CheckResult:
    found = _summed(outcome.found for outcome in outcomes)
    refused = {item: sqlstate for outcome in outcomes for item, sqlstate in outcome.refused.items()}
    untold = {item: why for outcome in outcomes for item, why in outcome.untold.items()}
    # Counts alone prove nothing yet: Judge compares them with the baseline.
    sound: CheckVerdict = "report" if check == checks.ROW_COUNTS else "pass"
    told = []
    if found:
        told.append(checks.first_of((f"{item}: {count}" for item, count in found.items()), total=len(found)))
    if refused:
        listed = (f"{item} (SQLSTATE {sqlstate})" for item, sqlstate in refused.items())
        told.append(f"not checked: {checks.first_of(listed, total=len(refused))}")
    if untold:
        listed = (f"{item} ({why})" for item, why in untold.items())
        told.append(f"left out: {checks.first_of(listed, total=len(untold))}")
    return CheckResult(
        id=check,
        title=checks.TITLES[check],
        severity="critical",
        verdict="fail" if found or refused else sound,
        value=sum(found.values()),
        expected="0",
        detail="; ".join(told),
        seconds=round(sum(outcome.seconds for outcome in outcomes), 3),
        digest=checks.digest("\n".join(sorted(text for outcome in outcomes for text in outcome.statements))),
    )


def _judged(check: Check, answer: list[Row] | Refusal, *, seconds: float) -> CheckResult:
    value, detail = None, ""
    if isinstance(answer, Refusal):
        verdict = checks.broken(check.severity)
        detail = "timed out" if answer.timed_out else f"the statement failed with SQLSTATE {answer.sqlstate}"
    else:
        value, detail, *ids = answer[0]
        verdict = checks.verdict(value, expect=check.expect, severity=check.severity)
        if ids and ids[0]:
            detail = f"{detail}: {checks.first_of(map(str, ids[0]), total=max(int(value), len(ids[0])))}"
    return CheckResult(
        id=check.id,
        title=check.title,
        severity=check.severity,
        verdict=verdict,
        value=None if value is None else int(value),
        expected=checks.WORDS[check.expect],
        detail=detail,
        seconds=round(seconds, 4),
        digest=check.digest,
        control=check.id.startswith(checks.CONTROL_PREFIX),
    )


def _planted_orphan(answer: list[Row] | Refusal, statement: str, *, seconds: float) -> CheckResult:
    value = None if isinstance(answer, Refusal) else int(answer[0][0])
    return CheckResult(
        id=checks.CONTROL_PREFIX + checks.FOREIGN_KEYS,
        title="Planted fault: a row whose parent does not exist",
        severity="critical",
        verdict=checks.verdict(value, expect="zero", severity="critical") if value is not None else "skip",
        value=value,
        expected="0",
        detail=f"SQLSTATE {answer.sqlstate}" if isinstance(answer, Refusal) else "orphans, the planted one among them",
        seconds=round(seconds, 4),
        digest=checks.digest(statement),
        control=True,
    )


def _together_or_singly(
    session: Session, items: Sequence[str], *, build: "Builder", doing: str, limit: Limit
) -> Iterator[tuple[Sequence[str], list[Row] | Refusal]]:
    """One statement for all items; when it is refused, one for each, so that one bad item hides no other."""
    answer = session.attempt(build(items), doing=doing, seconds=limit())
    if len(items) == 1 or not isinstance(answer, Refusal):
        yield items, answer
        return
    for item in items:
        yield (item,), session.attempt(build((item,)), doing=doing, seconds=limit())


class Builder(Protocol):
    """Writes the statement for some items."""

    def __call__(self, items: Sequence[str], /) -> str: ...


def _orphans(items: Iterable[str], known: Known) -> Iterator[Orphans]:
    together: dict[tuple[str, structure.Blocks | None], list[ForeignKey]] = {}
    for item in items:
        if item.startswith(checks.CONTROL_PREFIX):
            key = known.foreign_keys[item.removeprefix(checks.CONTROL_PREFIX)]
            yield Orphans(keys=(key,), blocks=None, weight=0.0, planted=True)
            continue
        name, blocks = structure.read_part(item)
        key = known.foreign_keys[name]
        together.setdefault((key.child, blocks), []).append(key)
    for (child, blocks), keys in together.items():
        weight = _weight([child, *(key.parent for key in keys)], known)
        yield Orphans(keys=tuple(keys), blocks=blocks, weight=weight)


def _pages(items: Sequence[str], known: Known) -> Iterator[Pages]:
    for kind in (HEAP, INDEX_WITH_HEAP, INDEX):
        names = [item.removeprefix(kind) for item in items if item.startswith(kind)]
        for batch in _batches(names, heavy=lambda name: _weight([name], known) > 1 or name.endswith("]")):
            yield Pages(kind=kind, names=tuple(batch), schema=known.amcheck_schema, weight=_weight(batch, known))


class Heavy(Protocol):
    """Whether an item deserves a statement of its own."""

    def __call__(self, item: str, /) -> bool: ...


def _batches(items: Iterable[str], *, heavy: Heavy) -> Iterator[list[str]]:
    light: list[str] = []
    for item in items:
        if heavy(item):
            yield [item]
        else:
            light.append(item)
    for start in range(0, len(light), BATCH):
        yield light[start : start + BATCH]


def _weight(names: Iterable[str], known: Known) -> float:
    """MiB that the items' relations hold; enough to tell the heavy from the light."""
    return sum(known.sizes.get(structure.read_part(name)[0], 0) for name in names) / 2**20


def _summed(each: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for found in each:
        for item, count in found.items():
            name, _ = structure.read_part(item)
            total[name] = total.get(name, 0) + count
    return total
