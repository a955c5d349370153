"""What a database is made of, and the statements that look at it: counts, foreign keys, pages. No I/O.

An item of a group names a table, a foreign key or a relation, as PostgreSQL quotes it; `[first:last]` behind it
limits it to a range of its blocks, both included, so that even the largest table divides into parts.
"""
# ruff: noqa: S608  statements are built here on purpose, of names that PostgreSQL itself has quoted

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

BLOCK_BYTES = 8192
PLANTED = "00000000-0000-4000-8000-000000000001"

RelationKind = Literal["heap", "index"]
Amcheck = Literal["present", "absent", "too old", "forbidden", "unavailable"]
Blocks = tuple[int, int]

_PART = re.compile(r"(?P<name>.+)\[(?P<first>\d+):(?P<last>\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of schema public. `name` is quoted where it has to be; `rows` is the planner's estimate.

    partitioned  it holds nothing itself: size and rows are its partitions', and it is unlogged when one of them is
    root         of a partition, the table that its rows are counted for: partitions come and go, their table stays
    """

    name: str
    bytes: int
    rows: int
    unlogged: bool
    partitioned: bool = False
    root: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A foreign key of schema public; names are quoted where they have to be.

    child     holds the rows: a partition for a partitioned table
    parent    what the key names, which may be partitioned
    unlogged  child or parent is: crash recovery empties such a table, so orphans there mean nothing
    types     the child columns' types, for planting a fault
    """

    name: str
    child: str
    parent: str
    child_columns: tuple[str, ...]
    parent_columns: tuple[str, ...]
    types: tuple[str, ...]
    unlogged: bool

    @property
    def item(self) -> str:
        """`child.constraint`: a constraint's name is unique within its table only."""
        return f"{self.child}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Something that amcheck looks at. `name` carries the schema; `heap_bytes` is its table's size, for an index."""

    name: str
    kind: RelationKind
    bytes: int
    heap_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What was found, at `read_at` by the server's clock.

    absent  tables and columns that the catalogue's checks need and this database does not have
    amcheck whether the functions of the extension are there and may be called; unavailable: nobody can create it
    """

    read_at: datetime
    server_version: str
    database_bytes: int
    other_sessions: int
    schema_version: int | None
    encryption_keys: tuple[str, ...]
    amcheck: Amcheck
    absent: frozenset[str]
    tables: tuple[Table, ...]
    foreign_keys: tuple[ForeignKey, ...]
    relations: tuple[Relation, ...] = ()
    amcheck_schema: str = "public"

    @property
    def counted(self) -> tuple[Table, ...]:
        """The tables whose rows are counted: logged ones, and partitions in place of what they belong to."""
        filled = {table.root for table in self.tables}
        return tuple(
            table
            for table in self.tables
            if not table.unlogged and not (table.partitioned and (table.root or table.name in filled))
        )


def part(name: str, blocks: Blocks) -> str:
    """An item that is limited to a range of blocks."""
    return f"{name}[{blocks[0]}:{blocks[1]}]"


def read_part(item: str) -> tuple[str, Blocks | None]:
    """The name and the range of an item; the range is None for all of it."""
    found = _PART.fullmatch(item)
    return (item, None) if found is None else (found["name"], (int(found["first"]), int(found["last"])))


def literal(text: str) -> str:
    """`text` as an SQL string, for a server with standard strings (every one since 9.1)."""
    return "'" + text.replace("'", "''") + "'"


def counting(items: Iterable[str]) -> str:
    """One statement for the rows of several tables: (table, rows)."""
    return "\nUNION ALL ".join(_count(item) for item in items)


def _count(item: str) -> str:
    name, blocks = read_part(item)
    return f"SELECT {literal(name)}::text, count(*) FROM public.{name} c{_within(blocks)}"


def orphans(keys: Sequence[ForeignKey], *, blocks: Blocks | None = None, planted: bool = False) -> str:
    """One row for the foreign keys of one child table, its orphans by key, in one pass over the child.

    A child row is an orphan when none of its columns is null and no parent matches (MATCH SIMPLE). A parent's
    columns are unique, so joining it adds no rows; `planted` adds one orphan, for the negative control.
    """
    child = f"public.{keys[0].child}"
    source = f"{child} c"
    if planted:
        columns = {_bare(column): PLANTED for column in keys[0].child_columns}
        record = f"jsonb_populate_record(NULL::{child}, {literal(json.dumps(columns))})"
        source = f"(SELECT * FROM {child} UNION ALL SELECT ({record}).*) c"
    counted, joined = [], []
    for number, key in enumerate(keys):
        pairs = list(zip(key.child_columns, key.parent_columns, strict=True))
        whole = " AND ".join(f"c.{mine} IS NOT NULL" for mine, _ in pairs)
        counted.append(f"count(*) FILTER (WHERE {whole} AND p{number}.{pairs[0][1]} IS NULL)")
        equal = " AND ".join(f"p{number}.{theirs} = c.{mine}" for mine, theirs in pairs)
        joined.append(f"LEFT JOIN public.{key.parent} p{number} ON {equal}")
    return f"SELECT {', '.join(counted)}\nFROM {source}\n" + "\n".join(joined) + _within(blocks)


def heap_damage(items: Sequence[str], *, schema: str) -> str:
    """One row: how many faults the pages of these heaps have, their TOAST pointers included.

    `schema` holds amcheck's functions. A range is taken of a single item only.
    """
    if len(items) == 1:
        name, blocks = read_part(items[0])
        of = literal(name) + "::regclass"
        limits = "" if blocks is None else f", startblock := {blocks[0]}, endblock := {blocks[1]}"
        return f"SELECT count(*) FROM {schema}.verify_heapam({of}, check_toast := true{limits})"
    return f"SELECT count(*) FROM {_regclasses(items)} r, {schema}.verify_heapam(r, check_toast := true)"


def index_damage(items: Sequence[str], *, schema: str, with_heap: bool) -> str:
    """One row of no interest: a damaged index is an error, SQLSTATE XX002. `with_heap` finds missing entries too."""
    call = f"{schema}.bt_index_check(r, {str(with_heap).lower()})"
    return f"SELECT count(*) FROM {_regclasses(items)} r WHERE {call} IS NOT NULL"


def _regclasses(names: Iterable[str]) -> str:
    return f"unnest(ARRAY[{', '.join(literal(name) for name in names)}]::regclass[])"


def _within(blocks: Blocks | None) -> str:
    if blocks is None:
        return ""
    return f"\nWHERE c.ctid >= '({blocks[0]},0)'::tid AND c.ctid < '({blocks[1] + 1},0)'::tid"


def _bare(column: str) -> str:
    """A quoted identifier without its quotes."""
    return column[1:-1].replace('""', '"') if column.startswith('"') else column
