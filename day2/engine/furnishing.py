"""An engine with everything on it: the platform, its seeded database, and the deployed stacks.

Synthesis and seeding need one core each, so they run side by side.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cdk.environments import load
from cdk.settings import EnvironmentSettings
from day2.drill.deployment import Deployment, find
from day2.engine import assembly, coder, failures, node_groups, platform, seed, synth, workspace_pods
from day2.engine.engine import Engine
from day2.engine.platform import Names, Platform
from day2.engine.postgres import binaries

Say = Callable[[str, float], None]
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished:
    """What stands on the engine. `snapshot` was taken between `seeded` and `went_on`."""

    engine: Engine
    platform: Platform
    deployment: Deployment
    seeded: seed.SeedFacts
    snapshot: str
    went_on: seed.LiveFacts


def furnish(engine: Engine, *, size: seed.Size, say: Say, with_coder: coder.Names | None = None) -> Furnished:
    """Build the platform, seed it, snapshot it, let production go on, and deploy; `say` hears each stage's seconds.

    `with_coder` installs Coder, a fake, by these names once production has gone on, on the settings' node groups. A
    drill needs none of it.
    Raises PreparationFailed, with what the engine had said.
    """
    with failures.explained(engine.settings):
        return _furnish(engine, size=size, say=say, with_coder=with_coder)


def _furnish(engine: Engine, *, size: seed.Size, say: Say, with_coder: coder.Names | None) -> Furnished:
    settings = load(synth.ENVIRONMENT)
    names = _names(settings)
    with ThreadPoolExecutor(max_workers=1) as beside:
        synthesized = beside.submit(_timed, synth.assembly)
        with _stage("production database up", say):
            built = platform.build(engine.client, names)
        with _stage("seeded", say):
            seeded = seed.apply(built.dsn, psql=_psql(), size=size, as_of=datetime.now(UTC))
            if with_coder:
                coder.issue_token(engine.client, built, psql=_psql())  # before the snapshot, which then knows it
        snapshot = f"rds:{names.cluster}-{datetime.now(UTC):%Y-%m-%d-%H-%M}"
        with _stage("snapshot taken", say):
            platform.take_snapshot(engine.client, names, snapshot)
        with _stage("production went on", say):
            went_on = seed.live_on(built.dsn, psql=_psql(), as_of=datetime.now(UTC))
        if with_coder:
            with _stage("fake Coder on its nodes", say):
                _install_coder(engine, built, with_coder, settings)
        made, seconds = synthesized.result()
        say("template synthesized", seconds)
    with _stage("deployed", say):
        assembly.deploy(made, engine)
    return Furnished(
        engine=engine,
        platform=built,
        deployment=find(synth.ENVIRONMENT, engine.client, poll_seconds=POLL_SECONDS),
        seeded=seeded,
        snapshot=snapshot,
        went_on=went_on,
    )


def _install_coder(engine: Engine, built: Platform, names: coder.Names, settings: EnvironmentSettings) -> None:
    """Coder, and where the settings scale node groups these first; its pods wait for their nodes."""
    if settings.scaling is None or built.names.kubernetes_cluster is None:
        coder.install(engine.client, built, names, psql=_psql())
        return
    running = workspace_pods.running(built.dsn, psql=_psql())
    groups = node_groups.planned(settings.scaling, workspaces=len(running), pods_per_node=engine.settings.pods_per_node)
    node_groups.build(engine.client, built.names.kubernetes_cluster, groups)
    coder.install(engine.client, built, names, psql=_psql(), on_nodes=True)
    node_groups.await_ready(engine.client, built.names.kubernetes_cluster, groups)


def production(engine: Engine) -> str | None:
    """The address of production's database on a furnished engine, as its connection secret has it now."""
    return platform.connection_url(engine.client, _names(load(synth.ENVIRONMENT)))


def kubernetes_cluster() -> str | None:
    """The name of the platform's EKS cluster."""
    return _names(load(synth.ENVIRONMENT)).kubernetes_cluster


def _names(settings: EnvironmentSettings) -> Names:
    return Names(
        cluster=settings.source.cluster,
        database=settings.source.database,
        subnet_group=settings.copy_.subnet_group,
        connection_secret=f"coder/{settings.environment}/aurora-master",
        kubernetes_cluster=settings.kubernetes.cluster if settings.kubernetes else None,
        engine_version="{}.{}".format(*binaries.find().version),
    )


def _psql() -> Path:
    return Path(binaries.find().tool("psql"))


def _timed(work: Callable[[], Path]) -> tuple[Path, float]:
    began = time.monotonic()
    return work(), time.monotonic() - began


@contextmanager
def _stage(name: str, say: Say) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(name, time.monotonic() - began)
