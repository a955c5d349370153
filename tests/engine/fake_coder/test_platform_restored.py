"""The steps of a restore lead a really running platform to another database and back, and see that they did."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

import boto3
import pytest
from clusters import DEPLOYMENTS, Cluster
from led_platform import CONNECTION, NOW, PROVISIONERS, SETTINGS, TOKEN, WORKSPACE_PODS, Stage, another_server, api_of
from moto import mock_aws
from replicas import Production

from day2.engine.postgres.account import current
from day2.engine.postgres.server import scratch_folder
from lambdas import errors, runtime
from lambdas import settings as settings_module
from lambdas.adapters import kubernetes, secrets
from lambdas.contracts import RecoveryPoint
from lambdas.platform.handlers import (
    await_rollout,
    await_stopped,
    reconcile,
    remember_platform,
    repoint,
    repoint_back,
    soak,
    start_coder,
    start_provisioners,
    stop_platform,
    survey_platform,
    verify_platform,
)

RUNNING = """\
SELECT DISTINCT ON (workspace_id) workspace_id, owner_id, transition, job_status FROM workspace_builds
JOIN provisioner_jobs AS j ON j.id = job_id JOIN workspaces AS w ON w.id = workspace_id WHERE NOT w.deleted
ORDER BY workspace_id, build_number DESC;
"""

POINT = RecoveryPoint(
    kind="point-in-time",
    id="2026-11-25T11:00:00Z",
    time=NOW - timedelta(hours=1),
    origin="continuous",
    source="coder-prod-aurora",
    engine="aurora-postgresql",
    engine_version="17.6",
    encrypted=True,
    kms_key=None,
    age_seconds=3600,
    reason="asked for",
)


@pytest.fixture
def stage(cluster: Cluster, production: Production, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    served, door = api_of(cluster, tmp_path / "authority")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("DATABASE_CA_FILE", str(production.server.ca_file))
    with mock_aws():
        made = Stage(cluster, production, boto3.client("secretsmanager"))
        monkeypatch.setattr(settings_module, "current", lambda: SETTINGS)
        monkeypatch.setattr(runtime, "utc_now", lambda: made.now)
        monkeypatch.setattr(kubernetes, "door", lambda _cluster: door)
        monkeypatch.setattr(secrets, "door", lambda: secrets.Secrets(made.manager))
        made.set_up()
        yield made
    served._server.shutdown()
    served._server.server_close()


@pytest.fixture
def restored(stage: Stage) -> Iterator[Production]:
    home = scratch_folder(current())
    server = another_server(stage.production, home)
    yield Production(server, stage.production.name)
    server.destroy()
    rmtree(home, ignore_errors=True)


def stop(stage: Stage) -> None:
    stage.step(stop_platform.handler)
    stage.until_done(await_stopped.handler)


def start(stage: Stage) -> None:
    stage.step(start_coder.handler)
    stage.until_done(await_rollout.handler)
    stage.step(start_provisioners.handler)


def verdicts(told: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {each["id"]: each["verdict"] for each in told["checks"]}


def test_the_platform_is_surveyed_as_it_stands_also_while_its_database_does_not_answer(stage: Stage) -> None:
    stage.production.value("UPDATE audit_logs SET time = '2026-11-25T10:00:00Z';")
    stage.production.value(
        "UPDATE audit_logs SET time = '2026-11-25T11:30:00Z' WHERE id IN (SELECT id FROM audit_logs LIMIT 7);"
    )
    told = stage.step(survey_platform.handler, recovery_point=POINT)
    assert told["coder"] | {"ready": 2} == {
        "namespace": "coder",
        "name": "coder",
        "replicas": 2,
        "ready": 2,
        "images": ["ghcr.io/coder/coder:v2.29.1"],
    }
    assert [each["replicas"] for each in told["provisioners"]] == [3]
    assert told["url"] == {"container": "coder", "secret": "coder-db-url", "key": "url", "by": "secretKeyRef"}
    assert told["host"] == told["secret_host"] == stage.production.server.host
    assert (told["login"], told["user"], told["version"]) == ("coder_admin", "coder_admin", "v2.29.1")
    assert told["deployment_id"]
    assert (told["newest_audit_rows"], told["unknown"], told["warnings"]) == (7, [], [])

    held = json.loads(stage.manager.get_secret_value(SecretId=CONNECTION)["SecretString"])
    stage.manager.put_secret_value(SecretId=CONNECTION, SecretString=json.dumps({**held, "port": 1}))
    told = stage.step(survey_platform.handler, recovery_point=POINT)
    assert told["newest_audit_rows"] is None
    assert "does not answer" in told["unknown"][0]


def test_it_is_led_to_the_restored_database_watched_and_led_back(stage: Stage, restored: Production) -> None:
    stage.state["before"] = stage.step(remember_platform.handler)
    stage.state["credentials"] = stage.credentials(restored)
    stage.state["old"] = stage.credentials(stage.production)
    stop(stage)
    changes = stage.step(repoint.handler)["changes"]
    assert stage.step(repoint.handler)["changes"] == changes
    start(stage)
    assert (stage.production.connections(), restored.connections()) == (0, 6)
    told = stage.until_done(verify_platform.handler)
    assert set(verdicts(told).values()) == {"pass"}, told

    with pytest.raises(errors.SoakNotOver):
        stage.step(soak.handler)
    stage.now += timedelta(seconds=31)
    assert stage.step(soak.handler)["looks"] == 1

    stop(stage)
    assert len(stage.step(repoint_back.handler)["changes"]) == 2
    assert stage.step(repoint_back.handler)["changes"] == []
    start(stage)
    back = stage.until_done(verify_platform.handler, direction="back")
    assert set(verdicts(back).values()) == {"pass"}, back
    assert verdicts(back).keys() == verdicts(told).keys()
    assert (stage.production.connections(), restored.connections()) == (6, 0)
    assert stage.cluster.ask("GET", f"{PROVISIONERS}/coder-provisioner")["spec"]["replicas"] == 3


def test_what_nobody_may_ask_is_skipped_and_another_database_than_coder_s_fails(
    stage: Stage, restored: Production
) -> None:
    stage.state["before"] = stage.step(remember_platform.handler)
    stage.production.value("DELETE FROM licenses; DELETE FROM api_keys;")
    serving = stage.credentials(stage.production)
    told = stage.step(verify_platform.handler, credentials=serving, old=None)
    asked = {"health", "users", "templates", "groups"}
    assert {name for name, verdict in verdicts(told).items() if verdict == "skip"} == {*asked, "disconnected"}

    token = json.dumps({"token": stage.production.token("admin")})
    stage.manager.put_secret_value(SecretId=TOKEN, SecretString=token)
    told = stage.step(verify_platform.handler, credentials=serving, old=None)
    assert {name for name, verdict in verdicts(told).items() if verdict == "skip"} == {"groups", "disconnected"}

    stage.production.value("UPDATE users SET deleted = true WHERE username = (SELECT max(username) FROM users);")
    with pytest.raises(errors.PlatformNotHealthy) as unhealthy:
        stage.step(verify_platform.handler, credentials=stage.credentials(restored), old=serving)
    for words in ("Users by the API", "is connected to the database that it is to serve: 0", "Nobody is connected"):
        assert words in str(unhealthy.value)


def test_what_a_restore_left_stopped_is_remembered_and_a_schema_that_the_binary_refuses_is_not_waited_for(
    stage: Stage,
) -> None:
    stage.state["before"] = stage.step(remember_platform.handler)
    stop(stage)
    again = stage.step(remember_platform.handler)
    assert (again["coder"]["replicas"], [each["replicas"] for each in again["provisioners"]]) == (2, [3])
    stage.production.value("UPDATE schema_migrations SET version = 412;")
    stage.step(start_coder.handler)
    assert "coder-day2/replicas" not in stage.cluster.ask("GET", f"{DEPLOYMENTS}/coder")["metadata"]["annotations"]
    with pytest.raises(errors.CutOverOverdue, match="no migration found for version 412"):
        stage.until_done(await_rollout.handler)


def test_workspaces_that_only_pods_or_only_the_database_know_are_listed(stage: Stage) -> None:
    rows = [line.split("|") for line in stage.production.value(RUNNING).splitlines()]
    wanted = [(id_, owner) for id_, owner, *state in rows if state == ["start", "succeeded"]]
    newer = ("00000000-0000-4000-8000-00000000abcd", "00000000-0000-4000-8000-000000000001")
    for workspace, owner in (*wanted[1:], newer):
        labels = {"com.coder.workspace.id": workspace, "com.coder.user.id": owner}
        pod = {"metadata": {"name": f"coder-{workspace}", "labels": labels}, "status": {"phase": "Running"}}
        stage.cluster.ask("POST", WORKSPACE_PODS, pod)
    told = stage.step(reconcile.handler, credentials=stage.credentials(stage.production))
    assert told["without_row"] == {"count": 1, "workspaces": [newer[0]], "owners": [newer[1]]}
    assert told["without_pod"] == {"count": 1, "workspaces": [wanted[0][0]], "owners": [wanted[0][1]]}
    assert told["unknown"] is None


def test_a_replica_is_asked_by_its_pod_and_the_door_s_own_token_stays_behind(stage: Stage) -> None:
    (name, other) = (each["metadata"]["name"] for each in stage.cluster.pods())
    door = kubernetes.door("coder-prod")
    assert door.ask_pod("coder", name, port=8080, path="/healthz", headers={}).text == "OK"
    token = {"Coder-Session-Token": stage.production.token("admin")}
    assert door.ask_pod("coder", other, port=8080, path="/api/v2/users?limit=1", headers=token).document()["count"] > 1
    assert door.ask_pod("coder", name, port=8080, path="/api/v2/users", headers={}).status == 401
    assert door.ask_pod("coder", name, port=9090, path="/healthz", headers={}).status == 503
    assert door.ask_pod("coder", "gone", port=8080, path="/healthz", headers={}).status == 503
