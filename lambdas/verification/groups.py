"""Turns the items of a group into tasks, and the tasks' outcomes into the group's one result. No I/O."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lambdas.contracts import CheckGroup, CheckResult, CheckVerdict, GroupResult
from lambdas.verification import checks, structure
from lambdas.verification.checks import Check
from lambdas.verification.planning import HEAP, INDEX, INDEX_WITH_HEAP
from lambdas.verification.structure import ForeignKey
from lambdas.verification.work import Counts, Orphans, Outcome, Pages, Statement, Task

# Small tables and relations share a statement: a round trip costs more than they do.
BATCH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the items of a group refer to, by name. `roots`: of each partition, the table it belongs to."""

    checks: Mapping[str, Check]
    foreign_keys: Mapping[str, ForeignKey] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    roots: Mapping[str, str] = field(default_factory=dict)
    amcheck_schema: str = "public"


def tasks(group: CheckGroup, known: Known) -> list[Task]:
    """The group's work, divided for connections side by side.

    Raises:
        KeyError: an item names nothing that is known: the database changed since the plan.
    """
    match group.kind:
        case "sql":
            return [
                Statement(
                    check=known.checks[item],
                    weight=_weight(known.checks[item].tables, known),
                    bounded=group.bounded,
                )
                for item in group.items
            ]
        case "foreign-keys":
            return list(_orphans(group, known))
        case "counts":
            return [
                Counts(items=tuple(batch), weight=_weight(batch, known))
                for batch in _batches(group.items, heavy=lambda item: _weight([item], known) > 1)
            ]
        case "physical":
            return list(_pages(group, known))


def assemble(group: CheckGroup, outcomes: Iterable[Outcome], *, known: Known, seconds: float) -> GroupResult:
    """The group's one result: checks as they are, structural findings as one result of their check."""
    gathered = list(outcomes)
    results = [result for outcome in gathered for result in outcome.results]
    counts: dict[str, int] = {}
    for outcome in gathered:
        for item, rows in outcome.counts.items():
            part, _ = structure.read_part(item)
            name = known.roots.get(part, part)
            counts[name] = counts.get(name, 0) + rows
    for check in sorted({outcome.check for outcome in gathered if not outcome.results}):
        mine = [outcome for outcome in gathered if outcome.check == check and not outcome.results]
        results.append(_structural(check, mine, items=len(group.items)))
    return GroupResult(group=group.id, checks=tuple(results), counts=counts, seconds=round(seconds, 3))


def _structural(check: str, outcomes: Sequence[Outcome], *, items: int) -> CheckResult:
    found = _summed(outcome.found for outcome in outcomes)
    refused = {item: sqlstate for outcome in outcomes for item, sqlstate in outcome.refused.items()}
    untold = {item: why for outcome in outcomes for item, why in outcome.untold.items()}
    # Counts alone prove nothing yet: Judge compares them with the baseline.
    sound: CheckVerdict = "report" if check == checks.ROW_COUNTS else "pass"
    if len(untold) >= items:
        sound = "skip"
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
        unfinished=any(outcome.unfinished for outcome in outcomes),
    )


def _orphans(group: CheckGroup, known: Known) -> Iterator[Orphans]:
    together: dict[tuple[str, structure.Blocks | None], list[ForeignKey]] = {}
    for item in group.items:
        if item.startswith(checks.CONTROL_PREFIX):
            key = known.foreign_keys[item.removeprefix(checks.CONTROL_PREFIX)]
            yield Orphans(keys=(key,), blocks=None, weight=0.0, planted=True, bounded=group.bounded)
            continue
        name, blocks = structure.read_part(item)
        key = known.foreign_keys[name]
        together.setdefault((key.child, blocks), []).append(key)
    for (child, blocks), keys in together.items():
        weight = _weight([child, *(key.parent for key in keys)], known)
        yield Orphans(keys=tuple(keys), blocks=blocks, weight=weight, bounded=group.bounded)


def _pages(group: CheckGroup, known: Known) -> Iterator[Pages]:
    for kind in (HEAP, INDEX_WITH_HEAP, INDEX):
        names = [item.removeprefix(kind) for item in group.items if item.startswith(kind)]
        for batch in _batches(names, heavy=lambda name: _weight([name], known) > 1 or name.endswith("]")):
            yield Pages(
                kind=kind,
                names=tuple(batch),
                schema=known.amcheck_schema,
                weight=_weight(batch, known),
                bounded=group.bounded,
            )


def _batches(items: Iterable[str], *, heavy: Callable[[str], bool]) -> Iterator[list[str]]:
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
