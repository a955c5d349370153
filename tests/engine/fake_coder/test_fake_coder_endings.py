"""Every process of the fake Coder ends with its cluster and its engine, however the engine ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import urllib3
from clusters import DEPLOYMENTS, SECRETS, deployment
from replicas import Production, eventually

from day2.engine import engine as engines
from day2.engine.engine import Engine
from day2.engine.leftovers import Leftovers
from day2.engine.processes import Process
from day2.engine.settings import EngineSettings
from lambdas.adapters.kubernetes import opened

HOLD = """
from pathlib import Path
from day2.engine.engine import Engine
from day2.engine.settings import EngineSettings
Engine(EngineSettings(workspace=Path({workspace!r}))).__enter__()
print("up", flush=True)
input()
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    engines.down(tmp_path)


def made(engine: Engine) -> Any:
    """A new cluster `coder`, as it is described."""
    created = engine.client("iam").create_role(RoleName=f"role-{uuid4().hex[:8]}", AssumeRolePolicyDocument="{}")
    return engine.client("eks").create_cluster(
        name="coder", roleArn=created["Role"]["Arn"], resourcesVpcConfig={"subnetIds": ["subnet-00000001"]}
    )["cluster"]


def serving(engine: Engine, production: Production) -> list[Process]:
    """The processes of two replicas that serve it, on a new cluster of the engine."""
    others = noted(engine)
    made(engine)
    kubernetes = opened("coder", eks=engine.client("eks"), sts=engine.client("sts"))
    url = f"{production.dsn}?sslmode=verify-full&sslrootcert={production.server.ca_file}"
    kubernetes.call("POST", "/api/v1/namespaces", {"metadata": {"name": "coder"}})
    kubernetes.call("POST", SECRETS, {"metadata": {"name": "coder-db-url"}, "stringData": {"url": url}})
    kubernetes.call("POST", DEPLOYMENTS, deployment(replicas=2))
    eventually(lambda: kubernetes.call("GET", f"{DEPLOYMENTS}/coder").body.get("status", {}).get("readyReplicas") == 2)
    assert urllib3.request("GET", f"{engine.settings.coder_url}/healthz").data == b"OK"
    found = [Process.of(pid) for pid in noted(engine) - others]
    eventually(lambda: production.connections() == 6)  # those of killed ones may be about to go
    return [each for each in found if each]


def noted(engine: Engine) -> set[int]:
    """The numbers of the processes that are to end with the engine."""
    notes = Leftovers.of(engine.settings.workspace).folder.glob("process-*.json")
    return {int(note.stem.removeprefix("process-")) for note in notes}


def gone(processes: list[Process]) -> bool:
    assert len(processes) == 2
    return not any(each.alive for each in processes)


def test_with_its_cluster_and_with_the_block(workspace: Path, production: Production) -> None:
    with Engine(EngineSettings(workspace=workspace)) as engine:
        processes = serving(engine, production)
        engine.client("eks").delete_cluster(name="coder")
        assert gone(processes)
        assert urllib3.request("GET", f"{engine.settings.coder_url}/healthz").status == 503
        processes = serving(engine, production)
    assert gone(processes)
    assert not (workspace / "leftovers").exists()


def test_when_the_engine_is_killed_and_nobody_clears_up(workspace: Path, production: Production) -> None:
    engine = Engine(EngineSettings(workspace=workspace)).up()
    processes = serving(engine, production)
    os.kill(engines.status(workspace).pid, signal.SIGKILL)
    eventually(lambda: gone(processes))
    eventually(lambda: production.connections() == 0)


def test_when_the_process_that_started_the_engine_is_killed(workspace: Path, production: Production) -> None:
    program = HOLD.format(workspace=str(workspace))
    with subprocess.Popen(  # noqa: S603  the program stands above
        [sys.executable, "-c", program],
        cwd=engines.REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == b"up\n"
        processes = serving(Engine.find(workspace), production)
        starter.kill()
    eventually(lambda: gone(processes))
    eventually(lambda: not engines.status(workspace).running)


def test_an_engine_without_coder_listens_nowhere_for_it(workspace: Path) -> None:
    with Engine(EngineSettings(workspace=workspace)) as engine:
        made(engine)
        with pytest.raises(urllib3.exceptions.HTTPError):
            urllib3.request("GET", f"{engine.settings.coder_url}/healthz", retries=False)
