"""One engine with hurried phases and one source database for the session; tests change copies of their own."""

from collections.abc import Iterator

import pytest
from aurora_bench import Database, until

from day2.engine.aurora.disturbances import Disturbance
from day2.engine.disturbances import Disturbances
from day2.engine.engine import Engine
from day2.engine.settings import EngineSettings, PhaseSeconds

SOURCE = "coder-prod-aurora"
HURRIED = PhaseSeconds(
    cluster_creating=0.05,
    instance_creating=0.05,
    snapshot_creating=0.05,
    credentials_rotating=0.05,
    cluster_deleting=0.05,
    instance_deleting=0.05,
    renaming=0.05,
)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    settings = EngineSettings(workspace=tmp_path_factory.mktemp("aurora"), phases=HURRIED)
    with Engine(settings) as engine:
        yield Database(engine)


@pytest.fixture(scope="session")
def source(database: Database) -> str:
    """A serving cluster with the table `events`, continuously backed up."""
    database.create(SOURCE, BackupRetentionPeriod=35, StorageEncrypted=True)
    database.sql(SOURCE, "create table events (what text)")
    until(lambda: "LatestRestorableTime" in database.cluster(SOURCE))
    return SOURCE


@pytest.fixture(scope="session")
def snapshot(database: Database, source: str) -> str:
    """A snapshot of the source with the row `before the snapshot`."""
    database.sql(source, "insert into events values ('before the snapshot')")
    return database.take_snapshot(source)


@pytest.fixture
def disturbances(database: Database) -> Iterator[Disturbances]:
    """The engine's faults on order, all lifted at the end of the test."""
    ordered = Disturbances(database.engine.settings.workspace)
    yield ordered
    for what in Disturbance:
        ordered.lift(what)
