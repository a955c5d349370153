"""A platform of objects only: the fake cluster's store behind the real door, Secrets Manager, databases of numbers."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import hypothesis
import pytest
from moto import mock_aws

from day2.engine.coder import Names, _coderd, _provisioners
from day2.engine.fake_kubernetes.proxying import parse as proxied
from day2.engine.fake_kubernetes.store import Store
from day2.engine.settings import PhaseSeconds
from lambdas import payload, runtime
from lambdas import settings as settings_module
from lambdas.adapters import kubernetes, secrets
from lambdas.adapters.kubernetes import Kubernetes
from lambdas.contracts import Credentials
from lambdas.platform import looking
from lambdas.platform.checks import Counted
from lambdas.platform.databases import Counts
from lambdas.platform.handlers import reconcile, remember_platform, survey_platform
from lambdas.platform.reconciliation import Workspace
from lambdas.restore_contracts import Restoration
from lambdas.settings import Database, Evidence, Objectives, Platform, Settings
from lambdas.settings import Kubernetes as KubernetesSettings

hypothesis.settings.register_profile("unhurried", deadline=None, max_examples=60)
hypothesis.settings.load_profile("unhurried")

CONNECTION, TOKEN = "coder/prod/aurora-master", "coder/prod/day2-token"
OLD_HOST, NEW_HOST = "old.cluster.example", "restored.cluster.example"
OLD_URL = f"postgres://coder_admin:of%20old@{OLD_HOST}:5432/coder?sslmode=verify-full"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MERGE = "application/merge-patch+json"

SETTINGS = Settings(
    environment="prod",
    version="1.0.0",
    source="coder-prod-aurora",
    snapshot_patterns=("rds:*",),
    prefix="coder-dr-test",
    database=Database(
        name="coder", subnet_group="db", security_group="sg-1", verifier_security_group="sg-2", min_acu=1, max_acu=8
    ),
    objectives=Objectives(rto_minutes=120, rpo_minutes=15, snapshot_age_hours=26, drill_interval_days=31),
    evidence=Evidence(bucket="evidence", table="ledger", topic="topic", retention_days=400),
    kubernetes=KubernetesSettings(cluster="coder-prod"),
    platform=Platform(connection_secret=CONNECTION, token_secret=TOKEN),
)

RESTORATION = Restoration(
    id="20261125-0000abcd",
    environment="prod",
    source="coder-prod-aurora",
    target="coder-prod-aurora-restored-20261125-0000abcd",
    execution="arn:aws:states:eu-west-1:111122223333:execution:platform-restore:one",
    opened_at=NOW,
    give_up_at=NOW + timedelta(hours=2),
    recovery_point="latest-restorable-time",
    started_by="arn:aws:sts::111122223333:assumed-role/operator/ann",
    old_name="coder-prod-aurora-old-20261125-0000abcd",
    cut_over="automatic",
    strategy="repoint",
    dry_run=False,
    approval_seconds=60,
    soak_seconds=30,
)


@dataclass
class NumbersOnly:
    """A database of one platform as its door tells it; `fault` is raised instead."""

    connected: int = 0
    rows: Mapping[str, Workspace] = field(default_factory=dict)
    fault: Exception | None = None

    def audit_rows_since(self, _moment: datetime) -> int:
        return int(self._told(7))

    def counts(self) -> Counts:
        one = Counted(least=3, most=3)
        counts: Counts = self._told(Counts(users=one, templates=one, groups=one))
        return counts

    def connections(self, _user: str) -> int:
        return int(self._told(self.connected))

    def workspaces(self) -> Mapping[str, Workspace]:
        rows: Mapping[str, Workspace] = self._told(self.rows)
        return rows

    def _told(self, value: Any) -> Any:
        if self.fault:
            raise self.fault
        return value


class InProcess(Kubernetes):
    """The door without its wire. `refuses` answers instead of the cluster: a status by the beginning of a path."""

    def __init__(self, store: Store) -> None:
        super().__init__(name="coder-prod", endpoint="http://127.0.0.1:1", authority=None, token=lambda: "x")
        self.store = store
        self.refuses: dict[tuple[str, str], int] = {}
        self.says: dict[str, tuple[int, Any]] = {}
        self.log_of_pods = ""
        self.asked: list[tuple[str, str]] = []

    def exchange(
        self, method: str, path: str, body: bytes | None = None, *, headers: Mapping[str, str], **_: Any
    ) -> tuple[int, bytes]:
        where = urlsplit(path)
        self.asked.append((method, where.path))
        for (refused, beginning), status in self.refuses.items():
            if method == refused and where.path.startswith(beginning):
                told = {"kind": "Status", "apiVersion": "v1", "message": "no right", "reason": "Forbidden"}
                return status, json.dumps(told).encode()
        if wanted := proxied(where.path):
            status, told = self.says.get(wanted.path, (404, {"message": "Route not found."}))
            return status, (told if isinstance(told, str) else json.dumps(told)).encode()
        if where.path.endswith("/log"):
            return 200, self.log_of_pods.encode()
        status, answer = self.store.answer(
            method,
            where.path,
            query=dict(parse_qsl(where.query)),
            body=json.loads(body) if body else None,
            content_type=headers.get("Content-Type", ""),
        )
        return int(status), json.dumps(answer).encode()


@dataclass
class World:
    """What a test changes and looks at."""

    door: InProcess
    manager: Any
    databases: dict[str, NumbersOnly]
    settings: Settings = SETTINGS
    state: dict[str, Any] = field(default_factory=dict)
    now: datetime = NOW

    def step(self, handler: Any, **event: Any) -> dict[str, Any]:
        """One invocation of a step."""
        context = {
            "state": "Step",
            "entered_at": payload.instant(NOW),
            "retries": 4,
            "execution": RESTORATION.execution,
            "execution_started_at": payload.instant(NOW),
        }
        told: dict[str, Any] = handler(
            {"step": context, **payload.write({"restoration": RESTORATION, **self.state, **event})}, None
        )
        return told

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The cluster's own answer."""
        code, answer = self.door.store.answer(method, path, body=body, content_type=MERGE)
        assert code < 300, answer
        return dict(answer)

    def deployment(self, namespace: str = "coder", name: str = "coder") -> dict[str, Any]:
        return self.ask("GET", f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")

    def secret(self, name: str = "coder-db-url") -> str:
        """The URL that it holds."""
        found = self.door.secret("coder", name)
        assert found
        return found.data["url"]

    def set_url(self, url: str) -> None:
        self.ask("PATCH", "/api/v1/namespaces/coder/secrets/coder-db-url", {"stringData": {"url": url}})

    def connection(self) -> dict[str, Any]:
        # Moto's default is the version that was put last, and not AWSCURRENT.
        found = self.manager.get_secret_value(SecretId=CONNECTION, VersionStage="AWSCURRENT")
        held: dict[str, Any] = json.loads(found["SecretString"])
        return held

    def pods(self, status: Any, *, ready: bool = True, count: int = 2) -> None:
        """Give coderd so many pods of that container status, and its Deployment's status to it."""
        labels = self.deployment()["spec"]["selector"]["matchLabels"]
        for at in range(count):
            container = {"name": "coder", "ready": ready, **status}
            conditions = [{"type": "Ready", "status": str(ready)}]
            self.ask(
                "POST",
                "/api/v1/namespaces/coder/pods",
                {
                    "metadata": {"name": f"coder-{at}", "labels": labels},
                    "status": {"phase": "Running", "conditions": conditions, "containerStatuses": [container]},
                },
            )
        self.roll_out(ready=count if ready else 0)

    def roll_out(self, *, ready: int) -> None:
        deployment = self.deployment()
        wanted = deployment["spec"]["replicas"]
        status = {"replicas": wanted, "updatedReplicas": wanted, "readyReplicas": ready, "availableReplicas": ready}
        generation = {"observedGeneration": deployment["metadata"]["generation"]}
        self.door.store.set_status(("deployments", "coder", "coder"), {**status, **generation})

    def credentials(self, host: str) -> Credentials:
        return Credentials(secret=CONNECTION, host=host, port=5432, database="coder")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        here = World(
            door=InProcess(Store(PhaseSeconds())),
            manager=boto3.client("secretsmanager"),
            databases={OLD_HOST: NumbersOnly(), NEW_HOST: NumbersOnly(connected=6)},
        )
        held = {"username": "coder_admin", "password": "of old", "host": OLD_HOST, "port": "5432", "database": "coder"}
        here.manager.create_secret(Name=CONNECTION, SecretString=json.dumps({"engine": "postgres", **held}))
        here.manager.create_secret(Name=TOKEN, SecretString="a-session-token")
        for namespace in ("coder", "coder-prov", "coder-ws"):
            here.ask("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        url = {"metadata": {"name": "coder-db-url"}, "stringData": {"url": OLD_URL, "other": "kept"}}
        here.ask("POST", "/api/v1/namespaces/coder/secrets", url)
        here.ask("POST", "/apis/apps/v1/namespaces/coder/deployments", _coderd(Names()))
        here.ask("POST", "/apis/apps/v1/namespaces/coder-prov/deployments", _provisioners())
        monkeypatch.setattr(settings_module, "current", lambda: here.settings)
        monkeypatch.setattr(runtime, "utc_now", lambda: here.now)
        monkeypatch.setattr(kubernetes, "door", lambda _cluster: here.door)
        monkeypatch.setattr(secrets, "door", lambda: secrets.Secrets(here.manager))
        opened: Callable[[Credentials], NumbersOnly] = lambda credentials: here.databases[credentials.host]  # noqa: E731
        for module in (looking, reconcile, survey_platform):
            monkeypatch.setattr(module, "Database", opened)
        yield here


@pytest.fixture
def remembered(world: World) -> World:
    """The world right before the fence."""
    world.state = {
        "before": world.step(remember_platform.handler),
        "credentials": world.credentials(NEW_HOST),
        "old": world.credentials(OLD_HOST),
    }
    return world


def without_platform(settings: Settings) -> Settings:
    return replace(settings, platform=None)
