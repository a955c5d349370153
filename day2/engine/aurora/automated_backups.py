"""DescribeDBClusterAutomatedBackups, DeleteDBClusterAutomatedBackup: of live clusters and of deleted ones."""

import shutil

from day2.engine.aurora import faults, stores
from day2.engine.aurora.records import Aurora, Shown, backup_name, filtered, last_part, page
from day2.engine.aurora.wire import Request
from day2.engine.postgres.backups import ContinuousBackup

_FILTERS = {
    "status": "Status",
    "db-cluster-id": "DBClusterIdentifier",
    "db-cluster-resource-id": "DbClusterResourceId",
}


def describe(aurora: Aurora, request: Request) -> Shown:
    """The backups of live clusters (`active`) and of deleted ones (`retained`)."""
    items = [_shown(aurora, kept.source, kept.backups, status="retained") for kept in aurora.retained.values()]
    items += [
        _shown(aurora, cluster.shown, cluster.volume.backups, status="active")
        for cluster in aurora.clusters.values()
        if cluster.volume.backups.bases
    ]
    if resource := request.get("DbClusterResourceId"):
        items = [item for item in items if item["DbClusterResourceId"].lower() == resource.lower()]
        if not items:
            raise faults.backup_not_found(resource)
    if name := request.get("DBClusterIdentifier"):
        items = [item for item in items if item["DBClusterIdentifier"] == last_part(name)]
    return page(filtered(items, request, _FILTERS), request, list_name="DBClusterAutomatedBackups")


def arn(aurora: Aurora, cluster: Shown) -> str:
    """The ARN of a cluster's automated backup."""
    return aurora.arn("cluster-auto-backup", backup_name(cluster["DbClusterResourceId"]))


def tags_asked_for(request: Request) -> stores.Tags:
    """The tags that a request which makes a cluster gives its automated backup; the cluster's own are others."""
    return [
        tag
        for each in request.get("TagSpecifications", [])
        if each.get("ResourceType") == "cluster-auto-backup"
        for tag in each.get("Tags", [])
    ]


def _shown(aurora: Aurora, source: Shown, backups: ContinuousBackup, *, status: str) -> Shown:
    copied = (
        "Engine", "EngineVersion", "EngineMode", "DBClusterIdentifier", "DBClusterArn", "DbClusterResourceId",
        "MasterUsername", "ClusterCreateTime", "StorageEncrypted", "KmsKeyId", "StorageType", "AllocatedStorage",
        "BackupRetentionPeriod", "PreferredBackupWindow", "AvailabilityZones", "Port",
        "IAMDatabaseAuthenticationEnabled",
    )  # fmt: skip
    earliest, latest = backups.window or (None, None)
    own_arn = arn(aurora, source)
    return {
        **{member: source.get(member) for member in copied},
        "DBClusterAutomatedBackupsArn": own_arn,
        "Region": aurora.settings.region,
        "Status": status,
        "LicenseModel": "postgresql-license",
        "RestoreWindow": {"EarliestTime": earliest, "LatestTime": latest},
        "TagList": stores.tags_of(own_arn),
    }


def delete(aurora: Aurora, request: Request) -> Shown:
    """Delete what a deleted cluster left."""
    resource = request["DbClusterResourceId"]
    if any(cluster.shown["DbClusterResourceId"] == resource for cluster in aurora.clusters.values()):
        raise faults.Fault("InvalidDBClusterAutomatedBackupStateFault", f"{resource} belongs to a cluster that exists.")
    kept = aurora.retained.pop(resource.lower(), None)
    if kept is None:
        raise faults.backup_not_found(resource)
    shutil.rmtree(kept.folder, ignore_errors=True)
    answer = _shown(aurora, kept.source, kept.backups, status="deleting")
    stores.forget_tags(answer["DBClusterAutomatedBackupsArn"])
    return {"DBClusterAutomatedBackup": answer}


CALLS = {
    "DescribeDBClusterAutomatedBackups": describe,
    "DeleteDBClusterAutomatedBackup": delete,
}
