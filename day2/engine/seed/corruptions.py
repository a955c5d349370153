"""Named ways to break a source, read from `corruptions.sql`, for drills that must fail."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from day2.engine.seed import psql as door

_FILE = Path(__file__).with_name("corruptions.sql")
_BLOCK = re.compile(
    r"""^--[ ]corruption:[ ](?P<name>\S+)\n
        --[ ]found[ ]by:[ ](?P<found_by>\S+)\n
        --[ ]story:[ ](?P<story>.+)\n
        (?P<sql>(?:(?!--[ ]).+\n?)+)""",
    re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corruption:
    """One fault: how it comes about, its SQL, and the id of the check that has to find it."""

    name: str
    found_by: str
    story: str
    sql: str


@cache
def corruptions() -> tuple[Corruption, ...]:
    """Every corruption, in the order of the file."""
    found = _BLOCK.finditer(_FILE.read_text(encoding="utf-8"))
    return tuple(Corruption(**match.groupdict()) for match in found)


def corruption(name: str) -> Corruption:
    """The corruption of that name; ValueError lists the names there are."""
    for each in corruptions():
        if each.name == name:
            return each
    known = ", ".join(each.name for each in corruptions())
    raise ValueError(f"no corruption is called {name!r}: choose one of {known}")


def corrupt(dsn: str, *, psql: Path, name: str) -> Corruption:
    """Breaks the database of `dsn`, whose user must be a superuser, in one transaction.

    Raises ValueError for an unknown name, SeedFailed when the database refuses it.
    """
    chosen = corruption(name)
    door.run(dsn, f"BEGIN;\n{chosen.sql}COMMIT;\n", psql=psql)
    return chosen
