"""CreateDBCluster, DescribeDBClusters, ModifyDBCluster, DeleteDBCluster."""

import shutil
from datetime import UTC, datetime
from typing import Any

from day2.engine.aurora import automated_backups, credentials, faults, phases, references, renames, snapshots, stores
from day2.engine.aurora.disturbances import Disturbance
from day2.engine.aurora.records import ENGINE, Aurora, Cluster, RetainedBackup, Shown, filtered, page, resource_id
from day2.engine.aurora.wire import Request

DELETABLE = ("available", "failed", "stopped")
LOG_EXPORTS = ("instance", "postgresql", "iam-db-auth-error")
CREATED_RETENTION_DAYS = 1
HOSTED_ZONE = "Z2R2ITUGPM61AM"

_FILTERS = {
    "db-cluster-id": "DBClusterIdentifier",
    "db-cluster-resource-id": "DbClusterResourceId",
    "engine": "Engine",
}


def create(aurora: Aurora, request: Request) -> Shown:
    """An empty database cluster, owned by its master user."""
    name = references.free_cluster_id(aurora, request)
    references.engine(request["Engine"])
    user, password = request.get("MasterUsername"), request.get("MasterUserPassword")
    managed = bool(request.get("ManageMasterUserPassword"))
    if not user or bool(password) == managed:
        raise faults.combination("Give MasterUsername, and either MasterUserPassword or ManageMasterUserPassword.")
    encrypted = bool(request.get("StorageEncrypted")) or "KmsKeyId" in request
    version = references.engine_version(request.get("EngineVersion"))
    inherited = {
        "MasterUsername": user,
        "DatabaseName": request.get("DatabaseName"),
        "BackupRetentionPeriod": CREATED_RETENTION_DAYS,
        "KmsKeyId": references.key(aurora, request.get("KmsKeyId"), encrypted=encrypted),
        "StorageEncrypted": encrypted,
    }
    cluster = new(aurora, name, request, inherited=inherited, version=version)
    first = password or credentials.new_password()
    if managed:
        key = request.get("MasterUserSecretKmsKeyId")
        credentials.keep(aurora, cluster, first, key=key, work=lambda: wait_for(cluster))
    phases.begin(
        f"create {name}",
        seconds=aurora.phases.cluster_creating,
        work=lambda: cluster.volume.create(user, first, database=request.get("DatabaseName", "")),
        done=lambda failure: settle(aurora, cluster, "failed" if failure else "available"),
    )
    return {"DBCluster": shown(aurora, cluster)}


def new(aurora: Aurora, name: str, request: Request, *, inherited: Shown, version: str) -> Cluster:
    """A cluster in `creating`: what the request says, else what is inherited, else RDS's own defaults."""
    arn = aurora.arn("cluster", name)
    exports = request.get("EnableCloudwatchLogsExports", [])
    if unknown := set(exports) - set(LOG_EXPORTS):
        raise faults.combination(f"You cannot use the log types {sorted(unknown)} with engine {ENGINE}.")
    fields: dict[str, Any] = {
        **inherited,
        "DBClusterIdentifier": name,
        "DBClusterArn": arn,
        "DbClusterResourceId": resource_id("cluster"),
        "Status": "creating",
        "Engine": ENGINE,
        "EngineVersion": version,
        "EngineMode": "provisioned",
        "AllocatedStorage": 1,
        "AvailabilityZones": [f"{aurora.settings.region}{zone}" for zone in "abc"],
        "MultiAZ": False,
        "ClusterCreateTime": datetime.now(UTC),
        "HostedZoneId": HOSTED_ZONE,
        "PreferredBackupWindow": request.get("PreferredBackupWindow", "03:00-03:30"),
        "PreferredMaintenanceWindow": request.get("PreferredMaintenanceWindow", "sun:05:00-sun:05:30"),
        "DBSubnetGroup": references.subnet_group(request),
        "DBClusterParameterGroup": references.parameter_group(request, version=version),
        "VpcSecurityGroups": references.security_groups(request),
        "BackupRetentionPeriod": references.retention(request, otherwise=inherited["BackupRetentionPeriod"]),
        "ServerlessV2ScalingConfiguration": references.scaling(request),
        "IAMDatabaseAuthenticationEnabled": bool(request.get("EnableIAMDatabaseAuthentication")),
        "DeletionProtection": bool(request.get("DeletionProtection")),
        "CopyTagsToSnapshot": bool(request.get("CopyTagsToSnapshot")),
        "EnabledCloudwatchLogsExports": exports,
        "VPCNetworkingEnabled": request.get("EnableVPCNetworking", True),
        "InternetAccessGatewayEnabled": bool(request.get("EnableInternetAccessGateway")),
        "StorageType": request.get("StorageType", "aurora"),
        "NetworkType": "IPV4",
        "ActivityStreamStatus": "stopped",
        "CrossAccountClone": False,
    }
    folder = aurora.new_folder()
    volume = aurora.new_volume(folder, identifier=name, port=int(request.get("Port", 5432)))
    fields |= volume.endpoint
    cluster = Cluster(id=name, shown=fields, volume=volume, folder=folder)
    aurora.clusters[name] = cluster
    stores.set_tags(arn, request.get("Tags", []))
    stores.set_tags(automated_backups.arn(aurora, fields), automated_backups.tags_asked_for(request))
    return cluster


def settle(aurora: Aurora, cluster: Cluster, status: str) -> None:
    """The volume holds its data, or never will."""
    with aurora.lock:
        cluster.shown["Status"] = status
    cluster.settled.set()


def wait_for(cluster: Cluster) -> None:
    """Return when the cluster is settled."""
    cluster.settled.wait()


def shown(aurora: Aurora, cluster: Cluster) -> Shown:
    """The cluster as the API shows it."""
    earliest, latest = cluster.volume.backups.window or (None, None)
    members = [
        {
            "DBInstanceIdentifier": instance.id,
            "IsClusterWriter": position == 0,
            "DBClusterParameterGroupStatus": "in-sync",
            "PromotionTier": instance.shown["PromotionTier"],
        }
        for position, instance in enumerate(aurora.members(cluster))
    ]
    return {
        **cluster.shown,
        "DBClusterMembers": members,
        "TagList": stores.tags_of(cluster.shown["DBClusterArn"]),
        "EarliestRestorableTime": earliest,
        "LatestRestorableTime": latest,
    }


def describe(aurora: Aurora, request: Request) -> Shown:
    """One cluster, or every one that the filters admit."""
    with aurora.lock:
        name = request.get("DBClusterIdentifier")
        chosen = [aurora.cluster(name)] if name else list(aurora.clusters.values())
    for cluster in chosen:
        cluster.volume.extend_window()
    with aurora.lock:
        return page(
            filtered([shown(aurora, cluster) for cluster in chosen], request, _FILTERS), request, list_name="DBClusters"
        )


def modify(aurora: Aurora, request: Request) -> Shown:
    """Change settings at once; a password and another identifier take a phase of their own."""
    cluster = aurora.cluster(request["DBClusterIdentifier"])
    if cluster.status != "available":
        raise faults.cluster_state(f"DB Cluster {cluster.id} is not in available state.")
    changes: Shown = {}
    for parameter, member in (
        ("DeletionProtection", "DeletionProtection"),
        ("CopyTagsToSnapshot", "CopyTagsToSnapshot"),
        ("EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled"),
        ("PreferredBackupWindow", "PreferredBackupWindow"),
        ("PreferredMaintenanceWindow", "PreferredMaintenanceWindow"),
    ):
        if parameter in request:
            changes[member] = request[parameter]
    if "BackupRetentionPeriod" in request:
        changes["BackupRetentionPeriod"] = references.retention(request, otherwise=CREATED_RETENTION_DAYS)
    if "ServerlessV2ScalingConfiguration" in request:
        changes["ServerlessV2ScalingConfiguration"] = references.scaling(request)
    if "VpcSecurityGroupIds" in request:
        changes["VpcSecurityGroups"] = references.security_groups(request)
    if "DBClusterParameterGroupName" in request:
        changes["DBClusterParameterGroup"] = references.parameter_group(request, version=cluster.shown["EngineVersion"])
    if "CloudwatchLogsExportConfiguration" in request:
        changes["EnabledCloudwatchLogsExports"] = _log_exports(cluster, request["CloudwatchLogsExportConfiguration"])
    new_name = renames.cluster_name(aurora, request)
    credentials.modify(aurora, cluster, request)
    cluster.shown.update(changes)
    if new_name:
        renames.begin_cluster(aurora, cluster, new_name, at_once=bool(request.get("ApplyImmediately")))
    return {"DBCluster": shown(aurora, cluster)}


def _log_exports(cluster: Cluster, asked: Shown) -> list[str]:
    kept = set(cluster.shown["EnabledCloudwatchLogsExports"]) | set(asked.get("EnableLogTypes", []))
    return sorted(kept - set(asked.get("DisableLogTypes", [])))


def delete(aurora: Aurora, request: Request) -> Shown:
    """Delete a cluster that has no instances left, but for those on their way out."""
    if aurora.disturbances.strikes(Disturbance.DELETION_REFUSED):
        raise faults.Fault("InternalFailure", "The request processing has failed because of an unknown error.")
    cluster = aurora.cluster(request["DBClusterIdentifier"])
    skip, final = bool(request.get("SkipFinalSnapshot")), request.get("FinalDBSnapshotIdentifier")
    if cluster.shown["DeletionProtection"]:
        raise faults.combination("Cannot delete protected Cluster, please disable deletion protection and try again.")
    if skip == bool(final):
        raise faults.combination(
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified, and not allowed when it is."
        )
    if any(instance.status != "deleting" for instance in aurora.members(cluster)):
        raise faults.cluster_state("Cluster cannot be deleted, it still contains DB instances in non-deleting state.")
    if cluster.status not in DELETABLE:
        raise faults.cluster_state(f"DB Cluster {cluster.id} cannot be deleted while it is {cluster.status}.")
    if final:
        snapshots.take(aurora, cluster, final, tags=[])
    cluster.shown["Status"] = "deleting"
    answer = shown(aurora, cluster)
    retain = request.get("DeleteAutomatedBackups") is False
    phases.begin(
        f"delete {cluster.id}",
        seconds=aurora.phases.cluster_deleting,
        work=lambda: _destroy(aurora, cluster, final=final),
        done=lambda failure: settle(aurora, cluster, "failed") if failure else _gone(aurora, cluster, retain=retain),
        held=lambda: bool(cluster.instances) or aurora.disturbances.lasts(Disturbance.DELETION_HANGS),
    )
    return {"DBCluster": answer}


def _destroy(aurora: Aurora, cluster: Cluster, *, final: str | None) -> None:
    if final:
        snapshots.await_settled(aurora, final)
    cluster.volume.fall_silent()
    cluster.volume.destroy()


def _gone(aurora: Aurora, cluster: Cluster, *, retain: bool) -> None:
    with aurora.lock:
        if secret := cluster.shown.get("MasterUserSecret"):
            stores.delete_secret(secret["SecretArn"])
        backups = cluster.volume.backups
        if retain and backups.bases:
            resource = str(cluster.shown["DbClusterResourceId"]).lower()
            aurora.retained[resource] = RetainedBackup(source=cluster.shown, backups=backups, folder=cluster.folder)
        else:
            stores.forget_tags(automated_backups.arn(aurora, cluster.shown))
            shutil.rmtree(cluster.folder, ignore_errors=True)
        stores.forget_tags(cluster.shown["DBClusterArn"])
        del aurora.clusters[cluster.id]


CALLS = {
    "CreateDBCluster": create,
    "DescribeDBClusters": describe,
    "ModifyDBCluster": modify,
    "DeleteDBCluster": delete,
}
