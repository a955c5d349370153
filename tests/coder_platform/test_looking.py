"""The platform is looked at after a cut-over, and watched: what is wrong with it is said in words."""

from datetime import timedelta
from typing import Any

import pytest

from lambdas import errors
from lambdas.platform.handlers import reconcile, repoint, repoint_back, soak, verify_platform
from lambdas.platform.reconciliation import Workspace

from .conftest import NEW_HOST, NOW, OLD_HOST, TOKEN, World

HEALTHY: dict[str, tuple[int, Any]] = {
    "/healthz": (200, "OK"),
    "/api/v2/buildinfo": (200, {"version": "v2.29.1+01", "deployment_id": "d-1"}),
    "/api/v2/debug/health": (200, {"severity": "ok", "database": {"reachable": True, "severity": "ok"}}),
    "/api/v2/users": (200, {"count": 3}),
    "/api/v2/templates": (200, [{}, {}, {}]),
    "/api/v2/groups": (403, {"message": "Template RBAC is a Premium feature. Contact sales!"}),
}


@pytest.fixture
def serving(remembered: World) -> World:
    """The platform on the restored database."""
    remembered.step(repoint.handler)
    remembered.pods({})
    remembered.door.says = dict(HEALTHY)
    return remembered


def failing(told: dict[str, Any]) -> set[str]:
    return {each["id"] for each in told["checks"] if each["verdict"] != "pass"}


def test_a_healthy_platform_passes_but_for_what_nobody_may_ask(serving: World) -> None:
    told = serving.step(verify_platform.handler)
    assert failing(told) == {"groups"}
    assert len(told["checks"]) == 11
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
    with pytest.raises(errors.PlatformNotHealthy, match="does not name the other database: it names"):
        serving.step(verify_platform.handler, direction="back")
    serving.step(repoint_back.handler)
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
