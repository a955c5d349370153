"""One throwaway server with one seeded database, of which tests take copies."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from seeded import Database

from day2.engine import seed
from day2.engine.postgres.server import Server, throwaway

SEEDED = "coder"
_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with throwaway(SEEDED) as running:
        yield running


@pytest.fixture(scope="session")
def healthy(server: Server) -> tuple[Database, seed.SeedFacts]:
    """The small seed as of now. Tests read it, and change copies of it."""
    database = Database(server.dsn, Path(server.installation.tool("psql")))
    return database, seed.apply(database.dsn, psql=database.psql, size=seed.SMALL, as_of=datetime.now(UTC))


@pytest.fixture(scope="session")
def new_database(server: Server) -> Callable[[str, str], Database]:
    """Makes a database of a name, as a copy of another; template1 is empty."""

    def make(name: str, of: str = "template1") -> Database:
        server.sql(f'CREATE DATABASE "{name}" TEMPLATE "{of}" OWNER coder_admin;')
        base, _, _ = server.dsn.rpartition("/")
        return Database(f"{base}/{name}", Path(server.installation.tool("psql")))

    return make


@pytest.fixture
def copy(new_database: Callable[[str, str], Database], healthy: tuple[Database, seed.SeedFacts]) -> Database:
    """A copy of the healthy seed for one test to change."""
    return new_database(f"copy_{next(_NUMBERS)}", SEEDED)
