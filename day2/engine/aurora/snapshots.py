"""CreateDBClusterSnapshot, DescribeDBClusterSnapshots, DeleteDBClusterSnapshot.

Identifiers that begin with `rds:` or `awsbackup:` make an automated or an AWS Backup snapshot. AWS lets nobody
create those by hand; here it is how a platform gets the snapshots that AWS would have taken in the night.
"""

import copy
import re
import threading
from datetime import UTC, datetime

from day2.engine.aurora import faults, phases, references, stores
from day2.engine.aurora.disturbances import Disturbance
from day2.engine.aurora.records import Aurora, Cluster, Shown, Snapshot, filtered, last_part, page, snapshot_id
from day2.engine.aurora.wire import Request
from day2.engine.postgres.backups import BaseBackup

_TYPES = {"rds": "automated", "awsbackup": "awsbackup"}
_NAME = re.compile(r"^(rds|awsbackup):")
_SETTLING_SECONDS = 600.0

_FILTERS = {
    "db-cluster-id": "DBClusterIdentifier",
    "db-cluster-snapshot-id": "DBClusterSnapshotIdentifier",
    "snapshot-type": "SnapshotType",
    "engine": "Engine",
}


def create(aurora: Aurora, request: Request) -> Shown:
    """A copy of the cluster's data as they are at its end."""
    cluster = aurora.cluster(request["DBClusterIdentifier"])
    if cluster.status != "available":
        raise faults.cluster_state(f"DB Cluster {cluster.id} is not in available state.")
    name, tags = request["DBClusterSnapshotIdentifier"], request.get("Tags", [])
    return {"DBClusterSnapshot": shown(take(aurora, cluster, name, tags=tags))}


def take(aurora: Aurora, cluster: Cluster, identifier: str, *, tags: stores.Tags) -> Snapshot:
    """Begin a snapshot of the cluster; `tags` beside those that the cluster hands down."""
    name = snapshot_id(identifier)
    references.identifier(_NAME.sub("", name, count=1), parameter="DBClusterSnapshotIdentifier")
    if name in aurora.snapshots:
        raise faults.Fault("DBClusterSnapshotAlreadyExistsFault", f"Cluster Snapshot {name} already exists.")
    snapshot = Snapshot(id=name, shown=_fields(aurora, cluster, name), source=copy.deepcopy(cluster.shown))
    aurora.snapshots[name] = snapshot
    inherited = stores.tags_of(cluster.shown["DBClusterArn"]) if cluster.shown["CopyTagsToSnapshot"] else []
    stores.set_tags(snapshot.shown["DBClusterSnapshotArn"], [*inherited, *tags])
    folder = aurora.new_folder()
    taken: list[BaseBackup] = []
    phases.begin(
        f"snapshot {name}",
        seconds=aurora.phases.snapshot_creating,
        work=lambda: taken.append(cluster.volume.snapshot(folder / "base")),
        done=lambda _: _settle(aurora, snapshot, taken[0] if taken else None),
        held=lambda: aurora.disturbances.lasts(Disturbance.SNAPSHOT_HANGS),
    )
    return snapshot


def _fields(aurora: Aurora, cluster: Cluster, name: str) -> Shown:
    copied = (
        "AvailabilityZones", "DBClusterIdentifier", "Engine", "EngineMode", "EngineVersion", "AllocatedStorage",
        "Port", "ClusterCreateTime", "MasterUsername", "StorageEncrypted", "KmsKeyId", "StorageType",
        "IAMDatabaseAuthenticationEnabled", "DbClusterResourceId", "BackupRetentionPeriod", "PreferredBackupWindow",
    )  # fmt: skip
    by = _NAME.match(name)
    return {
        **{member: cluster.shown.get(member) for member in copied},
        "DBClusterSnapshotIdentifier": name,
        "DBClusterSnapshotArn": aurora.arn("cluster-snapshot", name),
        "SnapshotType": _TYPES[by[1]] if by else "manual",
        "SnapshotCreateTime": datetime.now(UTC),
        "Status": "creating",
        "PercentProgress": 0,
        "LicenseModel": "postgresql-license",
        "VpcId": references.vpc_of(cluster.shown["DBSubnetGroup"]),
    }


def _settle(aurora: Aurora, snapshot: Snapshot, base: BaseBackup | None) -> None:
    with aurora.lock:
        snapshot.base = base
        # The instant that the copy reflects, which is what the time is read for.
        when = base.consistent_at if base else snapshot.shown["SnapshotCreateTime"]
        snapshot.shown |= {
            "Status": "available" if base else "failed",
            "PercentProgress": 100 if base else 0,
            "SnapshotCreateTime": when,
        }
    snapshot.settled.set()


def await_settled(aurora: Aurora, name: str) -> None:
    """Return when the snapshot is available; raise when it failed."""
    snapshot = aurora.snapshots[snapshot_id(name)]
    snapshot.settled.wait(_SETTLING_SECONDS)
    if snapshot.base is None:
        raise RuntimeError(f"The snapshot {name} failed.")


def shown(snapshot: Snapshot) -> Shown:
    """The snapshot as the API shows it."""
    return {**snapshot.shown, "TagList": stores.tags_of(snapshot.shown["DBClusterSnapshotArn"])}


def describe(aurora: Aurora, request: Request) -> Shown:
    """One snapshot, or those of a cluster, a type, a filter."""
    if name := request.get("DBClusterSnapshotIdentifier"):
        chosen = [aurora.snapshot(name)]
    else:
        chosen = list(aurora.snapshots.values())
    items = [shown(snapshot) for snapshot in chosen]
    if cluster := request.get("DBClusterIdentifier"):
        items = [item for item in items if item["DBClusterIdentifier"] == last_part(cluster)]
    if resource := request.get("DbClusterResourceId"):
        items = [item for item in items if item["DbClusterResourceId"].lower() == resource.lower()]
    if kind := request.get("SnapshotType"):
        items = [item for item in items if item["SnapshotType"] == kind]
    return page(filtered(items, request, _FILTERS), request, list_name="DBClusterSnapshots")


def delete(aurora: Aurora, request: Request) -> Shown:
    """Delete a snapshot at once."""
    snapshot = aurora.snapshot(request["DBClusterSnapshotIdentifier"])
    if snapshot.shown["SnapshotType"] == "automated":
        raise faults.Fault("InvalidDBClusterSnapshotStateFault", f"{snapshot.id} is automated; only manual ones go.")
    if snapshot.status not in {"available", "failed"}:
        raise faults.Fault("InvalidDBClusterSnapshotStateFault", f"{snapshot.id} is {snapshot.status}.")
    if snapshot.base:
        if cluster := aurora.cluster_of(snapshot.shown["DbClusterResourceId"]):
            cluster.volume.backups.take_back(snapshot.base)
        threading.Thread(target=snapshot.base.delete, name=f"delete {snapshot.id}", daemon=True).start()
    del aurora.snapshots[snapshot.id]
    answer = {**shown(snapshot), "Status": "deleted"}
    stores.forget_tags(snapshot.shown["DBClusterSnapshotArn"])
    return {"DBClusterSnapshot": answer}


CALLS = {
    "CreateDBClusterSnapshot": create,
    "DescribeDBClusterSnapshots": describe,
    "DeleteDBClusterSnapshot": delete,
}
