"""One engine with Coder on it for the session; every restore of this folder happens there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from restore_stage import Stage
from restored_platform import NAMES, House

from day2.engine import seed
from day2.engine.engine import Engine
from day2.engine.furnishing import furnish
from day2.engine.postgres import binaries
from day2.engine.settings import EngineSettings, PhaseSeconds
from day2.restore.platform import Platform

# Shorter than an operator's engine, and still longer than a step's first look.
PHASES = PhaseSeconds(
    cluster_creating=0.1,
    instance_creating=0.1,
    snapshot_creating=0.1,
    first_backup=4.0,
    credentials_rotating=0.1,
    cluster_deleting=0.1,
    instance_deleting=0.1,
    renaming=0.1,
    namespace_terminating=0.1,
    rollout_progressing=0.1,
)
WAIT_SCALE = 0.02


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The engine in `folder/.engine`, where a `day2` that runs in `folder` finds it."""
    folder = tmp_path_factory.mktemp("restore")
    with Engine(EngineSettings(workspace=folder / ".engine", phases=PHASES, wait_scale=WAIT_SCALE)) as engine:
        furnished = furnish(engine, size=seed.SMALL, say=lambda _stage, _seconds: None, with_coder=NAMES)
        (cluster,) = engine.client("rds").describe_db_clusters()["DBClusters"]
        house = House(
            furnished=furnished,
            platform=Platform(engine, Path(binaries.find().tool("psql"))),
            groups=tuple(each["VpcSecurityGroupId"] for each in cluster["VpcSecurityGroups"]),
        )
        stage = Stage(furnished=furnished, folder=folder, house=house)
        with stage.told(soak_minutes=0.01):
            yield stage
