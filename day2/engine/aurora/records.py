"""What the control plane knows: clusters, instances, snapshots and retained backups, as the API shows them."""

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from day2.engine.aurora import faults
from day2.engine.aurora.endpoints import Endpoints
from day2.engine.aurora.volumes import Volume
from day2.engine.aurora.wire import Request
from day2.engine.authority import Authority
from day2.engine.disturbances import Disturbances
from day2.engine.leftovers import Leftovers
from day2.engine.postgres.account import current
from day2.engine.postgres.backups import BaseBackup, ContinuousBackup
from day2.engine.postgres.binaries import Binaries
from day2.engine.postgres.server import Server, scratch_folder, usable_installation
from day2.engine.settings import EngineSettings

ENGINE = "aurora-postgresql"
PAGE = 100

Shown = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Cluster:
    """One cluster. `shown` holds the members of the API's DBCluster that are stored, not derived.

    `becomes` is the identifier that it is being renamed to; it is taken already.
    """

    id: str
    shown: Shown
    volume: Volume
    folder: Path
    instances: list[str] = field(default_factory=list)
    settled: threading.Event = field(default_factory=threading.Event)
    """Set once the volume holds its data, or never will."""
    becomes: str = ""

    @property
    def status(self) -> str:
        return str(self.shown["Status"])


@dataclass(slots=True, kw_only=True)
class Instance:
    """One instance of a cluster. `becomes` as a cluster's."""

    id: str
    cluster: Cluster
    shown: Shown
    has_endpoint: bool = False
    becomes: str = ""

    @property
    def status(self) -> str:
        return str(self.shown["DBInstanceStatus"])


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """One cluster snapshot. `source` is what its cluster showed when it was taken."""

    id: str
    shown: Shown
    source: Shown
    base: BaseBackup | None = None
    settled: threading.Event = field(default_factory=threading.Event)

    @property
    def status(self) -> str:
        return str(self.shown["Status"])


@dataclass(slots=True, kw_only=True)
class RetainedBackup:
    """The continuous backup of a cluster that was deleted without it."""

    source: Shown
    backups: ContinuousBackup
    folder: Path


class Aurora:
    """The whole state, under one lock that is never held while PostgreSQL works."""

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self.phases = settings.phases
        self.disturbances = Disturbances(settings.workspace)
        self.lock = threading.RLock()
        self.clusters: dict[str, Cluster] = {}
        self.instances: dict[str, Instance] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.retained: dict[str, RetainedBackup] = {}
        self.endpoints = Endpoints()
        self.leftovers = Leftovers.of(settings.workspace)
        self._authority = Authority.at(settings.certificates)
        self.own_key: str | None = None
        """Stands for the account's `aws/rds` key."""
        self._folder: Path | None = None
        self._installation: Binaries | None = None
        self._numbers = itertools.count(1)

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource of this engine's account and Region."""
        return f"arn:aws:rds:{self.settings.region}:{self.settings.account}:{kind}:{name}"

    def cluster(self, name: str) -> Cluster:
        """The cluster of that identifier or ARN. Raises DBClusterNotFoundFault."""
        if found := self.clusters.get(last_part(name)):
            return found
        raise faults.cluster_not_found(name)

    def instance(self, name: str) -> Instance:
        """The instance of that identifier or ARN. Raises DBInstanceNotFound."""
        if found := self.instances.get(last_part(name)):
            return found
        raise faults.instance_not_found(name)

    def snapshot(self, name: str) -> Snapshot:
        """The snapshot of that identifier or ARN. Raises DBClusterSnapshotNotFoundFault."""
        if found := self.snapshots.get(snapshot_id(name)):
            return found
        raise faults.snapshot_not_found(name)

    def cluster_of(self, resource: str) -> Cluster | None:
        """The cluster with that resource id, whatever it is called by now; None when it is gone."""
        for cluster in self.clusters.values():
            if cluster.shown["DbClusterResourceId"].lower() == resource.lower():
                return cluster
        return None

    def members(self, cluster: Cluster) -> list[Instance]:
        """The cluster's instances, the writer first."""
        return [self.instances[name] for name in cluster.instances]

    def new_folder(self) -> Path:
        """A folder for one cluster or snapshot, open to the servers' user."""
        return current().folder(self._root() / str(next(self._numbers)))

    def new_volume(self, folder: Path, *, identifier: str, port: int) -> Volume:
        """A volume without data, at the address of its cluster's identifier, with a certificate for it."""
        address = self.endpoints.of(identifier, port=port)
        server = Server(folder / "volume", address=address, installation=self._installed())
        self._certify(server)
        return Volume(server, ContinuousBackup(folder / "backups"), self.leftovers)

    def move(self, volume: Volume, *, identifier: str) -> None:
        """Make a volume answer at the address of another identifier, which nobody else answers at."""
        with volume.offline() as server:
            server.host, server.port = self.endpoints.of(identifier, port=server.port)
            self._certify(server)

    def _certify(self, server: Server) -> None:
        certificate, key = self._authority.issue([server.host])
        server.use_certificate(certificate, key, ca_file=self._authority.ca_file)

    def _installed(self) -> Binaries:
        if self._installation is None:
            self._installation = usable_installation(current(), copy_to=self._root())
        return self._installation

    def _root(self) -> Path:
        if self._folder is None:
            inside = self.settings.workspace.absolute() / "aurora"
            account = current()
            # Root's own home is closed to the user that PostgreSQL runs as.
            self._folder = account.folder(inside) if account.enters(inside) else scratch_folder(account)
            self.leftovers.note_folder(self._folder)
        return self._folder


def last_part(name: str) -> str:
    """The identifier in an ARN; an identifier as it is, in the lower case that RDS keeps it in."""
    return name.rsplit(":", 1)[-1].lower() if name.startswith("arn:") else name.lower()


def snapshot_id(name: str) -> str:
    """As `last_part`, for snapshots, whose identifiers may hold a colon (`rds:coder-prod-2026-11-23`)."""
    return name.split(":cluster-snapshot:", 1)[-1].lower()


def backup_name(cluster_resource_id: str) -> str:
    """The name in the ARN of a cluster's automated backup."""
    return f"ab-{cluster_resource_id.lower().removeprefix('cluster-')}"


def resource_id(kind: str) -> str:
    """A new immutable id, such as `cluster-…` or `db-…`."""
    return f"{kind}-{uuid4().hex[:26].upper()}"


def filtered(items: list[Shown], request: Request, members: Mapping[str, str]) -> list[Shown]:
    """Those that every filter of the request admits; `members` names the member that each filter looks at."""
    for wanted in request.get("Filters", []):
        member = members.get(wanted["Name"])
        if member is None:
            raise faults.value(f"Unrecognized filter name: {wanted['Name']}")
        values = {last_part(value) for value in wanted["Values"]}
        items = [item for item in items if str(item.get(member, "")).lower() in values]
    return items


def page(items: list[Shown], request: Request, *, list_name: str) -> Shown:
    """One page of a listing, with the marker of the next."""
    begin, size = int(request.get("Marker") or 0), int(request.get("MaxRecords") or PAGE)
    more = begin + size < len(items)
    return {list_name: items[begin : begin + size], "Marker": str(begin + size) if more else None}
