"""A platform for the steps of a restore: fake Kubernetes over HTTPS, fake Coder, real databases, Secrets Manager."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clusters import DEPLOYMENTS, Cluster, deployment
from replicas import Production, eventually

from day2.engine.authority import Authority
from day2.engine.fake_kubernetes.server import FakeKubernetes
from day2.engine.postgres import backups
from day2.engine.postgres.server import Server
from lambdas import payload
from lambdas.adapters.kubernetes import Kubernetes
from lambdas.contracts import Credentials
from lambdas.errors import NotYet
from lambdas.restore_contracts import Restoration
from lambdas.settings import Database, Evidence, Objectives, Platform, Settings
from lambdas.settings import Kubernetes as KubernetesSettings

CONNECTION = "coder/prod/aurora-master"
TOKEN = "coder/prod/day2-token"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PROVISIONERS = "/apis/apps/v1/namespaces/coder-prov/deployments"
WORKSPACE_PODS = "/api/v1/namespaces/coder-ws/pods"

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


def another_server(production: Production, home: Path) -> Server:
    """A copy of the whole server on an address of its own, with its certificate from the same authority: a restore."""
    source = production.server
    copy = Server(home / "restored")
    assert source.ca_file
    copy.use_certificate(*Authority.at(source.ca_file.parent).issue([copy.host]), ca_file=source.ca_file)
    backup = backups.take(source, home / "backup")
    backups.lay_down(backup, copy)
    copy.tls_only, copy.user, copy.password, copy.database = False, source.user, source.password, source.database
    copy.start()
    return copy


def api_of(cluster: Cluster, folder: Path) -> tuple[FakeKubernetes, Kubernetes]:
    """The cluster's API as a server, and the door to it."""
    authority = Authority.at(folder)
    served = FakeKubernetes.start(
        certificate=authority.issue(["127.0.0.1"]),
        knows=lambda token: token == "known",
        store=cluster.store,
        controller=cluster.controller,
    )
    door = Kubernetes(
        name="coder-prod", endpoint=served.endpoint, authority=authority.ca_file.read_text(), token=lambda: "known"
    )
    return served, door


@dataclass
class Stage:
    """Coder on production's database."""

    cluster: Cluster
    production: Production
    manager: Any
    state: dict[str, Any] = field(default_factory=dict)
    now: datetime = NOW

    def set_up(self) -> None:
        """Secrets and Deployments; returns when two replicas serve."""
        held = {"username": "coder_admin", "password": self.production.server.password, "engine": "aurora"}
        place = {"host": self.production.server.host, "port": 5432, "database": self.production.name}
        self.manager.create_secret(Name=CONNECTION, SecretString=json.dumps({**held, **place}))
        self.manager.create_secret(Name=TOKEN, SecretString=self.production.token("admin", hours=24))
        self.cluster.secret(f"{self.production.dsn}?sslmode=require")
        self.cluster.ask("POST", DEPLOYMENTS, deployment(replicas=2))
        for namespace in ("coder-prov", "coder-ws"):
            self.cluster.ask("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        provisioner = deployment(replicas=3, name="coder-provisioner", args=["provisionerd", "start"])
        self.cluster.ask("POST", PROVISIONERS, provisioner)
        self.cluster.await_rollout()

    def credentials(self, production: Production) -> Credentials:
        """As the machine's state has them."""
        return Credentials(secret=CONNECTION, host=production.server.host, port=5432, database=production.name)

    def step(self, handler: Any, *, entered_at: datetime = NOW, **event: Any) -> dict[str, Any]:
        """One invocation of a step, with what the state holds."""
        context = {
            "state": "Step",
            "entered_at": payload.instant(entered_at),
            "retries": 0,
            "execution": RESTORATION.execution,
            "execution_started_at": payload.instant(NOW),
        }
        told: dict[str, Any] = handler(
            {"step": context, **payload.write({"restoration": RESTORATION, **self.state, **event})}, None
        )
        return told

    def until_done(self, handler: Any, **event: Any) -> dict[str, Any]:
        """As the machine asks again while the step says NotYet."""

        def attempt() -> dict[str, Any] | None:
            try:
                return self.step(handler, **event)
            except NotYet as waiting:
                self.last = waiting
                return None

        done: dict[str, Any] = eventually(attempt, seconds=30)
        return done
