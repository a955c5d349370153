"""Divides a verification into groups of planned duration. No I/O.

The throughputs are deliberately low, so that a plan is met on a freshly restored volume, whose blocks arrive from
storage as they are touched. Measured on one core of a laptop-sized machine with everything in memory (November 2026,
PostgreSQL 15, tables of 18 to 47 MiB): counting 890 MiB/s and more, foreign keys 2.4 million rows/s, verify_heapam
440 MiB/s and more, bt_index_check 270 to 430 MiB/s.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from lambdas.contracts import CheckGroup, CheckResult, DatabaseFacts, VerificationPlan
from lambdas.settings import Verification
from lambdas.verification import checks
from lambdas.verification.checks import Check
from lambdas.verification.releases import release_of
from lambdas.verification.structure import (
    BLOCK_BYTES,
    ForeignKey,
    Inventory,
    Relation,
    Table,
    part,
)

Kind = Literal["sql", "foreign-keys", "counts", "physical"]

MIB = 2**20
GIB = 2**30
SCAN_BYTES_PER_SECOND = 100 * MIB
JOIN_ROWS_PER_SECOND = 400_000
HEAP_CHECK_BYTES_PER_SECOND = 60 * MIB
INDEX_CHECK_BYTES_PER_SECOND = 60 * MIB
STATEMENT_SECONDS = 0.005

# A single item that cannot be divided and would come near a function's 900 s is left out, and said to be.
LONGEST_ITEM_SECONDS = 600
# An index is compared with its heap, which reads the heap once more, where the heap is no larger than this.
WITH_HEAP_BYTES = 8 * MIB
# A sample is spread over this many places of a relation.
SAMPLE_PLACES = 64
INDEX_WITH_HEAP = "with-heap "
INDEX = "index "
HEAP = "heap "


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Work that is not divided further."""

    names: tuple[str, ...]
    seconds: float


def plan(
    inventory: Inventory, *, chosen: Sequence[Check], settings: Verification, seed: str, amcheck: str = ""
) -> VerificationPlan:
    """The whole verification of one database. `seed` (the drill's id) moves the sample from drill to drill.

    `amcheck` is what was done about the extension, in words; by default what the inventory found.
    """
    runnable = [check for check in chosen if not inventory.absent.intersection(check.requires)]
    skipped = [
        checks.skipped(check, absent=sorted(inventory.absent.intersection(check.requires)))
        for check in chosen
        if inventory.absent.intersection(check.requires)
    ]
    work: dict[Kind, list[Item]] = {
        "sql": _statements(runnable, tables={table.name: table for table in inventory.tables}),
        "foreign-keys": _foreign_keys(inventory, longest=settings.group_seconds),
        "counts": _counts(inventory, longest=settings.group_seconds),
        "physical": [],
    }
    notes = {checks.FOREIGN_KEYS: _left_out_keys(inventory), checks.ROW_COUNTS: _left_out_tables(inventory)}
    if inventory.amcheck == "present":
        work["physical"], notes[checks.PHYSICAL] = physical(inventory.relations, settings=settings, seed=seed)
    else:
        skipped.append(_physical_skipped(inventory, amcheck=amcheck))
    return VerificationPlan(
        facts=_facts(inventory, amcheck=amcheck),
        groups=tuple(
            group for kind, items in work.items() for group in pack(kind, items, capacity=settings.group_seconds)
        ),
        skipped=tuple(skipped),
        notes={check: note for check, note in notes.items() if note},
        unlogged=_unlogged(inventory),
    )


def pack(kind: Kind, items: Iterable[Item], *, capacity: float) -> list[CheckGroup]:
    """First fit decreasing: no group is planned above `capacity` unless a single item is."""
    bins: list[list[Item]] = []
    loads: list[float] = []
    for item in sorted(items, key=lambda each: (-each.seconds, each.names)):
        place = next((number for number, load in enumerate(loads) if load + item.seconds <= capacity), None)
        if place is None:
            bins.append([item])
            loads.append(item.seconds)
        else:
            bins[place].append(item)
            loads[place] += item.seconds
    return [
        CheckGroup(
            id=f"{kind}-{number}",
            kind=kind,
            items=tuple(name for item in packed for name in item.names),
            planned_seconds=round(load, 3),
        )
        for number, (packed, load) in enumerate(zip(bins, loads, strict=True), start=1)
    ]


def physical(relations: Iterable[Relation], *, settings: Verification, seed: str) -> tuple[list[Item], str]:
    """The relations as items, and in words what is left out or sampled."""
    full = settings.physical_full_gib * GIB
    items: list[Item] = []
    sampled: list[str] = []
    left_out: list[str] = []
    for relation in relations:
        if relation.kind == "heap" and relation.bytes > full:
            items += _sample(relation, percent=settings.sample_percent, seed=seed)
            sampled.append(relation.name)
        elif relation.kind == "heap":
            items += _whole_heap(relation, longest=settings.group_seconds)
        elif relation.bytes > full or relation.bytes / INDEX_CHECK_BYTES_PER_SECOND > LONGEST_ITEM_SECONDS:
            left_out.append(relation.name)
        else:
            items.append(_index(relation))
    told = []
    if sampled:
        told.append(f"{settings.sample_percent} % of the blocks of {checks.first_of(sampled, total=len(sampled))}")
    if left_out:
        told.append(f"left out for their size: {checks.first_of(left_out, total=len(left_out))}")
    return items, "; ".join(told)


def _statements(runnable: Sequence[Check], *, tables: Mapping[str, Table]) -> list[Item]:
    return [
        Item(
            names=(check.id,),
            seconds=STATEMENT_SECONDS
            + sum(tables[name].bytes for name in check.tables if name in tables) / SCAN_BYTES_PER_SECOND,
        )
        for check in (*runnable, *checks.controls(runnable))
    ]


def _foreign_keys(inventory: Inventory, *, longest: float) -> list[Item]:
    tables = {table.name: table for table in inventory.tables}
    looked_at = [key for key in inventory.foreign_keys if not key.unlogged]
    items: list[Item] = []
    # The keys of one table stay together: they are looked at in one pass over it.
    for child in sorted({key.child for key in looked_at}):
        keys = [key for key in looked_at if key.child == child]
        rows = tables[child].rows * len(keys) + sum(tables[key.parent].rows for key in keys)
        seconds = STATEMENT_SECONDS + rows / JOIN_ROWS_PER_SECOND + tables[child].bytes / SCAN_BYTES_PER_SECOND
        items += _divided([key.item for key in keys], size=tables[child].bytes, seconds=seconds, longest=longest)
    control = control_key(looked_at, rows={name: table.rows for name, table in tables.items()})
    if control is not None:
        items.append(Item(names=(checks.CONTROL_PREFIX + control.item,), seconds=STATEMENT_SECONDS))
    return items


def control_key(keys: Iterable[ForeignKey], *, rows: Mapping[str, int]) -> ForeignKey | None:
    """The foreign key whose orphan is planted: the cheapest that takes an arbitrary UUID."""
    fitting = [key for key in keys if set(key.types) == {"uuid"}]
    return min(fitting, key=lambda key: (rows[key.child] + rows[key.parent], key.item), default=None)


def _counts(inventory: Inventory, *, longest: float) -> list[Item]:
    return [
        item
        for table in inventory.tables
        if not table.unlogged
        for item in _divided(
            [table.name],
            size=table.bytes,
            seconds=STATEMENT_SECONDS + table.bytes / SCAN_BYTES_PER_SECOND,
            longest=longest,
        )
    ]


def _divided(names: Sequence[str], *, size: int, seconds: float, longest: float) -> list[Item]:
    """One item, or where it would take too long, one for each range of the table's blocks."""
    parts = math.ceil(seconds / longest)
    if parts <= 1:
        return [Item(names=tuple(names), seconds=seconds)]
    return [
        Item(names=tuple(part(name, blocks) for name in names), seconds=seconds / parts)
        for blocks in ranges(size // BLOCK_BYTES, parts=parts)
    ]


def ranges(blocks: int, *, parts: int) -> list[tuple[int, int]]:
    """`blocks` divided into at most `parts` ranges of nearly the same length, both ends included."""
    edges = [blocks * number // parts for number in range(parts + 1)]
    return [(first, after - 1) for first, after in pairwise(edges) if after > first]


def _whole_heap(relation: Relation, *, longest: float) -> list[Item]:
    seconds = STATEMENT_SECONDS + relation.bytes / HEAP_CHECK_BYTES_PER_SECOND
    return _divided([HEAP + relation.name], size=relation.bytes, seconds=seconds, longest=longest)


def _sample(relation: Relation, *, percent: int, seed: str) -> list[Item]:
    blocks = relation.bytes // BLOCK_BYTES
    length = max(1, math.ceil(blocks * percent / 100 / SAMPLE_PLACES))
    stride = blocks / SAMPLE_PLACES
    # Another place of each stretch in every drill, so that drills together see more than one alone.
    shift = int(checks.digest(f"{seed} {relation.name}"), 16) / 16**16 * max(0.0, stride - length)
    starts = [int(number * stride + shift) for number in range(SAMPLE_PLACES)]
    return [
        Item(
            names=(part(HEAP + relation.name, (start, min(start + length, blocks) - 1)),),
            seconds=STATEMENT_SECONDS + length * BLOCK_BYTES / HEAP_CHECK_BYTES_PER_SECOND,
        )
        for start in starts
    ]


def _index(relation: Relation) -> Item:
    with_heap = relation.heap_bytes <= WITH_HEAP_BYTES
    size = relation.bytes + (relation.heap_bytes if with_heap else 0)
    return Item(
        names=((INDEX_WITH_HEAP if with_heap else INDEX) + relation.name,),
        seconds=STATEMENT_SECONDS + size / INDEX_CHECK_BYTES_PER_SECOND,
    )


def _left_out_keys(inventory: Inventory) -> str:
    count = sum(key.unlogged for key in inventory.foreign_keys)
    return f"{count} of unlogged tables left out" if count else ""


def _left_out_tables(inventory: Inventory) -> str:
    names = _unlogged(inventory)
    return f"unlogged and left out: {', '.join(names)}" if names else ""


def _unlogged(inventory: Inventory) -> tuple[str, ...]:
    return tuple(table.name for table in inventory.tables if table.unlogged)


_WHY_NOT = {
    "absent": "the extension amcheck is not installed, and is created on a drill's copy only",
    "too old": "this amcheck has no verify_heapam, which came with PostgreSQL 14",
    "forbidden": "this user may not call the functions of amcheck",
    "unavailable": "this server does not offer the extension amcheck",
}


def _facts(inventory: Inventory, *, amcheck: str) -> DatabaseFacts:
    return DatabaseFacts(
        server_version=inventory.server_version,
        schema_version=inventory.schema_version,
        coder_release=release_of(inventory.schema_version),
        database_bytes=inventory.database_bytes,
        tables=len(inventory.tables),
        encryption_keys=inventory.encryption_keys,
        amcheck=amcheck or _amcheck_in_words(inventory),
        other_sessions=inventory.other_sessions,
    )


def _amcheck_in_words(inventory: Inventory) -> str:
    if inventory.amcheck == "present":
        return "present"
    return f"unavailable: {_WHY_NOT[inventory.amcheck]}"


def _physical_skipped(inventory: Inventory, *, amcheck: str) -> CheckResult:
    return CheckResult(
        id=checks.PHYSICAL,
        title=checks.TITLES[checks.PHYSICAL],
        severity="critical",
        verdict="skip",
        value=None,
        expected="0",
        detail=(amcheck or _amcheck_in_words(inventory)).removeprefix("unavailable: "),
        seconds=0.0,
        digest="",
    )
