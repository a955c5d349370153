"""Divides a verification into groups of planned duration: what is looked at, and what is left out. No I/O."""

import math
from collections.abc import Iterable, Mapping, Sequence

from lambdas.contracts import CheckResult, DatabaseFacts, VerificationPlan
from lambdas.settings import Verification
from lambdas.verification import checks
from lambdas.verification.checks import Check
from lambdas.verification.packing import (
    GIB,
    HEAP_CHECK_BYTES_PER_SECOND,
    INDEX_CHECK_BYTES_PER_SECOND,
    JOIN_ROWS_PER_SECOND,
    LONGEST_ITEM_SECONDS,
    MIB,
    SCAN_BYTES_PER_SECOND,
    STATEMENT_SECONDS,
    Item,
    Kind,
    divided,
    pack,
    whole,
)
from lambdas.verification.releases import release_of
from lambdas.verification.structure import BLOCK_BYTES, ForeignKey, Inventory, Relation, Table, part

# An index is compared with its heap, which reads the heap once more, where the heap is no larger than this.
WITH_HEAP_BYTES = 8 * MIB
# A sample is spread over this many places of a relation.
SAMPLE_PLACES = 64
INDEX_WITH_HEAP = "with-heap "
INDEX = "index "
HEAP = "heap "


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
            seconds=STATEMENT_SECONDS + sum(whole(tables[name]) for name in check.tables if name in tables),
        )
        for check in (*runnable, *checks.controls(runnable))
    ]


def _foreign_keys(inventory: Inventory, *, longest: float) -> list[Item]:
    tables = {table.name: table for table in inventory.tables}
    looked_at = [key for key in inventory.foreign_keys if not key.unlogged]
    items: list[Item] = []
    # The keys of one table stay together: they are looked at in one pass over it.
    for child in sorted({key.child for key in looked_at}):
        items += _keys_of_child([key for key in looked_at if key.child == child], tables=tables, longest=longest)
    control = control_key(looked_at, rows={name: table.rows for name, table in tables.items()})
    if control is not None:
        seconds = STATEMENT_SECONDS + whole(tables[control.child]) + whole(tables[control.parent])
        items.append(Item(names=(checks.CONTROL_PREFIX + control.item,), seconds=seconds))
    return items


def _keys_of_child(keys: Sequence[ForeignKey], *, tables: Mapping[str, Table], longest: float) -> list[Item]:
    child = tables[keys[0].child]
    parents = STATEMENT_SECONDS + sum(whole(tables[key.parent]) for key in keys)
    if len(keys) > 1 and parents > longest / 2:
        return [item for key in keys for item in _keys_of_child([key], tables=tables, longest=longest)]
    return divided(
        [key.item for key in keys],
        size=child.bytes,
        seconds=child.bytes / SCAN_BYTES_PER_SECOND + child.rows * len(keys) / JOIN_ROWS_PER_SECOND,
        longest=longest,
        each=parents,
    )


def control_key(keys: Iterable[ForeignKey], *, rows: Mapping[str, int]) -> ForeignKey | None:
    """The foreign key whose orphan is planted: the cheapest that takes an arbitrary UUID."""
    fitting = [key for key in keys if set(key.types) == {"uuid"}]
    return min(fitting, key=lambda key: (rows[key.child] + rows[key.parent], key.item), default=None)


def _counts(inventory: Inventory, *, longest: float) -> list[Item]:
    return [
        item
        for table in inventory.counted
        for item in divided(
            [table.name],
            size=table.bytes,
            seconds=table.bytes / SCAN_BYTES_PER_SECOND,
            longest=longest,
        )
    ]


def _whole_heap(relation: Relation, *, longest: float) -> list[Item]:
    seconds = relation.bytes / HEAP_CHECK_BYTES_PER_SECOND
    return divided([HEAP + relation.name], size=relation.bytes, seconds=seconds, longest=longest)


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
