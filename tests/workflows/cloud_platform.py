"""A fake Coder platform in virtual time, called so: its Deployments, its two secrets, its databases.

The replicas of coderd connect to the database that their Secret names, behind the fake RDS's endpoints.

It is there to be watched: `served` is every set of databases that ready replicas were connected to at one moment, so
that a test can say that they were never two.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import urllib3

from day2.engine import coder as charts
from day2.engine.fake_kubernetes import workloads
from day2.engine.fake_kubernetes.store import Store
from day2.engine.settings import PhaseSeconds
from lambdas.adapters import kubernetes
from lambdas.adapters.postgres import connecting
from lambdas.adapters.postgres.server import Server
from lambdas.errors import AccessRefused, DatabaseNotReachable

from .cloud_rds import SOURCE, Rds
from .virtual_time import VirtualTime

Json = dict[str, Any]
SECRET, TOKEN = "coder/prod/aurora-master", "coder/prod/day2-token"
PASSWORD = "of production"
NODES, VERIFIER = "sg-prod", "sg-drill"
PRODUCTION = "cluster-PROD"
NAMES = charts.Names()
VERSION = "v2.29.1+0123abc"
DEPLOYMENT = ("deployments", NAMES.namespace, NAMES.deployment)


@dataclass
class Data:
    """What one cluster's database holds and lets happen. `broken` answers no query and lets no coderd start."""

    users: int = 1200
    read_only: bool = False
    broken: bool = False
    clients: int = 0


@dataclass
class Replica:
    """One pod of coderd; `url` is what its environment said when it was made."""

    name: str
    url: str
    made_at: datetime
    ends_at: datetime | None = None


@dataclass
class PlatformFake:
    """See the module.

    unhealthy     coderd on these clusters (by resource id) answers as a broken one does
    old_password  the one that recovery points have
    starts_seconds, ends_seconds  what a replica takes to become ready, and to be gone
    more_of_coder  path -> what coderd answers beside what a restore asks
    controllers    what else time makes of the cluster
    """

    time: VirtualTime
    rds: Rds
    names: charts.Names = NAMES
    store: Store = field(init=False)
    data: dict[str, Data] = field(default_factory=dict)
    unhealthy: set[str] = field(default_factory=set)
    served: set[frozenset[str]] = field(default_factory=set)
    secrets: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    replicas: dict[str, Replica] = field(default_factory=dict)
    meddle: Callable[[str, str, Json | None], int | None] = lambda *_: None
    aftermath: Callable[[], None] = lambda: None
    more_of_coder: Callable[[], Json] = dict
    controllers: Callable[[], None] = lambda: None
    old_password: str = PASSWORD
    starts_seconds: float = 4
    ends_seconds: float = 4
    made: int = 0

    def __post_init__(self) -> None:
        self.store = Store(PhaseSeconds(), clock=self._seconds)
        host = self.rds.clusters[SOURCE].told["Endpoint"]
        login = {"username": "coder_admin", "password": PASSWORD, "host": host, "port": 5432, "database": "coder"}
        self.put_secret(SECRET, json.dumps(login), version="0" * 32)
        self.put_secret(TOKEN, "a-session-token", version="1" * 32)
        for namespace in (self.names.namespace, self.names.provisioners, self.names.workspaces):
            self.store.answer("POST", "/api/v1/namespaces", body={"metadata": {"name": namespace}})
        key = charts.URL_VARIABLE if self.names.env_from else self.names.key
        url = f"postgres://coder_admin:of%20production@{host}:5432/coder?sslmode=require"
        self._post(f"/api/v1/namespaces/{self.names.namespace}/secrets", self.names.secret, stringData={key: url})
        self._create("coder", charts._coderd(self.names))
        self._create("coder-prov", charts._provisioners())
        self.proceed()
        self.time.now += timedelta(seconds=60)
        self.proceed()

    # What tests ask.

    def serving(self) -> set[str]:
        """The resource ids of the clusters that ready replicas are connected to now."""
        self.proceed()
        return {found for each in self.replicas.values() if self._ready(each) and (found := self._database(each.url))}

    def coder_replicas(self) -> int:
        """How many the Deployment is to have."""
        return int(self._deployment()["spec"]["replicas"])

    def url(self) -> str:
        """What the Kubernetes Secret says."""
        held = self.store.content(("secrets", self.names.namespace, self.names.secret))
        assert held is not None
        key = charts.URL_VARIABLE if self.names.env_from else self.names.key
        return b64decode(held["data"][key]).decode()

    def hosts(self) -> set[str]:
        """The hosts that the two secrets name."""
        return {urlsplit(self.url()).hostname or "", json.loads(self.secret(SECRET))["host"]}

    def secret(self, name: str) -> str:
        """The current version's text."""
        return dict(self.secrets[name])[self.current[name]]

    # What people do by hand.

    def point_coder_at(self, cluster: str) -> None:
        """Write a cluster's host into the Kubernetes Secret; the replicas that run keep what they have."""
        where = ("secrets", self.names.namespace, self.names.secret)
        held, key = self.store.content(where), charts.URL_VARIABLE if self.names.env_from else self.names.key
        assert held is not None
        host = self.rds.clusters[cluster].told["Endpoint"]
        url = self.url().replace(urlsplit(self.url()).hostname or "", host)
        self.store.drop(where)
        self.store.put(where, {**held, "data": {**held["data"], key: b64encode(url.encode()).decode()}})

    def point_secret_at(self, cluster: str) -> None:
        """Write a cluster's host into the connection secret."""
        held = json.loads(self.secret(SECRET)) | {"host": self.rds.clusters[cluster].told["Endpoint"]}
        self.put_secret(SECRET, json.dumps(held), version="2" * 32)

    # Secrets Manager

    def put_secret(self, name: str, text: str, *, version: str) -> None:
        versions = self.secrets.setdefault(name, [])
        if version not in dict(versions):
            versions.append((version, text))
            self.current[name] = version

    def secrets_manager(self, operation: str, asked: Mapping[str, Any]) -> Json | None:
        """What it answers of the platform's secrets; None: it is not one of them."""
        name = asked.get("SecretId", "")
        if name not in self.secrets:
            return None
        match operation:
            case "GetSecretValue":
                version = asked.get("VersionId", self.current[name])
                return {"Name": name, "VersionId": version, "SecretString": dict(self.secrets[name])[version]}
            case "PutSecretValue":
                self.put_secret(name, asked["SecretString"], version=asked["ClientRequestToken"])
                return {"Name": name, "VersionId": asked["ClientRequestToken"]}
            case "UpdateSecretVersionStage":
                assert self.current[name] == asked["RemoveFromVersionId"]
                self.current[name] = asked["MoveToVersionId"]
                return {"Name": name}
            case _:
                raise NotImplementedError(operation)

    # Kubernetes, at the door's HTTP client

    @contextmanager
    def serving_requests(self) -> Iterator[None]:
        """Within it, Kubernetes' door talks to this, and PostgreSQL's to its databases."""
        kubernetes.door.cache_clear()
        with (
            patch.object(urllib3, "PoolManager", lambda **_: self),
            patch.object(connecting, "_signed_in", self._sign_in),
        ):
            yield
        kubernetes.door.cache_clear()

    def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str], **_: object
    ) -> Any:
        """urllib3's `PoolManager.request`, as far as the door uses it."""
        sent = json.loads(body) if body else None
        where = urlsplit(url)
        refused = self.meddle(method, where.path, sent)
        if refused:
            return SimpleNamespace(status=refused, data=b'{"message": "refused"}')
        self.proceed()
        status, answer = self._answered(method, where.path, dict(parse_qsl(where.query)), sent, headers)
        self.proceed()
        self.aftermath()
        data = answer if isinstance(answer, str) else json.dumps(answer)
        return SimpleNamespace(status=int(status), data=data.encode())

    def _answered(
        self, method: str, path: str, query: Json, sent: Json | None, headers: Mapping[str, str]
    ) -> tuple[int, Any]:
        if proxied := re.fullmatch(r"/api/v1/namespaces/[^/]+/pods/([^/:]+)(?::\w+)?/proxy(/.*)", path):
            return self._coderd(proxied[1], proxied[2])
        content_type = headers.get("Content-Type", "application/json")
        return self.store.answer(method, path, query=query, body=sent, content_type=content_type)

    # The controllers

    def proceed(self) -> None:
        """Let the Deployments' pods be what their time and their Secret make of them."""
        self.controllers()
        now, wanted = self.time.now, self.coder_replicas()
        for name in [name for name, each in self.replicas.items() if each.ends_at and each.ends_at <= now]:
            del self.replicas[name]
            self.store.drop(("pods", self.names.namespace, name))
        standing = [each for each in self.replicas.values() if each.ends_at is None]
        for each in standing[wanted:]:
            each.ends_at = now + timedelta(seconds=self.ends_seconds)
        for _ in range(wanted - len(standing)):
            self.made += 1
            name = f"coder-0-{self.made}"
            self.replicas[name] = Replica(name=name, url=self.url(), made_at=now)
            self.store.put(("pods", self.names.namespace, name), workloads.new_pod(self._deployment(), name))
        self._tell()
        connected = {self._database(each.url) for each in self.replicas.values() if self._ready(each)}
        self.served.add(frozenset(each for each in connected if each))

    def _tell(self) -> None:
        deployment = self._deployment()
        container = workloads.container_of(deployment) or {}
        seen = []
        for each in self.replicas.values():
            ready, ending = self._ready(each), each.ends_at is not None
            seen.append(workloads.Seen(name=each.name, updated=True, ready=ready, ending=ending))
            key = ("pods", self.names.namespace, each.name)
            state: Json = {"state": {"running": {}}} if ready else {}
            self.store.set_status(key, workloads.pod_status(ready=ready, container=container, state=state, restarts=0))
            if ending:
                self.store.mark_deleted(key)
        self.store.set_status(DEPLOYMENT, workloads.status(deployment, seen))

    def _ready(self, replica: Replica) -> bool:
        """A replica is ready some seconds after it was made, while the database that it was told of lets it in."""
        up = self.time.now >= replica.made_at + timedelta(seconds=self.starts_seconds)
        return up and self._database(replica.url) is not None

    def _database(self, url: str) -> str | None:
        """The resource id of the cluster that a replica enters by this URL; None where it is not let in."""
        where = urlsplit(url)
        found = self._cluster_at(where.hostname or "")
        if found is None or NODES not in found[1] or self.of(found[0]).broken:
            return None
        return found[0] if self._password(found[0]) == (where.password or "").replace("%20", " ") else None

    def _cluster_at(self, host: str) -> tuple[str, list[str]] | None:
        """Resource id and security groups of the available cluster at this endpoint, if it has an instance."""
        for name, each in self.rds.clusters.items():
            if each.told["Endpoint"] != host or each.status(self.time.now) in {"creating", None}:
                continue
            members = (one for one in self.rds.instances.values() if one.told["DBClusterIdentifier"] == name)
            if any(one.status(self.time.now) == "available" for one in members):
                groups = [group["VpcSecurityGroupId"] for group in each.told["VpcSecurityGroups"]]
                return each.told["DbClusterResourceId"], groups
        return None

    def of(self, resource: str) -> Data:
        """The data of a cluster."""
        return self.data.setdefault(resource, Data())

    def _password(self, resource: str) -> str:
        return self.rds.passwords.get(resource, PASSWORD if resource == PRODUCTION else self.old_password)

    def _coderd(self, pod: str, path: str) -> tuple[int, Any]:
        replica = self.replicas.get(pod)
        unreached = {"kind": "Status", "apiVersion": "v1", "code": 503, "message": "no route"}
        if replica is None or not self._ready(replica):
            return 503, unreached
        resource = self._database(replica.url) or ""
        if resource in self.unhealthy:
            return 500, {"message": "An internal server error occurred."}
        users = self.of(resource).users
        answers: dict[str, Any] = {
            "/healthz": "OK",
            "/api/v2/buildinfo": {"version": VERSION, "deployment_id": "d-1"},
            "/api/v2/debug/health": {
                "severity": "ok",
                "database": {"reachable": True, "severity": "ok", "latency_ms": 1, "healthy": True},
            },
            "/api/v2/users": {"users": [], "count": users},
            "/api/v2/templates": [{}] * 3,
            "/api/v2/groups": [{}] * 2,
            **self.more_of_coder(),
        }
        return (200, answers[path]) if path in answers else (404, {"message": "Route not found."})

    # The databases

    def _sign_in(self, server: Server) -> Any:
        found = self._cluster_at(server.host)
        if found is None or VERIFIER not in found[1] or self.of(found[0]).broken:
            raise DatabaseNotReachable("the database does not answer", resource=server.name, next_step="Ask again.")
        if self._password(found[0]) != server.password:
            raise AccessRefused("the password is wrong", resource=server.name, next_step="Correct it.")
        return SimpleNamespace(
            run=lambda statement: self._run(found[0], statement),
            close=lambda: None,
            parameter_statuses={"server_version": "16.6"},
            _usock=SimpleNamespace(settimeout=lambda _: None),
        )

    def _seconds(self) -> float:
        return self.time.now.timestamp()

    def _run(self, resource: str, statement: str) -> list[Any]:  # noqa: PLR0911  a line for each kind of statement
        data = self.of(resource)
        if "default_transaction_read_only = on" in statement and statement.startswith("ALTER"):
            data.read_only = True
        elif statement.startswith("ALTER DATABASE"):
            assert "RESET default_transaction_read_only" in statement
            data.read_only = False
        elif "pg_terminate_backend" in statement:
            ended, data.clients = data.clients, 0
            return [[True]] * ended
        elif "GROUP BY 1" in statement and "pg_stat_activity" in statement:
            connected = sum(self._ready(each) and self._database(each.url) == resource for each in self._pods())
            return [[name, count] for name, count in (("", connected), ("psql", data.clients)) if count]
        elif "pg_stat_activity" in statement:
            return [[sum(self._ready(each) and self._database(each.url) == resource for each in self._pods())]]
        elif "pg_db_role_setting" in statement:
            return [[1]] if data.read_only else []
        elif "FROM audit_logs" in statement:
            return [[43]]
        elif "FROM users" in statement:
            return [[data.users, 3, 3, 2, 2]]
        elif "FROM workspaces" in statement:
            return []
        return [[1]]

    def _pods(self) -> list[Replica]:
        return list(self.replicas.values())

    def _deployment(self) -> Json:
        found = self.store.content(DEPLOYMENT)
        return found if found is not None else {"spec": {"replicas": 0}, "metadata": {}}

    def _create(self, namespace: str, deployment: Json) -> None:
        status, told = self.store.answer("POST", f"/apis/apps/v1/namespaces/{namespace}/deployments", body=deployment)
        assert status == 201, told

    def _post(self, path: str, name: str, **more: Any) -> None:
        status, told = self.store.answer("POST", path, body={"metadata": {"name": name}, **more})
        assert status == 201, told
