"""The platform's clusters on an engine, and the database on each of them."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from day2.engine.furnishing import Furnished
from day2.engine.platform import take_snapshot
from day2.engine.seed import SeedFailed
from day2.engine.seed import psql as door
from day2.restore.platform import Platform
from lambdas import payload

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Databases:
    """The clusters of one platform. `platform` is it as its people see it."""

    furnished: Furnished
    platform: Platform

    @property
    def source(self) -> str:
        return self.furnished.platform.names.cluster

    def client(self, service: str) -> Any:
        return self.furnished.engine.client(service)

    def eventually(self, look: Callable[[], Any]) -> Any:
        """The first truthy thing that `look` sees."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (seen := look()):
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(0.05)
        return seen

    def connection(self) -> dict[str, Any]:
        """The connection secret."""
        name = self.furnished.platform.names.connection_secret
        held: dict[str, Any] = json.loads(self.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
        return held

    def put_connection(self, **changed: str) -> None:
        """Change the connection secret."""
        name, held = self.furnished.platform.names.connection_secret, {**self.connection(), **changed}
        self.client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(held))

    def clusters(self) -> Mapping[str, Mapping[str, Any]]:
        """The platform's clusters by their names, without a drill's."""
        found = self.client("rds").describe_db_clusters()["DBClusters"]
        names = {each["DBClusterIdentifier"]: each for each in found}
        return {name: each for name, each in sorted(names.items()) if name.startswith(self.source)}

    def dsn(self, endpoint: str) -> str:
        """The address of the platform's database on a cluster."""
        held = self.connection()
        return (
            f"postgresql://{quote(held['username'])}:{quote(held['password'])}@{endpoint}:{held['port']}"
            f"/{held['database']}?sslmode=require"
        )

    def sql(self, script: str, *, cluster: str) -> list[str]:
        """The rows of a script in the platform's database on that cluster."""
        endpoint = self.clusters()[cluster]["Endpoint"]
        return door.run(self.dsn(endpoint), script, psql=self.platform.psql).splitlines()

    def signs_in(self, cluster: str) -> bool:
        """Whether that cluster lets in whom the connection secret names."""
        try:
            return self.sql("SELECT 1;", cluster=cluster) == ["1"]
        except SeedFailed:
            return False

    def discard(self, *clusters: str, keep_backups: bool = False) -> None:
        """Delete them with their instances; return when they are gone."""
        rds, found = self.client("rds"), self.clusters()
        for cluster in clusters:
            rds.modify_db_cluster(DBClusterIdentifier=cluster, DeletionProtection=False)
            for each in found[cluster]["DBClusterMembers"]:
                rds.delete_db_instance(DBInstanceIdentifier=each["DBInstanceIdentifier"])
            rds.delete_db_cluster(
                DBClusterIdentifier=cluster, SkipFinalSnapshot=True, DeleteAutomatedBackups=not keep_backups
            )
        self.eventually(lambda: not set(clusters) & set(self.clusters()))

    def rename(self, cluster: str, name: str) -> None:
        """With its one instance."""
        rds = self.client("rds")
        (member,) = self.clusters()[cluster]["DBClusterMembers"]
        rds.modify_db_cluster(DBClusterIdentifier=cluster, NewDBClusterIdentifier=name, ApplyImmediately=True)
        self.eventually(lambda: self.clusters().get(name, {}).get("Status") == "available")
        rds.modify_db_instance(
            DBInstanceIdentifier=member["DBInstanceIdentifier"],
            NewDBInstanceIdentifier=f"{name}-1",
            ApplyImmediately=True,
        )
        self.eventually(lambda: self._instances().get(f"{name}-1") == "available")

    def _instances(self) -> Mapping[str, str]:
        found = self.client("rds").describe_db_instances()["DBInstances"]
        return {each["DBInstanceIdentifier"]: each["DBInstanceStatus"] for each in found}

    def recovery_point(self) -> str:
        """A moment after everything that was written so far, and before everything that will be, as a request's."""
        self.eventually(lambda: "EarliestRestorableTime" in self.clusters()[self.source])
        moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        self.eventually(lambda: datetime.now(UTC) > moment)
        return f"time:{payload.instant(moment)}"

    def await_window(self, point: str) -> None:
        """Return when the source can be restored to that time."""
        moment = datetime.fromisoformat(point.removeprefix("time:"))

        def reaches() -> bool:
            found = self.clusters()[self.source]
            latest = found.get("LatestRestorableTime")
            return latest is not None and found["EarliestRestorableTime"] <= moment < latest

        self.eventually(reaches)

    def snapshot(self, name: str) -> str:
        """A snapshot of the source as it is now, as a request's recovery point."""
        name = f"coder-local-{name}"
        take_snapshot(self.client, self.furnished.platform.names, name)
        return f"snapshot:{name}"
