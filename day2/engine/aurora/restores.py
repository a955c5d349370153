"""RestoreDBClusterFromSnapshot and RestoreDBClusterToPointInTime: a cluster with data and without instances."""

import threading
from datetime import datetime

from day2.engine.aurora import clusters, faults, phases, references
from day2.engine.aurora.disturbances import Disturbance
from day2.engine.aurora.phases import Action
from day2.engine.aurora.records import Aurora, Cluster, Shown
from day2.engine.aurora.wire import Request
from day2.engine.postgres.backups import BaseBackup, ContinuousBackup


def from_snapshot(aurora: Aurora, request: Request) -> Shown:
    """A cluster with a snapshot's data, passwords included."""
    name = references.free_cluster_id(aurora, request)
    snapshot = aurora.snapshot(request["SnapshotIdentifier"])
    if snapshot.status != "available" or snapshot.base is None:
        raise faults.Fault("InvalidDBClusterSnapshotStateFault", f"{snapshot.id} is {snapshot.status}, not available.")
    references.engine(request["Engine"])
    version = references.engine_version(request.get("EngineVersion"), restored_from=snapshot.shown["EngineVersion"])
    cluster = clusters.new(
        aurora, name, request, inherited=_inherited(aurora, request, snapshot.source), version=version
    )
    base: BaseBackup = snapshot.base
    return _begin(aurora, cluster, lambda: cluster.volume.restore(base))


def to_point_in_time(aurora: Aurora, request: Request) -> Shown:
    """A cluster with another's data as of a time, from its continuous backup, whether or not it still exists."""
    name = references.free_cluster_id(aurora, request)
    if request.get("RestoreType", "full-copy") != "full-copy":
        raise faults.combination("RestoreType copy-on-write clones a live volume and proves no backup; not here.")
    source, backups = _source(aurora, request)
    until = _until(request, backups)
    cluster = clusters.new(
        aurora, name, request, inherited=_inherited(aurora, request, source), version=source["EngineVersion"]
    )
    return _begin(aurora, cluster, lambda: cluster.volume.recover(backups, until=until))


def _source(aurora: Aurora, request: Request) -> tuple[Shown, ContinuousBackup]:
    by_name, by_resource = request.get("SourceDBClusterIdentifier", ""), request.get("SourceDbClusterResourceId", "")
    if bool(by_name) == bool(by_resource):
        raise faults.combination("Specify either SourceDBClusterIdentifier or SourceDbClusterResourceId.")
    if by_name:
        cluster = aurora.cluster(by_name)
        return cluster.shown, cluster.volume.backups
    if found := aurora.cluster_of(by_resource):
        return found.shown, found.volume.backups
    if retained := aurora.retained.get(by_resource.lower()):
        return retained.source, retained.backups
    raise faults.backup_not_found(by_resource)


def _until(request: Request, backups: ContinuousBackup) -> datetime:
    asked: datetime | None = request.get("RestoreToTime")
    if (asked is None) != bool(request.get("UseLatestRestorableTime")):
        raise faults.combination("Specify either RestoreToTime or UseLatestRestorableTime.")
    if backups.window is None:
        raise faults.Fault("InvalidRestoreFault", "The source has no continuous backup yet.")
    earliest, latest = backups.window
    until = asked or latest
    if not earliest <= until <= latest:
        raise faults.value(
            f"The time {until:%FT%TZ} is outside the restorable window {earliest:%FT%TZ} to {latest:%FT%TZ}."
        )
    return until


def _inherited(aurora: Aurora, request: Request, source: Shown) -> Shown:
    encrypted = bool(source["StorageEncrypted"]) or "KmsKeyId" in request
    key = request.get("KmsKeyId") or source.get("KmsKeyId")
    return {
        "MasterUsername": source["MasterUsername"],
        "DatabaseName": source.get("DatabaseName"),
        "BackupRetentionPeriod": source["BackupRetentionPeriod"],
        "StorageEncrypted": encrypted,
        "KmsKeyId": references.key(aurora, key, encrypted=encrypted),
    }


def _begin(aurora: Aurora, cluster: Cluster, work: Action) -> Shown:
    fails = aurora.disturbances.strikes(Disturbance.RESTORE_FAILS)
    phases.begin(
        f"restore {cluster.id}",
        seconds=aurora.phases.cluster_creating,
        work=work,
        done=lambda failure: _settle(aurora, cluster, "failed" if failure or fails else "available"),
        held=lambda: aurora.disturbances.lasts(Disturbance.RESTORE_HANGS),
    )
    return {"DBCluster": clusters.shown(aurora, cluster)}


def _settle(aurora: Aurora, cluster: Cluster, status: str) -> None:
    clusters.settle(aurora, cluster, status)
    if status == "available":
        _back_up_later(aurora, cluster)


def _back_up_later(aurora: Aurora, cluster: Cluster) -> None:
    """Begin its continuous backup after the phase; later still where it has no instance yet that could be copied."""

    def begin() -> None:
        if cluster.volume.listening:
            cluster.volume.take_base_backup()
        elif aurora.clusters.get(cluster.id) is cluster:
            _back_up_later(aurora, cluster)

    later = threading.Timer(aurora.phases.first_backup, begin)
    later.daemon = True
    later.start()


CALLS = {
    "RestoreDBClusterFromSnapshot": from_snapshot,
    "RestoreDBClusterToPointInTime": to_point_in_time,
}
