"""The verification of the large seed, beside psql, pg_amcheck and pg_dump, and how it grows with the database."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from rich.console import Console

from bench.measure import Comparison, interleaved, show
from day2.engine import seed
from day2.engine.postgres.server import Server, throwaway
from day2.engine.seed import psql as door
from lambdas import payload
from lambdas.adapters.postgres import Session
from lambdas.contracts import CheckGroup
from lambdas.settings import Verification
from lambdas.verification import dsn, runner
from lambdas.verification.planning import INDEX, INDEX_WITH_HEAP

ROUNDS = 5
SQL_AIM = 1.0
PHYSICAL_AIM = 1.1
CONNECTIONS = Verification().connections
SIZES = (seed.SMALL, seed.LARGE, seed.LARGE.times(4))

# What the verification tells its own sessions, so that psql plans alike.
_AS_THE_VERIFIER = """\
SET jit = off;
SET max_parallel_workers_per_gather = 0;
SET work_mem = '64MB';
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One seeded database of the throwaway server, and the tools to ask it with."""

    server: Server
    address: str
    facts: seed.SeedFacts

    @property
    def psql(self) -> Path:
        return Path(self.server.installation.tool("psql"))

    def verify(self) -> None:
        """The whole verification, as `day2 verify` runs it."""
        report = runner.verify(dsn.read(self.address, environment={}), as_of=self.facts.as_of)
        if report.verdict == "fail":
            raise RuntimeError(f"the seed does not verify: {report.reason}")

    def run(self, script: str) -> None:
        door.run(self.address, script, psql=self.psql)

    def tool(self, name: str, *options: str) -> None:
        subprocess.run(  # noqa: S603 (PostgreSQL's own program, our options)
            [self.server.installation.tool(name), *options],
            env=door.environment(self.address),
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def statements(self) -> list[str]:
        """Every statement that one verification asks, in its order."""
        with _recorded() as asked:
            self.verify()
        return asked

    def amcheck(self, *, installed: bool) -> None:
        """Without the extension the verification leaves the physical check out."""
        self.run("CREATE EXTENSION amcheck;" if installed else "DROP EXTENSION IF EXISTS amcheck;")


def main() -> None:
    console = Console(width=None if os.isatty(1) else 140)
    with throwaway() as server:
        grounds = {size.name: _seeded(server, size, console=console) for size in SIZES}
        large = grounds[seed.LARGE.name]
        show("SQL checks, foreign keys and counts", _statements(large), console=console)
        for ground in grounds.values():
            ground.amcheck(installed=True)
        show(f"Physical check, on {CONNECTIONS} connections", _physical(large), console=console)
        show("The whole verification", _whole(large), console=console)
        show("Growth of the whole verification", _growth(grounds), console=console)


def _seeded(server: Server, size: seed.Size, *, console: Console) -> Ground:
    name = size.name.replace(" ", "_")
    server.sql(f'CREATE DATABASE "{name}" OWNER {server.user};')
    address = urlunsplit(urlsplit(server.dsn)._replace(path=f"/{name}"))
    psql = Path(server.installation.tool("psql"))
    facts = seed.apply(address, psql=psql, size=size, as_of=datetime.now(UTC))
    # As a database that has been up for a while: visibility known, nothing left for autovacuum to do meanwhile.
    door.run(address, "VACUUM;", psql=psql)
    rows = sum(facts.counts.values())
    console.print(
        f"seeded {size.name}: {rows:,} rows, {facts.counts['workspace_builds']:,} builds, {facts.seconds:.1f} s"
    )
    return Ground(server=server, address=address, facts=facts)


def _statements(ground: Ground) -> list[Comparison]:
    script = _one_after_the_other(ground.statements(), as_of=ground.facts.as_of)
    taken = interleaved(
        {
            "verification": ground.verify,
            "psql": lambda: ground.run(_AS_THE_VERIFIER + script),
        },
        rounds=ROUNDS,
    )
    return [
        Comparison(
            subject="verification, two connections on one snapshot",
            seconds=taken["verification"],
            against="psql, the same statements on one connection",
            against_seconds=taken["psql"],
            aim=SQL_AIM,
        )
    ]


def _physical(ground: Ground) -> list[Comparison]:
    """As a drill does it, and with no index and with every index compared with its heap, as pg_amcheck can do it."""
    server, settings = dsn.read(ground.address, environment={}), Verification()
    plan = runner.make_plan(server, phase="drill", settings=settings, seed="bench", copy=False)
    planned = [group for group in plan.groups if group.kind == "physical"]

    def check(groups: list[CheckGroup]) -> Callable[[], None]:
        def run() -> None:
            for group in groups:
                runner.run_group(server, group, as_of=ground.facts.as_of, phase="drill", settings=settings)

        return run

    def amcheck(options: str) -> Callable[[], None]:
        return lambda: ground.tool("pg_amcheck", *options.split(), urlsplit(ground.address).path[1:])

    ours = {
        "as a drill runs it: small indexes with their heap": check(planned),
        "no index with its heap": check([_instead(group, INDEX_WITH_HEAP, INDEX) for group in planned]),
        "every index with its heap": check([_instead(group, INDEX, INDEX_WITH_HEAP) for group in planned]),
    }
    drill, none, every = ours
    # On as many connections a drill does more than pg_amcheck, so that only the two below it have an aim.
    pairs = [
        (drill, "--jobs=1", PHYSICAL_AIM),
        (drill, f"--jobs={CONNECTIONS}", None),
        (none, f"--jobs={CONNECTIONS}", PHYSICAL_AIM),
        (every, f"--heapallindexed --jobs={CONNECTIONS}", PHYSICAL_AIM),
    ]
    taken = interleaved(ours | {options: amcheck(options) for _, options, _ in pairs}, rounds=ROUNDS)
    return [
        Comparison(
            subject=subject,
            seconds=taken[subject],
            against=f"pg_amcheck {options}",
            against_seconds=taken[options],
            aim=aim,
        )
        for subject, options, aim in pairs
    ]


def _instead(group: CheckGroup, old: str, new: str) -> CheckGroup:
    items = (new + item.removeprefix(old) if item.startswith(old) else item for item in group.items)
    return replace(group, items=tuple(items))


def _whole(ground: Ground) -> list[Comparison]:
    jobs = f"--jobs={CONNECTIONS}"
    database = urlsplit(ground.address).path[1:]
    others: dict[str, Callable[[], None]] = {
        f"pg_amcheck {jobs}": lambda: ground.tool("pg_amcheck", jobs, database),
        "pg_dump to /dev/null": lambda: ground.tool("pg_dump", "--file=/dev/null"),
    }
    taken = interleaved({"verification": ground.verify} | others, rounds=ROUNDS)
    return [
        Comparison(
            subject="everything, physical check included",
            seconds=taken["verification"],
            against=name,
            against_seconds=taken[name],
        )
        for name in others
    ]


def _growth(grounds: dict[str, Ground]) -> list[Comparison]:
    taken = interleaved({name: ground.verify for name, ground in grounds.items()}, rounds=ROUNDS)
    smaller = dict(zip(list(taken)[1:], taken, strict=False))
    return [
        Comparison(
            subject=f"{name}, {sum(grounds[name].facts.counts.values()):,} rows",
            seconds=seconds,
            against=smaller.get(name, ""),
            against_seconds=taken.get(smaller.get(name, "")),
        )
        for name, seconds in taken.items()
    ]


def _one_after_the_other(statements: list[str], *, as_of: datetime) -> str:
    asked = "".join(f"{statement};\n" for statement in statements)
    return (
        "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;\n"
        f"SET coder.as_of = '{payload.instant(as_of)}';\n{asked}COMMIT;\n"
    )


@contextmanager
def _recorded() -> Iterator[list[str]]:
    """Every statement that sessions of the verification are asked meanwhile."""
    asked: list[str] = []
    attempt = Session.attempt

    def recording(self: Session, statement: str, **how: Any) -> Any:
        asked.append(statement)
        return attempt(self, statement, **how)

    Session.attempt = recording  # type: ignore[method-assign]
    try:
        yield asked
    finally:
        Session.attempt = attempt  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
