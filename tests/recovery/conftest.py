"""The world that every step's test starts in: production with its backups, and no drill yet."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis
import pytest

from lambdas import payload, runtime
from lambdas import settings as settings_module
from lambdas.adapters import aws, ec2, executions, kubernetes, rds, secrets
from lambdas.contracts import Drill
from lambdas.recovery.database import ENGINE, Cluster, Snapshot
from lambdas.recovery.handlers import find_orphans, open_drill
from lambdas.settings import Database, Evidence, Kubernetes, Objectives, Settings

from .fakes import (
    Clock,
    FakeEc2,
    FakeExecutions,
    FakeKubernetes,
    FakeLedger,
    FakeRds,
    FakeSecrets,
    Faults,
    Json,
    closed_network,
    execution_arn,
)

# An example's duration tells how busy the machine is, and nothing of the decision under test.
hypothesis.settings.register_profile("unhurried", deadline=None, max_examples=60)
hypothesis.settings.load_profile("unhurried")

NOW = datetime(2026, 11, 23, 2, 0, 7, tzinfo=UTC)

SETTINGS = Settings(
    environment="prod",
    version="1.0.0",
    source="coder-prod-aurora",
    snapshot_patterns=("rds:coder-prod-aurora-*", "awsbackup:*", "coder-prod-*"),
    prefix="coder-dr-test",
    database=Database(
        name="coder",
        subnet_group="coder-prod-db-subnet-group",
        security_group="sg-isolated",
        verifier_security_group="sg-verifier",
        min_acu=0.5,
        max_acu=8,
    ),
    objectives=Objectives(rto_minutes=120, rpo_minutes=15, snapshot_age_hours=26, drill_interval_days=31),
    evidence=Evidence(bucket="evidence", table="ledger", topic="topic", retention_days=400),
    kubernetes=Kubernetes(cluster="coder-prod"),
)

Handler = Callable[[Any, object], Json]


@dataclass
class World:
    """All fakes of one test, and how a step is called in it."""

    clock: Clock
    faults: Faults
    rds: FakeRds
    secrets: FakeSecrets
    ec2: FakeEc2
    kubernetes: FakeKubernetes
    ledger: FakeLedger
    executions: FakeExecutions
    settings: Settings = SETTINGS
    execution: str = execution_arn("one")
    state: str = "Step"
    entered_at: datetime = NOW

    def call(self, handler: Handler, **event: Any) -> Json:
        """One invocation, as the state machine makes it."""
        context = {
            "state": self.state,
            "entered_at": payload.instant(self.entered_at),
            "retries": 0,
            "execution": self.execution,
            "execution_started_at": payload.instant(NOW),
        }
        return handler({"step": context, **payload.write(event)}, None)

    def open(self, request: Any = None, **changes: Any) -> Drill:
        """A drill, opened by its own step."""
        opened = self.call(open_drill.handler, request={} if request is None else request, **changes)
        return payload.read(Drill, opened)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    clock, faults = Clock(NOW), Faults()
    database = SETTINGS.database
    group, table = closed_network(database.security_group, database.verifier_security_group, database.port)
    fake_rds = FakeRds(clock, faults)
    here = World(
        clock=clock,
        faults=faults,
        rds=fake_rds,
        secrets=FakeSecrets(fake_rds, faults),
        ec2=FakeEc2(faults, [group], [table]),
        kubernetes=FakeKubernetes(clock, faults),
        ledger=FakeLedger(faults),
        executions=FakeExecutions(faults),
    )
    fake_rds.all_clusters["coder-prod-aurora"] = production()
    for each in (snapshot("rds:coder-prod-aurora-1", hours=26.5), snapshot("rds:coder-prod-aurora-2", hours=2.5)):
        fake_rds.all_snapshots[each.name] = each
    monkeypatch.setattr(settings_module, "current", lambda: here.settings)
    monkeypatch.setattr(runtime, "utc_now", lambda: clock.now)
    monkeypatch.setattr(rds, "door", lambda: here.rds)
    monkeypatch.setattr(secrets, "door", lambda: here.secrets)
    monkeypatch.setattr(ec2, "door", lambda: here.ec2)
    monkeypatch.setattr(kubernetes, "door", lambda _cluster: here.kubernetes)
    monkeypatch.setattr(executions, "door", lambda: here.executions)
    monkeypatch.setattr(aws, "client", lambda _service: None)
    for module in (open_drill, find_orphans):
        monkeypatch.setattr(module, "Ledger", lambda _table, _client: here.ledger)
    return here


def production(**changes: Any) -> Cluster:
    """The source as RDS tells it."""
    cluster = Cluster(
        name="coder-prod-aurora",
        status="available",
        engine=ENGINE,
        engine_version="16.6",
        resource_id="cluster-PROD",
        arn="arn:aws:rds:eu-west-1:111122223333:cluster:coder-prod-aurora",
        port=5432,
        master_username="coder_admin",
        encrypted=True,
        kms_key="arn:aws:kms:eu-west-1:111122223333:key/prod",
        parameter_group="coder-prod-pg16",
        subnet_group="coder-prod-db-subnet-group",
        security_groups=("sg-production",),
        log_exports=("postgresql",),
        backup_retention_days=35,
        members=("coder-prod-aurora-0", "coder-prod-aurora-1"),
        min_acu=0.5,
        max_acu=16,
        earliest_restorable_at=NOW - timedelta(days=35),
        latest_restorable_at=NOW - timedelta(minutes=5),
    )
    return replace(cluster, **changes)


def snapshot(name: str, *, hours: float, **changes: Any) -> Snapshot:
    """A snapshot of the source, `hours` old."""
    made = Snapshot(
        name=name,
        cluster="coder-prod-aurora",
        status="available",
        type="automated" if name.startswith("rds:") else "manual",
        engine=ENGINE,
        engine_version="16.6",
        created_at=NOW - timedelta(hours=hours),
        encrypted=True,
        kms_key="arn:aws:kms:eu-west-1:111122223333:key/prod",
        master_username="coder_admin",
    )
    return replace(made, **changes)
