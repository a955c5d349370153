"""The platform on an engine, as it can be seen from outside: who is connected to which database, and what is named."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from platform_databases import Databases

from day2.engine import coder
from day2.engine.seed import SeedFailed
from lambdas.adapters.kubernetes import Kubernetes, opened
from lambdas.adapters.kubernetes.client import MERGE_PATCH

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
    open          the clusters that have the platform's own groups and no other, and whose new sessions may write
    silent        the clusters that let nobody sign in
    named         the cluster that the connection secret names, and the one that coderd's Secret names
    replicas      of coderd and of the provisioners
    """

    clusters: tuple[str, ...]
    serving: Mapping[str, int]
    fenced: tuple[str, ...]
    open: tuple[str, ...]
    silent: tuple[str, ...]
    named: tuple[str, str]
    replicas: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class House(Databases):
    """The platform of one engine. `groups` are the source's own security groups."""

    groups: tuple[str, ...]
    secret: dict[str, str] = field(default_factory=lambda: {"name": NAMES.secret, "key": NAMES.key})

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
            name: {each["VpcSecurityGroupId"] for each in it["VpcSecurityGroups"]} for name, it in clusters.items()
        }
        shut = {name: read_only and not groups[name] & set(self.groups) for name, (_, read_only) in looks.items()}
        free = {name: not read_only and groups[name] == set(self.groups) for name, (_, read_only) in looks.items()}
        endpoints = {each["Endpoint"]: name for name, each in clusters.items()}
        named = (self.connection()["host"], str(urlsplit(self.url()).hostname))
        return Sight(
            clusters=tuple(clusters),
            serving={name: connections for name, (connections, _) in looks.items() if connections},
            fenced=tuple(name for name, is_shut in shut.items() if is_shut),
            open=tuple(name for name, is_free in free.items() if is_free),
            silent=tuple(set(clusters) - set(looks)),
            named=(endpoints[named[0]], endpoints[named[1]]),
            replicas=(self.ready(CODER), self.ready(PROVISIONERS)),
        )

    # What names the database

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
        return opened(name, eks=self.client("eks"), sts=self.client("sts"))

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
        """Be on the source's name alone again, wherever the restore before has left the platform."""
        self._take_the_sources_name()
        # Each cluster that stays is a server, whose backup goes on whenever clusters are listed.
        self.discard(*(name for name in self.clusters() if name != self.source))

    def _take_the_sources_name(self) -> None:
        """Where a restore was kept under another name, give what serves the source's name, as people would by hand."""
        by_endpoint = {each["Endpoint"]: name for name, each in self.clusters().items()}
        serves = by_endpoint[self.connection()["host"]]
        if serves == self.source:
            return
        self.scale(coder=0, provisioners=0)
        self.rename(self.source, f"{self.source}-old-as-of-{serves.rpartition('-')[2]}")
        self.rename(serves, self.source)
        self.put_connection(host=self.clusters()[self.source]["Endpoint"])
        self.put_secret(self.secret)
        self.scale(coder=coder.REPLICAS, provisioners=coder.PROVISIONERS)
