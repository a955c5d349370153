"""A furnished engine and what tests ask of it: drills, their evidence, what is left of them, production as it is."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from day2.drill import evidence, execution
from day2.drill.deployment import Deployment
from day2.drill.evidence import Evidence
from day2.drill.execution import Watched
from day2.engine import schedules
from day2.engine.aurora.disturbances import Disturbance
from day2.engine.disturbances import Disturbances
from day2.engine.engine import Engine
from day2.engine.furnishing import Furnished
from day2.engine.leftovers import Leftovers
from day2.engine.postgres import binaries
from day2.engine.processes import servers_in
from day2.engine.seed import Marker
from day2.engine.seed import psql as door
from lambdas import payload
from lambdas.adapters.kubernetes import Kubernetes, opened
from lambdas.adapters.ledger import Ledger
from lambdas.recovery.names import drill_id

Found = TypeVar("Found")

PREFIX = "coder-dr-test-"
PATIENCE_SECONDS = 60.0
NOTHING: Mapping[str, list[str]] = {
    "clusters": [],
    "instances": [],
    "snapshots": [],
    "automated backups": [],
    "managed secrets": [],
    "namespaces": [],
    "further PostgreSQL servers": [],
}

_TABLES = """\
SELECT format('SELECT %L, count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %I t', relname, relname)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relpersistence = 'p'
ORDER BY relname
\\gexec
"""
# The one thing that a describe call shows differently each time: the backup window moves on.
_MOVES_ON = {"LatestRestorableTime"}


@dataclass(frozen=True, slots=True)
class Production:
    """Production as the API shows it; by table that a crash leaves as it is, its rows and one digest of them all."""

    cluster: Mapping[str, Any]
    instances: list[Mapping[str, Any]]
    tables: Mapping[str, tuple[int, str]]

    @property
    def counts(self) -> dict[str, int]:
        return {table: rows for table, (rows, _) in self.tables.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """A drill that has ended, with its evidence and production as it was before it."""

    seen: Watched
    evidence: Evidence
    before: Production

    @property
    def record(self) -> Mapping[str, Any]:
        return self.evidence.record

    @property
    def id(self) -> str:
        return self.evidence.summary.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """A schedule's slot, delivered twice at the same moment, and what stood after both executions had ended."""

    at: datetime
    drilled: Drilled
    duplicate: Watched
    after: Production
    left: Mapping[str, list[str]]

    @property
    def slot(self) -> str:
        return payload.instant(self.at)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One engine with everything on it. `inbox` is a queue behind the topic of announcements and alarms."""

    furnished: Furnished
    folder: Path
    inbox: str
    _heard: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        return self.furnished.engine

    @property
    def deployment(self) -> Deployment:
        return self.furnished.deployment

    @property
    def source(self) -> str:
        return self.furnished.platform.names.cluster

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.deployment.table, self.engine.client("dynamodb"))

    @cached_property
    def psql(self) -> Path:
        return Path(binaries.find().tool("psql"))

    def client(self, service: str) -> Any:
        return self.engine.client(service)

    # Executions

    def start(self, **request: Any) -> str:
        return execution.start(self.deployment, request)

    def fire(self, schedule: str, *, at: datetime | None = None) -> str:
        return schedules.fire(self.engine, self.deployment.environment, schedule, at=at)

    def follow(self, arn: str) -> Watched:
        """The execution as it ended."""
        *_, last = execution.follow(self.deployment, arn)
        return last

    def reach(self, arn: str, state: str) -> Watched:
        """The execution when it has entered `state`."""
        for seen in execution.follow(self.deployment, arn):
            if state in names(seen):
                return seen
        raise AssertionError(f"it ended without {state}: {seen.status} {seen.error} {seen.cause}")

    def sweep_after(self, arn: str) -> Watched:
        """The sweep that the drill's death started, as it ended."""

        def look() -> str | None:
            machine = self.client("stepfunctions")
            listed = machine.list_executions(stateMachineArn=self.deployment.sweep_machine)["executions"]
            asked = (machine.describe_execution(executionArn=each["executionArn"]) for each in listed)
            return next(
                (each["executionArn"] for each in asked if json.loads(each["input"]) == {"execution": arn}), None
            )

        return self.follow(eventually(look))

    def deliver_twice(self, schedule: str) -> Twice:
        before, at = self.production(), datetime.now(UTC).replace(microsecond=0)
        delivered = [self.fire(schedule, at=at) for _ in range(2)]
        # They run side by side: either may claim the slot and go on.
        drill, duplicate = sorted(map(self.follow, delivered), key=lambda seen: len(seen.states), reverse=True)
        drilled = self.drilled(drill, before=before)
        return Twice(at=at, drilled=drilled, duplicate=duplicate, after=self.production(), left=self.left())

    @contextmanager
    def held_before_verification(self) -> Iterator[None]:
        """Drills stop at AwaitCredentials, their copy complete, until the block ends."""
        disturbances = Disturbances(self.engine.settings.workspace)
        disturbances.order(Disturbance.CREDENTIALS_HANG)
        try:
            yield
        finally:
            disturbances.lift(Disturbance.CREDENTIALS_HANG)

    # What drills leave

    def drill_id(self, seen: Watched) -> str:
        return drill_id(execution=seen.execution, started_at=seen.started_at)

    def drilled(self, seen: Watched, *, before: Production) -> Drilled:
        """An ended drill with its evidence, fetched as `day2 report` would."""
        fetched = evidence.fetch(self.deployment, self.drill_id(seen), folder=self.folder / "fetched")
        return Drilled(seen=seen, evidence=fetched, before=before)

    def heard(self, text: str) -> Mapping[str, str]:
        """What came by the topic with this text in its Subject or its Message."""

        def look() -> Mapping[str, str] | None:
            answer = self.client("sqs").receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10)
            self._heard.extend(json.loads(each["Body"]) for each in answer.get("Messages", []))
            return next((each for each in self._heard if text in each["Subject"] + each["Message"]), None)

        return eventually(look)

    def alarm(self, name: str) -> str:
        """An alarm's state."""
        (found,) = self.client("cloudwatch").describe_alarms(AlarmNames=[f"coder-day2-local-{name}"])["MetricAlarms"]
        state: str = found["StateValue"]
        return state

    def stored(self, key: str) -> bytes:
        """An object of the evidence bucket."""
        content: bytes = self.client("s3").get_object(Bucket=self.deployment.bucket, Key=key)["Body"].read()
        return content

    def left(self) -> Mapping[str, list[str]]:
        """Everything that a drill creates and that is there now; equal to NOTHING when none runs."""
        rds, secrets = self.client("rds"), self.client("secretsmanager")
        clusters = [each["DBClusterIdentifier"] for each in rds.describe_db_clusters()["DBClusters"]]
        instances = [each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]]
        snapshots = rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]
        backups = rds.describe_db_cluster_automated_backups()["DBClusterAutomatedBackups"]
        kept = [each["Name"] for each in secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]]
        return {
            "clusters": [name for name in clusters if name != self.source],
            "instances": [name for name in instances if not name.startswith(self.source)],
            "snapshots": [
                each["DBClusterSnapshotIdentifier"] for each in snapshots if each["DBClusterIdentifier"] != self.source
            ],
            "automated backups": [
                each["DBClusterIdentifier"] for each in backups if each["DBClusterIdentifier"] != self.source
            ],
            "managed secrets": [name for name in kept if name.startswith("rds!")],
            "namespaces": [each.name for each in self.kubernetes.namespaces({}) if each.name.startswith(PREFIX)],
            "further PostgreSQL servers": self._servers()[1:],
        }

    def _servers(self) -> list[str]:
        """The running PostgreSQL servers of the engine, oldest first: production's is the first."""
        running = servers_in(Leftovers.of(self.engine.settings.workspace).folders)
        return [f"process {each.pid}" for each in sorted(running, key=lambda each: (len(each.started), each.started))]

    @cached_property
    def kubernetes(self) -> Kubernetes:
        """The fake Kubernetes API of the platform's cluster, as the operator."""
        name = self.furnished.platform.names.kubernetes_cluster or ""
        return opened(name, eks=self.client("eks"), sts=self.client("sts"))

    def dsn_of(self, copy: str) -> str:
        """The address of a drill's copy, with the password of its managed secret."""
        (cluster,) = self.client("rds").describe_db_clusters(DBClusterIdentifier=copy)["DBClusters"]
        arn = cluster["MasterUserSecret"]["SecretArn"]
        secret = json.loads(self.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
        return (
            f"postgresql://{secret['username']}:{secret['password']}@{cluster['Endpoint']}:{cluster['Port']}"
            f"/{self.furnished.platform.names.database}?sslmode=require"
        )

    # Production

    def production(self) -> Production:
        rds = self.client("rds")
        (cluster,) = rds.describe_db_clusters(DBClusterIdentifier=self.source)["DBClusters"]
        instances = rds.describe_db_instances()["DBInstances"]
        tables = [line.split("\t") for line in self.sql(_TABLES)]
        return Production(
            cluster=_still(cluster),
            instances=[_still(each) for each in instances if each["DBClusterIdentifier"] == self.source],
            tables={name: (int(rows), digest) for name, rows, digest in tables},
        )

    def sql(self, script: str, *, dsn: str = "") -> list[str]:
        """The rows of a script in production, or in the database of `dsn`."""
        return door.run(dsn or self.furnished.platform.dsn, script, psql=self.psql).splitlines()

    def another(self, database: str) -> str:
        """The address of another database of production's server."""
        dsn, database_of_coder = self.furnished.platform.dsn, self.furnished.platform.names.database
        return dsn.replace(f"/{database_of_coder}?", f"/{database}?")

    @contextmanager
    def put_back_afterwards(self) -> Iterator[None]:
        """Production's database may be spoilt in the block; at its end a copy from before takes its place."""
        name = self.furnished.platform.names.database
        self.sql(f"CREATE DATABASE before TEMPLATE {name};", dsn=self.another("postgres"))
        try:
            yield
        finally:
            put_back = f"DROP DATABASE {name};\nALTER DATABASE before RENAME TO {name};"
            self.sql(put_back, dsn=self.another("postgres"))

    def holds(self, marker: Marker, *, dsn: str = "") -> bool:
        """Whether a row is in production, or in the database of `dsn`."""
        found = self.sql(f"SELECT count(*) FROM {marker.table} WHERE id = '{marker.id}';", dsn=dsn)  # noqa: S608  ours
        return found == ["1"]


def _still(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in _MOVES_ON}


def names(seen: Watched) -> tuple[str, ...]:
    """The states that an execution has entered, in their order."""
    return tuple(each.name for each in seen.states)


def eventually(look: Callable[[], Found | None]) -> Found:
    """The first thing that `look` sees."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (seen := look()) is None:
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)
    return seen
