"""How long work takes, and how it is packed into groups that end in time. No I/O.

The throughputs are deliberately low, so that a plan is met on a freshly restored volume, whose blocks arrive from
storage as they are touched. Measured on one core of a laptop-sized machine with everything in memory (November 2026,
PostgreSQL 15, tables of 18 to 47 MiB): counting 890 MiB/s and more, foreign keys 2.4 million rows/s, verify_heapam
440 MiB/s and more, bt_index_check 270 to 430 MiB/s.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from lambdas.contracts import CheckGroup
from lambdas.verification.structure import BLOCK_BYTES, Table, part

Kind = Literal["sql", "foreign-keys", "counts", "physical"]

MIB = 2**20
GIB = 2**30
SCAN_BYTES_PER_SECOND = 100 * MIB
JOIN_ROWS_PER_SECOND = 400_000
HEAP_CHECK_BYTES_PER_SECOND = 60 * MIB
INDEX_CHECK_BYTES_PER_SECOND = 60 * MIB
STATEMENT_SECONDS = 0.005

# A single item that cannot be divided and is planned longer runs by itself, and for so long at most: far enough from a
# function's 900 s. It is tried, because a plan is an upper bound; but not an index, all of whose pages will be read.
LONGEST_ITEM_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Work that is not divided further."""

    names: tuple[str, ...]
    seconds: float


def pack(kind: Kind, items: Iterable[Item], *, capacity: float) -> list[CheckGroup]:
    """First fit decreasing: no group is planned above `capacity` unless a single item is, which is then bounded."""
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
            planned_seconds=round(min(load, LONGEST_ITEM_SECONDS), 3),
            bounded=load > capacity,
        )
        for number, (packed, load) in enumerate(zip(bins, loads, strict=True), start=1)
    ]


def whole(table: Table) -> float:
    """Seconds to read a table and to join or sort its rows once."""
    return table.bytes / SCAN_BYTES_PER_SECOND + table.rows / JOIN_ROWS_PER_SECOND


def divided(
    names: Sequence[str], *, size: int, seconds: float, longest: float, each: float = STATEMENT_SECONDS
) -> list[Item]:
    """One item, or where it would take too long, one for each range of the table's blocks.

    `each` is what every item takes whatever its range. Where that alone is too long, ranges would only repeat it;
    where it is most of it, items longer than `longest` are fewer and end sooner together.
    """
    blocks = size // BLOCK_BYTES
    parts = 1 if each > longest else min(blocks, math.ceil(seconds / max(longest - each, longest / 2)))
    if parts <= 1:
        return [Item(names=tuple(names), seconds=each + seconds)]
    return [
        Item(names=tuple(part(name, limits) for name in names), seconds=each + seconds / parts)
        for limits in ranges(blocks, parts=parts)
    ]


def ranges(blocks: int, *, parts: int) -> list[tuple[int, int]]:
    """`blocks` divided into at most `parts` ranges of nearly the same length, both ends included."""
    edges = [blocks * number // parts for number in range(parts + 1)]
    return [(first, after - 1) for first, after in pairwise(edges) if after > first]
