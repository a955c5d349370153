"""A Deployment of Coder's image has pods, and its coderd is a process for each of them."""

import os
import signal

import pytest
from clusters import DEPLOYMENTS, IMAGE, PODS, Cluster, deployment
from replicas import Production, eventually

from day2.engine.fake_kubernetes import workloads
from day2.engine.fake_kubernetes.workloads import Plan, Seen

URL = {"name": "CODER_PG_CONNECTION_URL"}


def seen(*states: str) -> list[Seen]:
    """Pods in words: new or old; ready, starting or ending."""
    return [
        Seen(name=f"{at}", updated="new" in each, ready="ready" in each, ending="ending" in each)
        for at, each in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("replicas", "pods", "make", "end"),
    [
        (2, [], 2, ()),
        (2, ["new ready", "new starting"], 0, ()),
        (1, ["new starting", "new ready"], 0, ("0",)),
        (0, ["new ready", "old ready", "new starting"], 0, ("0", "2", "1")),
        (0, ["new ending"], 0, ()),
        (2, ["old ready", "old ready"], 1, ()),
        (2, ["old ready", "old ready", "new starting"], 0, ()),
        (2, ["old ready", "old ready", "new ready"], 0, ("0",)),
        (2, ["old ending", "old ready", "new ready"], 1, ()),
        (2, ["old starting", "old ready", "new ready"], 0, ("0",)),
        (2, ["old ready", "new ready", "new ready"], 0, ("0",)),
        (4, ["old ready"] * 4, 1, ("0",)),
        (2, ["new ending", "new ready"], 1, ()),
    ],
)
def test_of_two_replicas_both_serve_until_a_new_one_is_ready(
    replicas: int, pods: list[str], make: int, end: tuple[str, ...]
) -> None:
    assert workloads.plan(replicas, seen(*pods)) == Plan(make=make, end=end)


@pytest.mark.parametrize(
    ("image", "command", "args", "pods", "coderd"),
    [
        (IMAGE, ["/opt/coder"], ["server"], True, True),
        ("our-coder", None, None, True, True),
        ("r.example.com:5000/coder@sha256:0123", ["/opt/coder", "server"], None, True, True),
        (IMAGE, ["/opt/coder"], ["provisionerd", "start"], True, False),
        ("coder", ["sh", "-c"], ["coder server"], True, False),
        ("r.example.com/coder/nginx:1", None, None, False, False),
        ("nginx:coder", None, None, False, False),
    ],
)
def test_an_image_whose_name_contains_coder_has_pods_and_its_server_is_a_process(
    image: str, command: list[str] | None, args: list[str] | None, *, pods: bool, coderd: bool
) -> None:
    made = deployment(replicas=1, image=image, command=command, args=args)
    assert workloads.has_pods(made) is pods
    assert (pods and workloads.is_coderd(workloads.container_of(made) or {})) is coderd


def test_each_replica_is_a_process_that_serves_the_database_of_its_secret(
    cluster: Cluster, production: Production
) -> None:
    cluster.secret(production.dsn)
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=2))
    cluster.await_rollout()
    names = {each["metadata"]["name"] for each in cluster.pods()}
    assert len(cluster.processes()) == len(names) == 2
    assert production.connections() == 6
    for pod in cluster.pods():
        assert pod["status"]["phase"] == "Running"
        assert {"type": "Ready", "status": "True"} in pod["status"]["conditions"]
        assert pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"
    replicas = production.value("SELECT string_agg(hostname, ',') FROM replicas WHERE hostname LIKE 'coder-%-%';")
    assert set(replicas.split(",")) == names
    token = production.token("admin")
    answer = cluster.http.request(
        "GET", f"{cluster.url}/api/v2/users?limit=1", headers={"Coder-Session-Token": token}
    ).json()
    assert answer["count"] == int(production.value("SELECT count(*) FROM users WHERE NOT deleted AND NOT is_system;"))


def test_scaled_to_none_they_end_and_scaled_up_others_begin(cluster: Cluster, production: Production) -> None:
    cluster.secret(production.dsn)
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=2))
    cluster.await_rollout()
    first = cluster.processes()
    cluster.scale(0)
    eventually(lambda: cluster.pods() == [])
    assert not any(each.alive for each in first)
    eventually(lambda: production.connections() == 0)
    cluster.await_rollout()
    assert cluster.http.request("GET", f"{cluster.url}/healthz").status == 503
    cluster.scale(2)
    cluster.await_rollout()
    assert cluster.http.request("GET", f"{cluster.url}/healthz").data == b"OK"


def test_one_that_does_not_end_when_asked_is_killed_after_its_grace(cluster: Cluster, untouched: Production) -> None:
    cluster.secret(untouched.dsn)
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=1))
    cluster.await_rollout()
    (process,) = cluster.processes()
    os.kill(process.pid, signal.SIGSTOP)
    cluster.scale(0)
    eventually(lambda: cluster.pods() and "deletionTimestamp" in cluster.pods()[0]["metadata"])
    assert process.alive
    eventually(lambda: cluster.pods() == [])
    assert not process.alive


def test_a_changed_secret_is_seen_at_the_next_start_and_not_before(
    cluster: Cluster, production: Production, untouched: Production
) -> None:
    cluster.secret(untouched.dsn)
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=1))
    cluster.await_rollout()
    first = cluster.pods()
    cluster.secret(production.dsn)
    assert (cluster.pods(), production.connections()) == (first, 0)
    cluster.restart("2026-11-25T12:00:00Z")
    cluster.await_rollout()
    eventually(lambda: len(cluster.pods()) == 1)
    assert cluster.pods()[0]["metadata"]["name"] != first[0]["metadata"]["name"]
    assert production.connections() == 3


def test_a_restart_that_fails_leaves_the_old_replicas_serving(cluster: Cluster, untouched: Production) -> None:
    cluster.secret(untouched.dsn)
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=2))
    cluster.await_rollout()
    cluster.secret("postgres://ann:s3cret@127.0.0.1:1/coder")
    cluster.restart("2026-11-25T12:00:00Z")
    eventually(lambda: [each for each in cluster.pods() if each["status"]["containerStatuses"][0]["restartCount"]])
    status = cluster.ask("GET", f"{DEPLOYMENTS}/coder")["status"]
    assert (status["readyReplicas"], status["updatedReplicas"], status["unavailableReplicas"]) == (2, 1, 0)
    assert cluster.http.request("GET", f"{cluster.url}/healthz").data == b"OK"


def test_what_cannot_start_is_restarted_counted_and_tells_why_in_its_log(
    cluster: Cluster, production: Production
) -> None:
    production.value("UPDATE schema_migrations SET version = 412;")
    cluster.secret(production.dsn)
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=1))
    eventually(lambda: cluster.pods() and cluster.one()["restartCount"] >= 2)
    eventually(lambda: cluster.one()["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff")
    assert cluster.one()["lastState"]["terminated"]["exitCode"] == 1
    reason = "error: connect to postgres: migrate up: no migration found for version 412\n"
    eventually(lambda: reason in cluster.log(previous="true"))
    eventually(lambda: cluster.log(tailLines="1", sinceSeconds="60") == reason)  # the last of the present run
    assert cluster.log(tailLines="0") == ""
    assert cluster.log(sinceSeconds="0") == ""
    assert not cluster.rolled_out()
    production.value("UPDATE schema_migrations SET version = 401;")
    cluster.await_rollout()
    assert cluster.one()["ready"]


def test_a_process_that_is_killed_is_started_again_in_its_pod(cluster: Cluster, untouched: Production) -> None:
    cluster.secret(untouched.dsn)
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=1))
    cluster.await_rollout()
    (first,), (pod,) = cluster.processes(), cluster.pods()
    os.kill(first.pid, signal.SIGKILL)
    eventually(lambda: cluster.one()["restartCount"] == 1)
    cluster.await_rollout()
    assert [each["metadata"]["name"] for each in cluster.pods()] == [pod["metadata"]["name"]]
    assert cluster.one()["lastState"]["terminated"]["exitCode"] == 128 + signal.SIGKILL


def test_a_deleted_or_evicted_pod_ends_with_its_process_and_another_takes_its_place(
    cluster: Cluster, untouched: Production
) -> None:
    cluster.secret(untouched.dsn)
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=1))
    for method, part in (("DELETE", ""), ("POST", "/eviction")):
        cluster.await_rollout()
        (process,), (pod,) = cluster.processes(), cluster.pods()
        name = pod["metadata"]["name"]
        cluster.ask(method, f"{PODS}/{name}{part}", {})
        eventually(lambda name=name: name not in [each["metadata"]["name"] for each in cluster.pods()])
        assert not process.alive


def test_a_deleted_deployment_takes_its_pods_with_it(cluster: Cluster, untouched: Production) -> None:
    cluster.secret(untouched.dsn)
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=1))
    cluster.await_rollout()
    cluster.ask("DELETE", f"{DEPLOYMENTS}/coder")
    eventually(lambda: cluster.pods() == [] and cluster.processes() == [])


def test_a_deleted_namespace_takes_its_processes_with_it(cluster: Cluster, untouched: Production) -> None:
    cluster.secret(untouched.dsn)
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=1))
    cluster.await_rollout()
    cluster.ask("DELETE", "/api/v1/namespaces/coder")
    eventually(lambda: cluster.processes() == [])
    assert cluster.controller._complaints == set()


@pytest.mark.parametrize(
    "container",
    [
        {"env": [], "envFrom": [{"secretRef": {"name": "database"}}]},
        {
            "env": [],
            "envFrom": [
                {"secretRef": {"name": "database", "prefix": ""}},
                {"secretRef": {"name": "none", "optional": True}},
            ],
        },
        {"env": [{**URL, "valueFrom": {"secretKeyRef": {"name": "database", "key": "CODER_PG_CONNECTION_URL"}}}]},
        {
            "env": [{**URL, "valueFrom": {"secretKeyRef": {"name": "database", "key": "CODER_PG_CONNECTION_URL"}}}],
            "envFrom": [{"secretRef": {"name": "stale"}}],
        },
    ],
    ids=["envFrom", "an optional secret", "a key of another name", "env before envFrom"],
)
def test_the_environment_comes_out_of_whatever_secret_the_deployment_names(
    cluster: Cluster, untouched: Production, container: dict[str, object]
) -> None:
    cluster.secret(untouched.dsn, name="database", key="CODER_PG_CONNECTION_URL")
    cluster.secret("postgres://nobody@127.0.0.1:1/none", name="stale", key="CODER_PG_CONNECTION_URL")
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=1, **container))
    cluster.await_rollout()


def test_without_its_secret_a_container_waits_for_it(cluster: Cluster, untouched: Production) -> None:
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=1))
    waiting = eventually(lambda: cluster.pods() and cluster.one()["state"]["waiting"])
    eventually(lambda: cluster.one()["state"]["waiting"]["reason"] == "CreateContainerConfigError")
    assert 'secret "coder-db-url" not found' in cluster.one()["state"]["waiting"]["message"]
    cluster.secret(untouched.dsn, key="another")
    eventually(lambda: "couldn't find key url" in cluster.one()["state"]["waiting"]["message"])
    cluster.secret(untouched.dsn)
    cluster.await_rollout()
    assert waiting


def test_provisioners_are_objects_that_become_ready_and_go(cluster: Cluster) -> None:
    provisioners = deployment(replicas=3, args=["provisionerd", "start"])
    cluster.ask("POST", DEPLOYMENTS, provisioners)
    cluster.await_rollout()
    assert (len(cluster.pods()), cluster.processes()) == (3, [])
    cluster.scale(0)
    eventually(lambda: cluster.pods() == [])


def test_a_cluster_without_coder_starts_nothing(cluster: Cluster) -> None:
    cluster.ask("POST", DEPLOYMENTS, deployment(replicas=2, image="nginx:1"))
    assert cluster.controller._thread is None
    assert cluster.pods() == []
