"""Organizations, provisioner jobs and daemons are told as they stand in the database."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from replicas import Production, Replica, eventually

HOME = "SELECT id FROM organizations WHERE is_default;"
WORKER = "SELECT id FROM provisioner_daemons WHERE name = '{name}';"
RUN_A_JOB = """\
UPDATE provisioner_jobs
SET started_at = now(), completed_at = NULL, canceled_at = NULL, error = NULL, worker_id = '{worker}'
WHERE id = (SELECT id FROM provisioner_jobs WHERE organization_id = '{home}' ORDER BY created_at DESC, id LIMIT 1);
"""
QUEUE_JOBS = """\
UPDATE provisioner_jobs SET started_at = NULL, completed_at = NULL, canceled_at = NULL, error = NULL, worker_id = NULL
WHERE id IN (SELECT id FROM provisioner_jobs WHERE organization_id = '{home}' ORDER BY created_at DESC, id
             LIMIT {count});
"""
END_ALL = "UPDATE provisioner_jobs SET started_at = created_at, completed_at = now() WHERE completed_at IS NULL;"
A_MEMBER = """\
SELECT username FROM users WHERE rbac_roles = '{}' AND status = 'active' AND NOT deleted AND NOT is_system
ORDER BY id LIMIT 1;
"""


@pytest.fixture
def served(production: Production, start: Callable[..., Replica]) -> Replica:
    production.value(END_ALL)
    replica = start(production.dsn)
    replica.await_healthy()
    return replica


@pytest.fixture
def home(production: Production) -> str:
    """The default organization."""
    return production.value(HOME)


def enrol(replica: Replica, *names: str) -> Any:
    """What the engine says for pods of provisioners."""
    body = json.dumps({"names": names})
    return replica.http.request("POST", f"{replica.url}/fake/provisionerdaemons", body=body, timeout=10).json()


def daemons(replica: Replica, token: str, organization: str, query: str = "") -> dict[str, str]:
    status, told = replica.get(f"organizations/{organization}/provisionerdaemons?{query}", token)
    assert status == 200
    return {each["name"]: each["status"] for each in told}


def test_the_jobs_of_an_organization_are_told_by_their_status(
    served: Replica, production: Production, home: str
) -> None:
    token = production.token("admin")
    production.value(QUEUE_JOBS.format(home=home, count=3))
    status, pending = served.get(f"organizations/{home}/provisionerjobs?status=pending&limit=100", token)
    assert (status, [each["status"] for each in pending]) == (200, ["pending"] * 3)
    assert "started_at" not in pending[0]
    assert len(served.get(f"organizations/{home}/provisionerjobs?status=pending&limit=2", token)[1]) == 2
    assert len(served.get(f"organizations/{home}/provisionerjobs", token)[1]) == 50
    assert served.get(f"organizations/{home}/provisionerjobs?status=late", token)[0] == 400


def test_a_daemon_is_idle_busy_with_its_job_and_offline_when_it_is_no_longer_heard_of(
    served: Replica, production: Production, home: str
) -> None:
    token = production.token("admin")
    assert enrol(served, "one", "two") == {"busy": []}
    assert {"one": "idle", "two": "idle"}.items() <= daemons(served, token, home).items()
    worker = production.value(WORKER.format(name="one"))
    production.value(RUN_A_JOB.format(home=home, worker=worker))
    assert enrol(served, "one", "two") == {"busy": ["one"]}
    assert daemons(served, token, home)["one"] == "busy"
    (running,) = served.get(f"organizations/{home}/provisionerjobs?status=running", token)[1]
    assert (running["worker_id"], running["worker_name"]) == (worker, "one")

    def gone() -> bool:
        enrol(served, "one")
        return "two" not in daemons(served, token, home)

    eventually(gone)
    assert daemons(served, token, home, "offline=true")["two"] == "offline"
    assert "one" in daemons(served, token, home)


def test_organizations_are_seen_by_their_members_and_jobs_by_owners(served: Replica, production: Production) -> None:
    owner, member = production.token("admin"), production.token(production.value(A_MEMBER))
    every = served.get("organizations", owner)[1]
    assert len(every) == int(production.value("SELECT count(*) FROM organizations WHERE NOT deleted;"))
    (own,) = served.get("organizations", member)[1]
    assert served.get(f"organizations/{own['name']}/provisionerdaemons", member)[0] == 200
    assert served.get(f"organizations/{own['id']}/provisionerjobs", member)[0] == 404
    for unseen in {each["id"] for each in every} - {own["id"]} | {"unheard-of"}:
        assert served.get(f"organizations/{unseen}/provisionerdaemons", member)[0] == 404
    assert served.get("organizations", "opaque")[0] == 401
