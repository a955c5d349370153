"""The steps that stop, lead, start and watch the platform: at any repeat, and whatever somebody else does meanwhile."""

import json
from datetime import timedelta
from typing import Any

import pytest

from lambdas import errors
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
from lambdas.platform.reconciliation import Workspace

from .conftest import CONNECTION, NEW_HOST, NOW, OLD_HOST, OLD_URL, TOKEN, World, without_platform

KEPT = "coder-db-url-before-20261125-0000abcd"
NEW_URL = OLD_URL.replace(OLD_HOST, NEW_HOST)
DEPLOYMENT = "/apis/apps/v1/namespaces/coder/deployments/coder"
SECRETS = "/api/v1/namespaces/coder/secrets"
HEALTHY: dict[str, tuple[int, Any]] = {
    "/healthz": (200, "OK"),
    "/api/v2/buildinfo": (200, {"version": "v2.29.1+01", "deployment_id": "d-1"}),
    "/api/v2/debug/health": (200, {"severity": "ok", "database": {"reachable": True, "severity": "ok"}}),
    "/api/v2/users": (200, {"count": 3}),
    "/api/v2/templates": (200, [{}, {}, {}]),
    "/api/v2/groups": (403, {"message": "Template RBAC is a Premium feature. Contact sales!"}),
}
POINT = RecoveryPoint(
    kind="point-in-time",
    id="2026-11-25T11:00:00Z",
    time=NOW - timedelta(hours=1),
    origin="continuous",
    source="coder-prod-aurora",
    engine="aurora-postgresql",
    engine_version="16.6",
    encrypted=True,
    kms_key=None,
    age_seconds=3600,
    reason="asked for",
)


@pytest.fixture
def remembered(world: World) -> World:
    """The world right before the fence."""
    world.state = {
        "before": world.step(remember_platform.handler),
        "credentials": world.credentials(NEW_HOST),
        "old": world.credentials(OLD_HOST),
    }
    return world


@pytest.fixture
def serving(remembered: World) -> World:
    """The platform on the restored database."""
    remembered.step(repoint.handler)
    remembered.pods({})
    remembered.door.says = dict(HEALTHY)
    return remembered


def failing(told: dict[str, Any]) -> set[str]:
    return {each["id"] for each in told["checks"] if each["verdict"] != "pass"}


def test_the_survey_says_what_it_cannot_find_out_and_what_a_cut_over_would_meet(world: World) -> None:
    world.set_url(f"postgres://app:x@proxy.example/coder?x={OLD_HOST}")
    owner = [{"kind": "ExternalSecret", "name": "coder-db"}]
    world.ask("PATCH", f"{SECRETS}/coder-db-url", {"metadata": {"ownerReferences": owner}})
    world.databases[OLD_HOST].fault = errors.AccessRefused("no", resource="db", next_step="")
    told = world.step(survey_platform.handler, recovery_point=POINT)
    assert (told["version"], told["newest_audit_rows"], told["user"], told["login"]) == (
        "v2.29.1",
        None,
        "app",
        "coder_admin",
    )
    assert len(told["unknown"]) == 2
    assert [each.split()[0] for each in told["warnings"]] == ["The", "The", "Coder"]
    assert "kept by ExternalSecret coder-db" in told["warnings"][0]


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ({"spec": {"replicas": 0}}, "nothing tells how many"),
        ({"spec": {"template": {"spec": {"containers": [{"name": "coder", "image": "coder"}]}}}}, "No container of it"),
    ],
)
def test_a_platform_that_no_restore_could_lead_is_refused_before_anything_is_changed(
    world: World, patch: Any, why: str
) -> None:
    world.ask("PATCH", DEPLOYMENT, patch)
    for handler in (survey_platform.handler, remember_platform.handler):
        with pytest.raises(errors.PlanRefused, match=why):
            world.step(handler, recovery_point=POINT)


def test_a_secret_that_is_immutable_or_not_there_is_refused(world: World) -> None:
    world.ask("PATCH", f"{SECRETS}/coder-db-url", {"immutable": True})
    with pytest.raises(errors.PlanRefused, match="is immutable"):
        world.step(survey_platform.handler, recovery_point=POINT)
    world.ask("DELETE", f"{SECRETS}/coder-db-url")
    with pytest.raises(errors.PlanRefused, match="no such Secret"):
        world.step(survey_platform.handler, recovery_point=POINT)


def test_without_a_platform_in_the_settings_or_its_deployment_it_is_said_so(world: World) -> None:
    world.ask("DELETE", DEPLOYMENT)
    with pytest.raises(errors.PlanRefused, match="no such Deployment"):
        world.step(survey_platform.handler, recovery_point=POINT)
    world.settings = without_platform(world.settings)
    with pytest.raises(errors.PlanRefused, match="settings name no Kubernetes"):
        world.step(survey_platform.handler, recovery_point=POINT)


def test_stopping_notes_the_counts_in_the_same_write_and_starting_takes_the_note_away(remembered: World) -> None:
    for _ in range(2):
        told = remembered.step(stop_platform.handler)
        assert told["stopped"] == ["coder-prov/coder-provisioner", "coder/coder"]
    patches = [path for method, path in remembered.door.asked if method == "PATCH"]
    assert len(patches) == 4
    stopped = remembered.deployment()
    assert (stopped["spec"]["replicas"], stopped["metadata"]["annotations"]) == (0, {"coder-day2/replicas": "2"})
    for _ in range(2):
        remembered.step(start_coder.handler)
        assert remembered.step(start_provisioners.handler)["started"] == ["coder-prov/coder-provisioner"]
    started = remembered.deployment()
    assert (started["spec"]["replicas"], started["metadata"]["annotations"]) == (2, {})


def test_provisioners_that_stood_at_none_stay_so_and_one_that_is_gone_is_told(remembered: World) -> None:
    provisioners = remembered.state["before"]["provisioners"]
    gone = {**provisioners[0], "name": "gone"}
    idle = {**provisioners[0], "replicas": 0}
    before = {**remembered.state["before"], "provisioners": [gone, idle]}
    assert remembered.step(stop_platform.handler, before=before)["stopped"] == ["coder/coder"]
    told = remembered.step(start_provisioners.handler, before=before)
    assert (told["started"], told["missing"]) == ([], ["coder-prov/gone"])
    assert remembered.deployment("coder-prov", "coder-provisioner")["spec"]["replicas"] == 2


def test_pods_are_waited_for_twenty_minutes(remembered: World) -> None:
    remembered.pods({})
    remembered.step(stop_platform.handler)
    with pytest.raises(errors.PodsStillRunning, match="has 2 pods: coder-0, coder-1"):
        remembered.step(await_stopped.handler)
    remembered.now = NOW + timedelta(minutes=20, seconds=1)
    with pytest.raises(errors.FenceOverdue, match="has 2 pods"):
        remembered.step(await_stopped.handler)


def test_another_image_than_before_is_not_started(remembered: World) -> None:
    remembered.step(stop_platform.handler)
    newer = [{"name": "coder", "image": "ghcr.io/coder/coder:v2.34.0"}]
    remembered.ask("PATCH", DEPLOYMENT, {"spec": {"template": {"spec": {"containers": newer}}}})
    with pytest.raises(errors.RequestRefused, match=r"v2\.29\.1 before, .*v2\.34\.0 now"):
        remembered.step(start_coder.handler)
    assert remembered.deployment()["spec"]["replicas"] == 0


def test_both_secrets_are_led_and_what_they_held_is_kept(remembered: World) -> None:
    version = remembered.manager.get_secret_value(SecretId=CONNECTION)["VersionId"]
    changes = remembered.step(repoint.handler)["changes"]
    assert remembered.step(repoint.handler)["changes"] == changes
    assert (remembered.secret(), remembered.secret(KEPT)) == (NEW_URL, OLD_URL)
    assert remembered.connection() == {
        "engine": "postgres",
        "username": "coder_admin",
        "password": "of old",
        "host": NEW_HOST,
        "port": "5432",
        "database": "coder",
    }
    assert [each["kept_as"] for each in changes] == [version, f"coder/{KEPT}"]
    assert all(len(each["before"]) == len(each["after"]) == 16 for each in changes)
    assert "of old" not in json.dumps(changes)
    kept = remembered.ask("GET", f"{SECRETS}/{KEPT}")
    assert (kept["immutable"], kept["metadata"]["labels"]) == (True, {"coder-day2/restoration": "20261125-0000abcd"})
    other = remembered.door.secret("coder", "coder-db-url")
    assert other
    assert other.data["other"] == "kept"


@pytest.mark.parametrize("dies_at", ["POST", "PATCH"])
def test_a_step_that_died_in_between_ends_the_same_when_it_is_repeated(remembered: World, dies_at: str) -> None:
    remembered.door.refuses[dies_at, SECRETS] = 500
    with pytest.raises(errors.ServiceBusy):
        remembered.step(repoint.handler)
    remembered.door.refuses.clear()
    remembered.step(repoint.handler)
    assert (remembered.secret(), remembered.connection()["host"]) == (NEW_URL, NEW_HOST)


def test_the_secrets_are_led_again_where_a_rollback_had_led_them_back(remembered: World) -> None:
    remembered.step(repoint.handler)
    remembered.step(repoint_back.handler)
    remembered.step(repoint.handler)
    assert (remembered.secret(), remembered.connection()["host"]) == (NEW_URL, NEW_HOST)


def test_what_somebody_changed_since_it_was_remembered_is_not_overwritten(remembered: World) -> None:
    remembered.set_url(OLD_URL + "&application_name=coderd")
    with pytest.raises(errors.RequestRefused, match="Kubernetes Secret was changed by somebody else"):
        remembered.step(repoint.handler)
    assert remembered.connection()["host"] == OLD_HOST
    remembered.set_url(OLD_URL)
    held = {**remembered.connection(), "password": "rotated"}
    remembered.manager.put_secret_value(SecretId=CONNECTION, SecretString=json.dumps(held))
    with pytest.raises(errors.RequestRefused, match="connection secret was changed by somebody else"):
        remembered.step(repoint.handler)
    assert remembered.secret() == OLD_URL


def test_leading_back_restores_both_and_does_nothing_where_nothing_was_changed(remembered: World) -> None:
    assert remembered.step(repoint_back.handler)["changes"] == []
    remembered.step(repoint.handler)
    assert len(remembered.step(repoint_back.handler)["changes"]) == 2
    assert (remembered.secret(), remembered.connection()["host"]) == (OLD_URL, OLD_HOST)
    assert remembered.step(repoint_back.handler)["changes"] == []


def test_leading_back_ends_what_a_step_that_died_in_between_had_begun(remembered: World) -> None:
    remembered.door.refuses["PATCH", SECRETS] = 500
    with pytest.raises(errors.ServiceBusy):
        remembered.step(repoint.handler)
    remembered.door.refuses.clear()
    (change,) = remembered.step(repoint_back.handler)["changes"]
    assert change["resource"] == CONNECTION
    assert (remembered.secret(), remembered.connection()["host"]) == (OLD_URL, OLD_HOST)


def test_a_rollout_is_waited_for_a_quarter_of_an_hour(remembered: World) -> None:
    remembered.pods({}, ready=False)
    with pytest.raises(errors.RolloutNotComplete, match="0 of 2 updated replicas"):
        remembered.step(await_rollout.handler)
    remembered.now = NOW + timedelta(minutes=15, seconds=1)
    with pytest.raises(errors.CutOverOverdue, match="0 of 2 updated replicas"):
        remembered.step(await_rollout.handler)
    remembered.roll_out(ready=2)
    assert remembered.step(await_rollout.handler)["complete"]


def test_a_schema_that_every_replica_refuses_is_not_waited_for(remembered: World) -> None:
    looping = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 2}
    remembered.pods(looping, ready=False)
    with pytest.raises(errors.RolloutNotComplete, match="coder-0: CrashLoopBackOff after 2 restarts"):
        remembered.step(await_rollout.handler)
    remembered.door.log_of_pods = "error: connect to postgres: migrate up: no migration found for version 412\n"
    with pytest.raises(errors.CutOverOverdue, match="no migration found for version 412"):
        remembered.step(await_rollout.handler)


def test_a_healthy_platform_passes_but_for_what_nobody_may_ask(serving: World) -> None:
    told = serving.step(verify_platform.handler)
    assert failing(told) == {"groups"}
    assert len(told["checks"]) == 10
    serving.manager.delete_secret(SecretId=TOKEN, ForceDeleteWithoutRecovery=True)
    skipped = serving.step(verify_platform.handler, old=None)
    assert failing(skipped) == {"health", "users", "templates", "groups", "disconnected"}


def test_without_the_right_to_ask_pods_the_looks_at_them_are_skipped(serving: World) -> None:
    serving.door.refuses["GET", "/api/v1/namespaces/coder/pods/coder-"] = 403
    told = serving.step(verify_platform.handler)
    assert failing(told) == {"alive", "version", "health", "users", "templates", "groups", "logs"}


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/healthz", (503, "no"), "Every replica answers /healthz: coder-0: /healthz: nobody answers"),
        ("/api/v2/buildinfo", (200, {"version": "v2.34.0"}), "it is v2.34.0, and was v2.29.1"),
        ("/api/v2/debug/health", (500, {"message": "An internal server error occurred."}), "was answered with 500"),
        ("/api/v2/users", (200, {"count": 9}), "Users by the API and in the database: API 9, database 3"),
        ("/api/v2/templates", (200, {"unexpected": 1}), "Templates by the API and in the database: API 1"),
    ],
)
def test_what_is_wrong_with_the_platform_is_said_in_words(serving: World, path: str, answer: Any, words: str) -> None:
    serving.door.says[path] = answer
    for handler in (verify_platform.handler, soak.handler):
        with pytest.raises(errors.PlatformNotHealthy) as unhealthy:
            serving.step(handler)
        assert words in str(unhealthy.value)


def test_databases_are_judged_by_the_direction(serving: World) -> None:
    with pytest.raises(errors.PlatformNotHealthy, match="Nobody is connected to the other database: 6"):
        serving.step(verify_platform.handler, direction="back")
    serving.databases[OLD_HOST].connected, serving.databases[NEW_HOST].connected = 6, 0
    assert failing(serving.step(verify_platform.handler, direction="back")) == {"groups"}
    with pytest.raises(errors.PlatformNotHealthy, match="that it is to serve: 0"):
        serving.step(verify_platform.handler)


def test_a_serving_database_that_does_not_answer_fails_and_the_other_one_is_skipped(serving: World) -> None:
    silence = errors.DatabaseNotReachable("the database does not answer", resource="db", next_step="")
    serving.databases[OLD_HOST].fault = silence
    assert failing(serving.step(verify_platform.handler)) == {"groups", "disconnected"}
    serving.databases[NEW_HOST].fault = silence
    with pytest.raises(errors.PlatformNotHealthy, match="db: the database does not answer"):
        serving.step(verify_platform.handler)


def test_it_is_watched_until_its_time_is_over(serving: World) -> None:
    with pytest.raises(errors.SoakNotOver, match="watched until 2026-11-25T12:00:30Z"):
        serving.step(soak.handler)
    serving.now = NOW + timedelta(seconds=30)
    told = serving.step(soak.handler)
    assert (told["looks"], failing(told)) == (5, {"groups"})


def test_reconciling_lists_both_sides_and_never_fails_for_a_refused_right(remembered: World) -> None:
    remembered.databases[NEW_HOST].rows = {"w1": Workspace(owner="ann", running=True)}
    told = remembered.step(reconcile.handler)
    assert (told["without_pod"]["workspaces"], told["unknown"]) == (["w1"], None)
    remembered.door.refuses["GET", "/api/v1/namespaces/coder-ws"] = 403
    assert "403" in remembered.step(reconcile.handler)["unknown"]
    remembered.door.refuses.clear()
    remembered.databases[NEW_HOST].fault = errors.DatabaseNotReachable("no answer", resource="db", next_step="")
    told = remembered.step(reconcile.handler)
    assert (told["unknown"], told["without_row"]["count"]) == ("db: no answer", 0)


def test_no_error_and_no_result_of_any_step_holds_a_password(serving: World, caplog: pytest.LogCaptureFixture) -> None:
    serving.door.refuses["PATCH", SECRETS] = 422
    serving.set_url(OLD_URL)
    with pytest.raises(errors.KubernetesUnavailable) as refused:
        serving.step(repoint.handler)
    for text in (str(refused.value), caplog.text, json.dumps(serving.state, default=str)):
        assert "of old" not in text
        assert "of%20old" not in text
        assert "a-session-token" not in text
