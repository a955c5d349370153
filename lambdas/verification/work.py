"""The work of one connection without a break, a task at a time, and what it found.

What the server refuses becomes part of the outcome; only a lost connection ends the group.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from lambdas.adapters.postgres import Refusal, Row, Session
from lambdas.contracts import CheckResult
from lambdas.verification import checks, structure
from lambdas.verification.checks import Check
from lambdas.verification.planning import HEAP, INDEX_WITH_HEAP
from lambdas.verification.structure import ForeignKey

# The server cannot say whether the relation is sound: not a fault of the copy, and said in the detail.
_CANNOT_TELL = {"42501": "not permitted", "0A000": "not supported", "40001": "younger than the snapshot"}


# Seconds that are left for a statement.
Limit = Callable[[], float]
# Writes the statement for some items.
Builder = Callable[[Sequence[str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one task found. `found` holds only what is wrong, by item; `refused` the SQLSTATE by item.

    `unfinished`: the time limit of a bounded task struck, and `untold` names what it did not come to.
    """

    check: str
    found: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    untold: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    results: tuple[CheckResult, ...] = ()
    statements: tuple[str, ...] = ()
    seconds: float = 0.0
    unfinished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A check of the catalogue, or one with a planted fault."""

    check: Check
    weight: float
    bounded: bool = False

    def run(self, session: Session, limit: Limit) -> Outcome:
        started, allowed = perf_counter(), limit()
        answer = session.attempt(self.check.statement, doing=self.check.id, seconds=allowed)
        result = _judged(self.check, answer, seconds=perf_counter() - started)
        if self.bounded and _ended(answer):
            result = _unfinished(result, allowed=allowed)
        return Outcome(check=self.check.id, results=(result,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphans:
    """The foreign keys of one table, or of a range of its blocks."""

    keys: tuple[ForeignKey, ...]
    blocks: structure.Blocks | None
    weight: float
    planted: bool = False
    bounded: bool = False

    def run(self, session: Session, limit: Limit) -> Outcome:
        started, allowed = perf_counter(), limit()
        statement = structure.orphans(self.keys, blocks=self.blocks, planted=self.planted)
        answer = session.attempt(statement, doing=f"{checks.FOREIGN_KEYS} of {self.keys[0].child}", seconds=allowed)
        seconds, ended = perf_counter() - started, self.bounded and _ended(answer)
        if self.planted:
            control = _planted_orphan(answer, statement, seconds=seconds)
            control = _unfinished(control, allowed=allowed) if ended else control
            return Outcome(check=checks.FOREIGN_KEYS, results=(control,))
        if ended:
            untold = {key.item: _in_time(allowed) for key in self.keys}
            return Outcome(
                check=checks.FOREIGN_KEYS, untold=untold, statements=(statement,), seconds=seconds, unfinished=True
            )
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
    bounded: bool = False

    def run(self, session: Session, limit: Limit) -> Outcome:
        started, allowed = perf_counter(), limit()
        unfinished = False
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
                elif self.bounded and answer.timed_out:
                    untold[name], unfinished = _in_time(allowed), True
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
            unfinished=unfinished,
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


# One connection's work. `weight` orders tasks, the heaviest first; its unit does not matter.
Task = Statement | Orphans | Counts | Pages


def _ended(answer: list[Row] | Refusal) -> bool:
    return isinstance(answer, Refusal) and answer.timed_out


def _in_time(allowed: float) -> str:
    return f"did not end within the {allowed:.0f} s that it may take"


def _unfinished(result: CheckResult, *, allowed: float) -> CheckResult:
    """Nothing is known of what was not looked at to its end: no pass, and no fault of the copy either."""
    return replace(result, verdict="skip", value=None, detail=_in_time(allowed), unfinished=True)


def _judged(check: Check, answer: list[Row] | Refusal, *, seconds: float) -> CheckResult:
    value, detail = None, ""
    control = check.id.startswith(checks.CONTROL_PREFIX)
    if isinstance(answer, Refusal):
        # A planted fault that was not looked at has not been seen, though its check could not pass either.
        verdict = "skip" if control else checks.broken(check.severity)
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
        control=control,
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
    session: Session, items: Sequence[str], *, build: Builder, doing: str, limit: Limit
) -> Iterator[tuple[Sequence[str], list[Row] | Refusal]]:
    """One statement for all items; when it is refused, one for each, so that one bad item hides no other."""
    answer = session.attempt(build(items), doing=doing, seconds=limit())
    if len(items) == 1 or not isinstance(answer, Refusal):
        yield items, answer
        return
    for item in items:
        yield (item,), session.attempt(build((item,)), doing=doing, seconds=limit())
