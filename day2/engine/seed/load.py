"""Fills an empty database with Coder's schema and a deployment's rows."""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from day2.engine.seed import artifacts
from day2.engine.seed import psql as door
from day2.engine.seed.psql import SeedFailed
from day2.engine.seed.sizes import Size

_HERE = Path(__file__).parent
_SCHEMA = _HERE / "coder-2.29"
_ROWS = _HERE / "rows"

# The longest first, so that lanes end at about the same time.
_FAMILIES = ("builds", "logs", "resources", "activity", "jobs", "directory", "platform")

_OCCUPIED = """\
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'seed') AND c.relkind = 'r';
"""
# Ends a script: one line a table, its name and its rows.
COUNTS = """\
SELECT format('SELECT %L, count(*) FROM %I', relname, relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
\\gexec
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedFacts:
    """What was made: rows by table, and how long it took."""

    size: Size
    as_of: datetime
    counts: Mapping[str, int]
    seconds: float


def apply(dsn: str, *, psql: Path, size: Size, as_of: datetime) -> SeedFacts:
    """Makes the deployment `size` as it stands at `as_of` in the empty database of `dsn`.

    The same size and `as_of` give the same rows, byte for byte. No superuser is needed, only the owner of the
    database. `psql` is the binary to use. Raises SeedFailed when the database is not empty or refuses a statement,
    ValueError for a naive `as_of`.
    """
    began = time.monotonic()
    if as_of.tzinfo is None:
        raise ValueError("as_of needs its time zone: a seed without one would mean another instant elsewhere")
    loader = _Loader(dsn, psql, {"as_of": as_of.isoformat(), **_dimensions(size)})
    if loader.run(_OCCUPIED).strip() != "0":
        raise SeedFailed(
            "the database already holds tables: a seed is applied to an empty one",
            resource="the seeded database",
            next_step="Give an empty database.",
        )
    loader.run(_read(_SCHEMA / "tables.sql") + _read(_ROWS / "plan.sql") + artifacts.script())
    rows = [_read(_ROWS / f"{family}.sql") for family in _FAMILIES]
    loader.side_by_side(_deal(rows, len(rows), size.lanes), size)
    for phase in ("keys", "foreign-keys"):
        blocks = _blocks(_read(_SCHEMA / f"{phase}.sql"))
        loader.side_by_side(_deal(blocks, size.lanes, size.lanes), size)
    last = loader.run(_read(_SCHEMA / "triggers.sql") + _read(_ROWS / "finish.sql") + COUNTS)
    return SeedFacts(size=size, as_of=as_of, counts=read_counts(last.splitlines()), seconds=time.monotonic() - began)


def read_counts(lines: Iterable[str]) -> dict[str, int]:
    """What `COUNTS` printed."""
    return {table: int(rows) for table, rows in (line.split("\t") for line in lines)}


@dataclass(frozen=True, slots=True)
class _Loader:
    dsn: str
    psql: Path
    variables: Mapping[str, object]

    def run(self, script: str) -> str:
        return door.run(self.dsn, script, psql=self.psql, variables=self.variables)

    def side_by_side(self, scripts: Sequence[str], size: Size) -> None:
        """Runs scripts that do not wait for one another, on as many connections as the size allows."""
        with ThreadPoolExecutor(size.lanes) as lanes:
            list(lanes.map(self.run, scripts))


def _dimensions(size: Size) -> dict[str, object]:
    return {name: value for name, value in asdict(size).items() if name not in {"name", "lanes"}}


def _deal(blocks: Iterable[str], scripts: int, lanes: int) -> list[str]:
    """Deals blocks out to `scripts` scripts in turn; to a single one where there is a single lane."""
    hands: list[list[str]] = [[] for _ in range(scripts if lanes > 1 else 1)]
    for place, block in enumerate(blocks):
        hands[place % len(hands)].append(block)
    return ["\n".join(hand) for hand in hands]


def _blocks(script: str) -> list[str]:
    """A script's paragraphs: the statements of one table each."""
    return script.split("\n\n")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
