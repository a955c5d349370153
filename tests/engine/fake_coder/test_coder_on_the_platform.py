"""Coder stands on the engine's platform as its charts would have installed it, and serves production."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import urllib3
from replicas import eventually

from cdk.environments import load
from day2.engine import coder, furnishing, platform, seed, synth, workspace_pods
from day2.engine.coder import Names
from day2.engine.engine import Engine
from day2.engine.platform import Platform
from day2.engine.postgres import binaries
from day2.engine.seed import psql as door
from day2.engine.settings import EngineSettings, PhaseSeconds

PSQL = Path(binaries.find().tool("psql"))
RUNNING = """\
SELECT DISTINCT ON (workspace_id) workspace_id, transition, job_status FROM workspace_builds
JOIN provisioner_jobs AS j ON j.id = job_id JOIN workspaces AS w ON w.id = workspace_id WHERE NOT w.deleted
ORDER BY workspace_id, build_number DESC;
"""
CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'coderd';"


@dataclass(frozen=True)
class Built:
    """A seeded platform with Coder on it; the engine stands in `folder/.engine`."""

    engine: Engine
    platform: Platform
    folder: Path

    def objects(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = coder._door(self.engine.client, self.platform).call("GET", path).body["items"]
        return found

    def command(self, *arguments: str) -> str:
        """What `day2` prints there."""
        return subprocess.run(  # noqa: S603  our own command
            [Path(sys.executable).with_name("day2"), *arguments],
            cwd=self.folder,
            env={**os.environ, "COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("platform")
    names = furnishing._names(load(synth.ENVIRONMENT))
    phases = PhaseSeconds(cluster_creating=0.1, instance_creating=0.1)
    with Engine(EngineSettings(workspace=folder / ".engine", wait_scale=0.01, phases=phases)) as engine:
        made = platform.build(engine.client, names)
        seed.apply(made.dsn, psql=PSQL, size=seed.SMALL, as_of=datetime.now(UTC))
        assert coder.url(engine.settings) is None
        coder.install(engine.client, made, Names(), psql=PSQL)
        yield Built(engine, made, folder)


def test_two_replicas_serve_production(built: Built) -> None:
    pods = built.objects("/api/v1/namespaces/coder/pods?labelSelector=app.kubernetes.io/name=coder")
    assert [each["status"]["phase"] for each in pods] == ["Running", "Running"]
    assert door.run(built.platform.dsn, CONNECTED, psql=PSQL).strip() == "6"
    assert urllib3.request("GET", f"{built.engine.settings.coder_url}/api/v2/buildinfo").json()["version"] == "v2.29.1"


def test_provisioners_and_workspaces_are_pods_of_namespaces_of_their_own(built: Built) -> None:
    eventually(
        lambda: (
            [each["status"]["phase"] for each in built.objects("/api/v1/namespaces/coder-prov/pods")]
            == ["Running"] * coder.PROVISIONERS
        )
    )
    builds = [line.split("\t") for line in door.run(built.platform.dsn, RUNNING, psql=PSQL).splitlines()]
    running = {workspace for workspace, *state in builds if state == ["start", "succeeded"]}
    pods = built.objects("/api/v1/namespaces/coder-ws/pods")
    assert {each["metadata"]["labels"]["com.coder.workspace.id"] for each in pods} == running
    assert 0 < len(running) <= workspace_pods.MOST


def test_an_owner_s_session_token_lies_where_a_workflow_reads_it(built: Built) -> None:
    manager = built.engine.client("secretsmanager")
    secret = coder.token_secret(built.platform)
    token = manager.get_secret_value(SecretId=secret)["SecretString"]
    assert secret.startswith("coder/")
    assert secret.endswith("/day2-token")
    health = f"{built.engine.settings.coder_url}/api/v2/debug/health"
    assert urllib3.request("GET", health, headers={"Coder-Session-Token": token}).status == 200
    coder.issue_token(built.engine.client, built.platform, psql=PSQL)
    assert manager.get_secret_value(SecretId=secret)["SecretString"] == token


def test_the_command_tells_where_coder_and_its_database_are(built: Built) -> None:
    url = built.engine.settings.coder_url
    lines = [line.strip() for line in built.command("engine", "status").splitlines()]
    assert f"export CODER_URL={url}" in lines
    assert f"export CODER_PG_CONNECTION_URL='{built.platform.dsn}'" in lines
    assert json.loads(built.command("engine", "status", "--json"))["coder_url"] == url


def test_a_secret_of_another_name_can_be_taken_whole_as_the_environment(built: Built) -> None:
    another = f"cluster-{uuid4().hex[:8]}"
    (role,) = (each["Arn"] for each in built.engine.client("iam").list_roles()["Roles"])
    built.engine.client("eks").create_cluster(
        name=another, roleArn=role, resourcesVpcConfig={"subnetIds": list(platform.SUBNETS)}
    )
    elsewhere = replace(built.platform, names=replace(built.platform.names, kubernetes_cluster=another))
    coder.install(
        built.engine.client, elsewhere, Names(deployment="our-coder", secret="database", env_from=True), psql=PSQL
    )
    there = Built(built.engine, elsewhere, built.folder)
    (secret,) = there.objects("/api/v1/namespaces/coder/secrets")
    (deployment,) = there.objects("/apis/apps/v1/namespaces/coder/deployments")
    assert (secret["metadata"]["name"], list(secret["data"])) == ("database", ["CODER_PG_CONNECTION_URL"])
    assert deployment["status"]["readyReplicas"] == coder.REPLICAS
    built.engine.client("eks").delete_cluster(name=another)
    eventually(lambda: door.run(built.platform.dsn, CONNECTED, psql=PSQL).strip() == "6")
