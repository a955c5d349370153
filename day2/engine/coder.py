"""Coder as its charts would have installed it on the engine's cluster: what a platform restore finds when it arrives.

Its Deployment starts replicas of the fake Coder. The provisioners' pods, and those of workspaces, are objects only:
without node groups they run beside all nodes, with them each on a node of its kind once there is room.
"""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

from day2.engine import node_groups, workspace_pods
from day2.engine.cluster_door import door_to
from day2.engine.failures import PreparationFailed
from day2.engine.fake_coder.release import VERSION
from day2.engine.node_groups import PROVISIONER, WORKSPACE
from day2.engine.platform import Clients, Platform
from day2.engine.seed import psql as door
from day2.engine.settings import EngineSettings
from lambdas.adapters.kubernetes import Kubernetes

REPLICAS = 2
PROVISIONERS = 2

URL_VARIABLE = "CODER_PG_CONNECTION_URL"
_START_SECONDS = 60.0
_POLL_SECONDS = 0.05
_IMAGE = f"ghcr.io/coder/coder:{VERSION}"

_TOKEN_DAYS = 30
_KEY = """\
INSERT INTO api_keys (id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type, token_name,
                      scopes, allow_list)
SELECT :'key', decode(:'digest', 'hex'), id, now(), now() + make_interval(days => :days), now(), now(), 'token',
       'coder-day2', '{coder:all}', '{*:*}'
FROM users WHERE 'owner' = ANY (rbac_roles) AND NOT deleted AND status = 'active' ORDER BY created_at, id LIMIT 1;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the charts' values would say.

    secret, key  where the connection URL lies
    env_from     the Deployment takes all of the Secret as its environment; its key is then the variable's name
    """

    namespace: str = "coder"
    deployment: str = "coder"
    secret: str = "coder-db-url"  # noqa: S105  a name
    key: str = "url"
    env_from: bool = False
    provisioners: str = "coder-prov"
    workspaces: str = "coder-ws"


def install(clients: Clients, built: Platform, names: Names, *, psql: Path, on_nodes: bool = False) -> None:
    """Namespaces, Secret, Deployments, pods of running workspaces; returns when every replica of coderd is ready.

    `on_nodes`: the cluster has the groups of `day2.engine.node_groups`, and pods wait for room on their nodes. A
    session token of an owner is kept in Secrets Manager, where it is not there yet.
    """
    issue_token(clients, built, psql=psql)
    kubernetes = _door(clients, built)
    for namespace in (names.namespace, names.provisioners, names.workspaces):
        _create(kubernetes, "/api/v1/namespaces", {"metadata": {"name": namespace}})
    key = URL_VARIABLE if names.env_from else names.key
    secret = {"metadata": {"name": names.secret}, "stringData": {key: built.dsn}}
    _create(kubernetes, f"/api/v1/namespaces/{names.namespace}/secrets", secret)
    deployments = f"/apis/apps/v1/namespaces/{names.namespace}/deployments"
    _create(kubernetes, deployments, _coderd(names))
    provisioners = _provisioners(node_groups.selecting(PROVISIONER) if on_nodes else None)
    _create(kubernetes, f"/apis/apps/v1/namespaces/{names.provisioners}/deployments", provisioners)
    place = node_groups.selecting(WORKSPACE) if on_nodes else {}
    for each in workspace_pods.running(built.dsn, psql=psql):
        _create(kubernetes, f"/api/v1/namespaces/{names.workspaces}/pods", workspace_pods.pod(each, place=place))
    _await_ready(kubernetes, f"{deployments}/{names.deployment}")


def token_secret(built: Platform) -> str:
    """The name of the secret with Coder's session token: `coder/<environment>/day2-token`."""
    return f"{built.names.connection_secret.rpartition('/')[0]}/day2-token"


def issue_token(clients: Clients, built: Platform, *, psql: Path) -> None:
    """Give an owner a session token and keep it in Secrets Manager; once, however often it is asked for.

    A restore to a moment before this knows no such token: whoever wants it after every restore issues it early.
    """
    manager = clients("secretsmanager")
    key, secret = token_hex(5), token_hex(11)
    try:
        manager.create_secret(Name=token_secret(built), SecretString=f"{key}-{secret}")
    except manager.exceptions.ResourceExistsException:
        return
    variables = {"key": key, "digest": sha256(secret.encode()).hexdigest(), "days": _TOKEN_DAYS}
    door.run(built.dsn, _KEY, psql=psql, variables=variables)


def url(settings: EngineSettings) -> str | None:
    """Where the fake Coder answers, with 503 while no replica is ready; None on an engine that was given none."""
    try:
        with socket.create_connection(("127.0.0.1", settings.coder_port), timeout=1):
            return settings.coder_url
    except OSError:
        return None


def _door(clients: Clients, built: Platform) -> Kubernetes:
    name = built.names.kubernetes_cluster
    if name is None:
        raise PreparationFailed(
            "The environment names no Kubernetes cluster, so Coder cannot be installed.",
            resource=built.names.cluster,
            next_step="Name one in the settings' [kubernetes].",
        )
    return door_to(clients, name)


def _create(kubernetes: Kubernetes, path: str, item: Mapping[str, Any]) -> None:
    answer = kubernetes.call("POST", path, item)
    if answer.not_found or answer.conflict:
        raise PreparationFailed(
            f"The fake cluster refused it: {answer.body.get('message', answer.status)}",
            resource=f"{path}/{item['metadata']['name']}",
            next_step="Start anew: `day2 engine down`, then `day2 engine up`.",
        )


def _coderd(names: Names) -> dict[str, Any]:
    """As the chart `coder` renders it, without what the fake would not look at."""
    url = {"name": URL_VARIABLE, "valueFrom": {"secretKeyRef": {"name": names.secret, "key": names.key}}}
    address = {"name": "CODER_HTTP_ADDRESS", "value": "0.0.0.0:8080"}
    pod_ip = {"name": "KUBE_POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    container = {
        "name": "coder",
        "image": _IMAGE,
        "command": ["/opt/coder"],
        "args": ["server"],
        "env": [address, pod_ip] if names.env_from else [address, url, pod_ip],
        "envFrom": [{"secretRef": {"name": names.secret}}] if names.env_from else [],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}},
    }
    return _deployment(names.deployment, app="coder", replicas=REPLICAS, container=container)


def _provisioners(place: Mapping[str, Any] | None = None) -> dict[str, Any]:
    container = {
        "name": "coder",
        "image": _IMAGE,
        "command": ["/opt/coder"],
        "args": ["provisionerd", "start"],
        "env": [{"name": "CODER_URL", "value": "http://coder.coder.svc.cluster.local"}],
    }
    return _deployment(
        "coder-provisioner", app="coder-provisioner", replicas=PROVISIONERS, container=container, place=place
    )


def _deployment(
    name: str, *, app: str, replicas: int, container: Mapping[str, Any], place: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """`place`: what of a pod's spec says on which nodes it may be."""
    selector = {"app.kubernetes.io/name": app, "app.kubernetes.io/instance": name}
    labels = {**selector, "app.kubernetes.io/part-of": "coder", "app.kubernetes.io/version": VERSION.removeprefix("v")}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], **(place or {})}},
        },
    }


def _await_ready(kubernetes: Kubernetes, deployment: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while kubernetes.call("GET", deployment).body.get("status", {}).get("availableReplicas") != REPLICAS:
        if time.monotonic() > deadline:
            raise PreparationFailed("The fake Coder did not become ready.", resource=deployment)
        time.sleep(_POLL_SECONDS)
