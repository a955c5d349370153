"""The fake Coder's answers are those of the database, as far as the token sees."""

from collections.abc import Callable

import pytest
from replicas import Production, Replica, eventually

RUNNING = """\
SELECT count(*) FROM (SELECT DISTINCT ON (workspace_id) * FROM workspace_builds
                      ORDER BY workspace_id, build_number DESC) AS b
JOIN provisioner_jobs AS j ON j.id = b.job_id JOIN workspaces AS w ON w.id = b.workspace_id
WHERE NOT w.deleted AND b.transition = 'start' AND j.job_status = 'succeeded';
"""
AN_AUDITOR = "SELECT username FROM users WHERE 'auditor' = ANY (rbac_roles) AND NOT deleted LIMIT 1;"
A_MEMBER = """\
SELECT username FROM users WHERE rbac_roles = '{}' AND status = 'active' AND NOT deleted AND NOT is_system
ORDER BY id LIMIT 1;
"""
A_SUSPENDED = "SELECT username FROM users WHERE status = 'suspended' AND NOT deleted LIMIT 1;"
OWNERS_ONLY = "debug/health"
EVERY = ("users", "templates", "groups", "workspaces", "deployment/stats", OWNERS_ONLY)


@pytest.fixture(scope="session")
def owner(untouched: Production) -> str:
    return untouched.token("admin")


@pytest.fixture(scope="session")
def auditor(untouched: Production) -> str:
    return untouched.token(untouched.value(AN_AUDITOR))


@pytest.fixture(scope="session")
def member(untouched: Production) -> str:
    return untouched.token(untouched.value(A_MEMBER))


def test_the_build_is_told_to_anyone(coder: Replica, untouched: Production) -> None:
    status, build = coder.get("buildinfo")
    deployment = untouched.value("SELECT value FROM site_configs WHERE key = 'deployment_id';")
    assert (status, build["version"], build["deployment_id"]) == (200, "v2.29.1", deployment)


def test_an_owner_is_told_the_counts_of_the_database(coder: Replica, untouched: Production, owner: str) -> None:
    people = untouched.value("SELECT count(*) FROM users WHERE NOT deleted AND NOT is_system;")
    status, users = coder.get("users?limit=1", owner)
    assert (status, users["count"], len(users["users"])) == (200, int(people), 1)
    templates = untouched.value("SELECT count(*) FROM templates WHERE NOT deleted;")
    assert len(coder.get("templates", owner)[1]) == int(templates)
    assert len(coder.get("groups", owner)[1]) == int(untouched.value("SELECT count(*) FROM groups;"))
    running = coder.get("workspaces?q=status:running&limit=1", owner)[1]
    assert (running["count"], len(running["workspaces"])) == (int(untouched.value(RUNNING)), 1)


def test_the_deployments_statistics_count_what_the_list_counts(coder: Replica, owner: str, auditor: str) -> None:
    told = coder.get("deployment/stats", auditor)[1]["workspaces"]
    assert set(told) == {"pending", "building", "running", "failed", "stopped"}
    for name in ("pending", "running", "failed", "stopped"):
        assert told[name] == coder.get(f"workspaces?q=status:{name}", owner)[1]["count"]


def test_a_token_without_the_right_to_read_workspaces_sees_none(coder: Replica, auditor: str, member: str) -> None:
    for token in (auditor, member):
        assert coder.get("workspaces?q=status:running&limit=1", token) == (200, {"workspaces": [], "count": 0})
    assert coder.get("deployment/stats", auditor)[1]["workspaces"]["running"] > 0


def test_health_is_the_owners(coder: Replica, owner: str, auditor: str, member: str) -> None:
    status, health = coder.get(OWNERS_ONLY, owner)
    assert (status, health["database"]["reachable"], health["severity"] in ("ok", "warning")) == (200, True, True)
    for token in (auditor, member):
        status, refused = coder.get(OWNERS_ONLY, token)
        assert (status, set(refused)) == (404, {"message"})


def test_a_member_sees_what_is_theirs(coder: Replica, untouched: Production, owner: str, member: str) -> None:
    assert coder.get("users", member)[1]["count"] == 1
    assert 0 < len(coder.get("groups", member)[1]) < len(coder.get("groups", owner)[1])
    assert 0 < len(coder.get("templates", member)[1]) <= len(coder.get("templates", owner)[1])
    assert coder.get("deployment/stats", member)[0] == 403


@pytest.mark.parametrize("path", EVERY)
def test_an_unknown_token_is_answered_with_401(coder: Replica, owner: str, path: str) -> None:
    for token in ("", "opaque", "0123456789-abc", owner[:-1], owner.replace("-", "")):
        status, refused = coder.get(path, token)
        assert (status, set(refused)) == (401, {"message"})


def test_an_expired_token_and_one_of_a_suspended_user_are_answered_with_401(
    coder: Replica, untouched: Production
) -> None:
    expired = untouched.token("admin", hours=-1)
    suspended = untouched.token(untouched.value(A_SUSPENDED))
    assert "expired" in coder.get("users", expired)[1]["message"]
    assert "suspended" in coder.get("users", suspended)[1]["message"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("users?limit=-1", 400),
        ("users?limit=many", 400),
        ("workspaces?q=status:unheard-of", 400),
        ("workspaces?q=owner:me", 400),
        ("unheard-of", 404),
    ],
)
def test_what_it_does_not_know_is_refused_with_a_message(coder: Replica, owner: str, path: str, status: int) -> None:
    code, refused = coder.get(path, owner)
    assert (code, set(refused)) == (status, {"message"})


def test_without_a_licence_in_force_there_are_no_groups(production: Production, start: Callable[..., Replica]) -> None:
    replica = start(production.dsn)
    replica.await_healthy()
    token = production.token("admin")
    assert replica.get("groups", token)[0] == 200
    production.value("UPDATE licenses SET exp = now() - interval '1 day';")
    status, refused = replica.get("groups", token)
    assert (status, "Premium" in refused["message"]) == (403, True)


def test_while_the_database_is_away_it_is_alive_and_answers_nothing(
    production: Production, start: Callable[..., Replica]
) -> None:
    replica = start(production.dsn)
    replica.await_healthy()
    token = production.token("admin")
    production.server.sql(f'ALTER DATABASE "{production.name}" ALLOW_CONNECTIONS false;')
    production.cut_connections()
    assert replica.get("users", token)[0] == 500
    assert replica.healthy()
    production.server.sql(f'ALTER DATABASE "{production.name}" ALLOW_CONNECTIONS true;')
    eventually(lambda: replica.get("users", token)[0] == 200)
