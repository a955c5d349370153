"""One throwaway server with one seeded database for all of verification's tests."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from day2.engine import seed
from day2.engine.postgres.server import Server as Running
from day2.engine.postgres.server import throwaway
from lambdas.adapters.postgres import Server


@dataclass(frozen=True, slots=True)
class Seeded:
    """A database with the small seed, healthy as of `as_of`."""

    running: Running
    server: Server
    as_of: datetime

    def database(self, name: str) -> Server:
        """Another database of the same server."""
        return replace(self.server, database=name)


def signed_in(running: Running) -> Server:
    """How the verifier reaches a throwaway server."""
    return Server(
        host=running.host,
        port=running.port,
        database=running.database,
        user=running.user,
        password=running.password,
        ca_file=str(running.ca_file),
    )


@pytest.fixture(scope="session")
def seeded() -> Iterator[Seeded]:
    as_of = datetime.now(UTC)
    with throwaway() as running:
        seed.apply(running.dsn, psql=Path(running.installation.tool("psql")), size=seed.SMALL, as_of=as_of)
        yield Seeded(running, signed_in(running), as_of)
