"""One throwaway server with one small seeded production, of which tests take copies, and replicas on them."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from clusters import Cluster
from replicas import Production, Replica

from day2.engine import seed
from day2.engine.postgres.server import Server, throwaway

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with throwaway() as running:
        seed.apply(running.dsn, psql=Path(running.installation.tool("psql")), size=seed.SMALL, as_of=datetime.now(UTC))
        yield running


@pytest.fixture
def production(server: Server) -> Production:
    """A copy for one test to change."""
    return _copy(server)


@pytest.fixture(scope="session")
def untouched(server: Server) -> Production:
    """A copy that tests only read."""
    return _copy(server)


@pytest.fixture(scope="session")
def coder(untouched: Production) -> Iterator[Replica]:
    """A replica that serves it."""
    with Replica(untouched.dsn) as running:
        running.await_healthy()
        yield running


@pytest.fixture
def start() -> Iterator[Callable[..., Replica]]:
    """Starts a replica on a connection URL; each ends with the test."""
    with ExitStack() as ends:
        yield lambda dsn, **more: ends.enter_context(Replica(dsn, **more))


def _copy(server: Server) -> Production:
    name = f"copy_{next(_NUMBERS)}"
    server.sql(f'CREATE DATABASE "{name}" TEMPLATE coder OWNER coder_admin;')
    return Production(server, name)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    yield made
    made.controller.stop()
    assert made.processes() == []
