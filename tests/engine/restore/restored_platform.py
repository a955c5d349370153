"""The platform on an engine, as it can be seen from outside: who is connected to which database, and what is named."""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from day2.engine import coder
from day2.engine.engine import Engine
from day2.engine.furnishing import Furnished
from day2.engine.platform import take_snapshot
from day2.engine.seed import SeedFailed
from day2.engine.seed import psql as door
from day2.restore.platform import Platform
from lambdas import payload
from lambdas.adapters.kubernetes import Kubernetes, bearer_token
from lambdas.adapters.kubernetes.client import MERGE_PATCH

PATIENCE_SECONDS = 30.0
NAMES = coder.Names(secret="platform-postgres", key="connection-string")
CODER = "/apis/apps/v1/namespaces/coder/deployments/coder"
PROVISIONERS = "/apis/apps/v1/namespaces/coder-prov/deployments/coder-provisioner"
_LOOK = """\
SELECT count(*) FROM pg_stat_activity WHERE application_name = 'coderd' AND datname = current_database();
SHOW default_transaction_read_only;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What stands at one moment.

    serving       cluster -> coderd's connections to it, where there are any
    fenced        the clusters that admit nobody but the verifier and whose new sessions are read only
    silent        the clusters that let nobody sign in
    named         the cluster that the connection secret names, and the one that coderd's Secret names
    replicas      of coderd and of the provisioners
    """

    clusters: tuple[str, ...]
    serving: Mapping[str, int]
    fenced: tuple[str, ...]
    silent: tuple[str, ...]
    named: tuple[str, str]
    replicas: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class House:
    """The platform of one engine. `groups` are the source's own security groups."""

    furnished: Furnished
    platform: Platform
    groups: tuple[str, ...]
    secret: dict[str, str] = field(default_factory=lambda: {"name": NAMES.secret, "key": NAMES.key})

    @property
    def engine(self) -> Engine:
        return self.furnished.engine

    @property
    def source(self) -> str:
        return self.furnished.platform.names.cluster

    def client(self, service: str) -> Any:
        return self.engine.client(service)

    def eventually(self, look: Callable[[], Any]) -> Any:
        """The first truthy thing that `look` sees."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (seen := look()):
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(0.05)
        return seen

    # Clusters and their databases

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

    def delete(self, cluster: str) -> None:
        """Delete it with its instances; its continuous backup is retained."""
        rds, members = self.client("rds"), self.clusters()[cluster]["DBClusterMembers"]
        rds.modify_db_cluster(DBClusterIdentifier=cluster, DeletionProtection=False)
        for each in members:
            rds.delete_db_instance(DBInstanceIdentifier=each["DBInstanceIdentifier"])
        rds.delete_db_cluster(DBClusterIdentifier=cluster, SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
        self.eventually(lambda: cluster not in self.clusters())

    def sight(self) -> Sight:
        """What stands now."""
        clusters, looks = self.clusters(), {}
        for name in clusters:
            try:
                connections, read_only = self.sql(_LOOK, cluster=name)
                looks[name] = (int(connections), read_only == "on")
            except SeedFailed:
                continue
        groups = {
            name: [each["VpcSecurityGroupId"] for each in it["VpcSecurityGroups"]] for name, it in clusters.items()
        }
        endpoints = {each["Endpoint"]: name for name, each in clusters.items()}
        named = (self.connection()["host"], str(urlsplit(self.url()).hostname))
        return Sight(
            clusters=tuple(clusters),
            serving={name: connections for name, (connections, _) in looks.items() if connections},
            fenced=tuple(
                name for name, (_, read_only) in looks.items() if read_only and not set(groups[name]) & set(self.groups)
            ),
            silent=tuple(set(clusters) - set(looks)),
            named=(endpoints[named[0]], endpoints[named[1]]),
            replicas=(self.ready(CODER), self.ready(PROVISIONERS)),
        )

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

    # What names the database

    def connection(self) -> dict[str, Any]:
        """The connection secret."""
        name = self.furnished.platform.names.connection_secret
        held: dict[str, Any] = json.loads(self.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
        return held

    def url(self) -> str:
        """The connection URL in the Secret from which coderd takes it."""
        data = self.kubernetes.call("GET", self._secret_path).body["data"]
        return b64decode(data[self.secret["key"]]).decode()

    def named(self) -> tuple[dict[str, Any], str]:
        """Both values that name the database."""
        return self.connection(), self.url()

    @property
    def _secret_path(self) -> str:
        return f"/api/v1/namespaces/coder/secrets/{self.secret['name']}"

    def put_connection(self, **changed: str) -> None:
        """Change the connection secret."""
        name, held = self.furnished.platform.names.connection_secret, {**self.connection(), **changed}
        self.client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(held))

    def put_secret(self, secret: dict[str, str]) -> None:
        """Write what the connection secret says into this Secret, from which coderd takes it from now on."""
        self.secret.update(secret)
        content = {"data": {secret["key"]: b64encode(self.dsn(self.connection()["host"]).encode()).decode()}}
        made = {"metadata": {"name": secret["name"]}, **content}
        if self.kubernetes.call("POST", self._secret_path.rpartition("/")[0], made).conflict:
            self.change(self._secret_path, content)

    # Kubernetes

    @cached_property
    def kubernetes(self) -> Kubernetes:
        """The fake Kubernetes API of the platform's cluster, as the operator."""
        name = self.furnished.platform.names.kubernetes_cluster or ""
        told = self.client("eks").describe_cluster(name=name)["cluster"]
        return Kubernetes(
            name=name,
            endpoint=told["endpoint"],
            authority=b64decode(told["certificateAuthority"]["data"]).decode(),
            token=lambda: bearer_token(self.client("sts"), name),
        )

    def ready(self, deployment: str) -> int:
        """Its ready replicas."""
        return int(self.kubernetes.call("GET", deployment).body.get("status", {}).get("readyReplicas") or 0)

    def change(self, path: str, patch: Mapping[str, Any]) -> None:
        answer = self.kubernetes.call("PATCH", path, patch, kind=MERGE_PATCH)
        assert (answer.not_found, answer.conflict) == (False, False), answer.body

    def scale(self, *, coder: int, provisioners: int) -> None:
        """As `kubectl scale` and `kubectl rollout status`."""
        for deployment, replicas in {CODER: coder, PROVISIONERS: provisioners}.items():
            self.change(deployment, {"spec": {"replicas": replicas}})
            self.eventually(lambda at=deployment, wanted=replicas: self.ready(at) == wanted)

    def container(self) -> dict[str, Any]:
        """The one container of coderd, as its Deployment has it."""
        (found,) = self.kubernetes.call("GET", CODER).body["spec"]["template"]["spec"]["containers"]
        return dict(found)

    def roll_out(self, container: Mapping[str, Any]) -> None:
        """Change coderd's container, and return when its replicas are the new ones."""
        self.change(CODER, {"spec": {"template": {"spec": {"containers": [container]}}}})

        def complete() -> bool:
            told = self.kubernetes.call("GET", CODER).body
            wanted, status = told["spec"]["replicas"], told.get("status", {})
            seen = [status.get(each) for each in ("updatedReplicas", "readyReplicas", "replicas")]
            return status.get("observedGeneration") == told["metadata"]["generation"] and seen == [wanted] * 3

        self.eventually(complete)

    def come_home(self) -> None:
        """Where a restore was kept under another name, give what serves the source's name, as people would by hand."""
        by_endpoint = {each["Endpoint"]: name for name, each in self.clusters().items()}
        serves = by_endpoint[self.connection()["host"]]
        if serves == self.source:
            return
        self.scale(coder=0, provisioners=0)
        self._rename(self.source, f"{self.source}-old-as-of-{serves.rpartition('-')[2]}")
        self._rename(serves, self.source)
        self.put_connection(host=self.clusters()[self.source]["Endpoint"])
        self.put_secret(self.secret)
        self.scale(coder=coder.REPLICAS, provisioners=coder.PROVISIONERS)

    def _rename(self, cluster: str, name: str) -> None:
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
