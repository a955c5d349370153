"""CreateDBInstance, DescribeDBInstances, ModifyDBInstance, DeleteDBInstance: what makes a cluster's endpoint answer.

Every instance of a cluster is the same server here; the first to become available starts it.
"""

from datetime import UTC, datetime

from day2.engine.aurora import faults, phases, references, renames, stores
from day2.engine.aurora.disturbances import Disturbance
from day2.engine.aurora.records import ENGINE, Aurora, Cluster, Instance, Shown, filtered, page, resource_id
from day2.engine.aurora.wire import Request

SERVERLESS = "db.serverless"
CERTIFICATE_AUTHORITY = "rds-ca-rsa2048-g1"
USABLE = ("creating", "available", "resetting-master-credentials")
_OF_THE_CLUSTER = (
    "MasterUsername",
    "MasterUserPassword",
    "AllocatedStorage",
    "BackupRetentionPeriod",
    "DBName",
    "KmsKeyId",
)

_THE_CLUSTERS = (
    "Engine", "EngineVersion", "MasterUsername", "StorageEncrypted", "KmsKeyId", "VpcSecurityGroups", "StorageType",
    "BackupRetentionPeriod", "PreferredBackupWindow", "IAMDatabaseAuthenticationEnabled", "AllocatedStorage",
    "DBClusterIdentifier",
)  # fmt: skip
"""What an instance shows of its cluster, changed there and at once here."""

_FILTERS = {
    "db-cluster-id": "DBClusterIdentifier",
    "db-instance-id": "DBInstanceIdentifier",
    "dbi-resource-id": "DbiResourceId",
    "engine": "Engine",
}


def create(aurora: Aurora, request: Request) -> Shown:
    """Add an instance to a cluster; it may still be creating, the instance waits for it."""
    name = references.free_instance_id(aurora, request)
    if "DBClusterIdentifier" not in request or request["Engine"] != ENGINE:
        raise faults.combination(f"This engine has instances of {ENGINE} clusters only: name one.")
    if misplaced := [parameter for parameter in _OF_THE_CLUSTER if parameter in request]:
        raise faults.combination(
            f"The requested DB Instance will be a member of a DB Cluster. Set {misplaced[0]} there."
        )
    cluster = aurora.cluster(request["DBClusterIdentifier"])
    if cluster.status not in USABLE:
        raise faults.cluster_state(f"DB Cluster {cluster.id} is {cluster.status}.")
    if request["DBInstanceClass"] == SERVERLESS and not cluster.shown["ServerlessV2ScalingConfiguration"]:
        raise faults.cluster_state(
            "Set the Serverless v2 scaling configuration on the parent DB cluster before creating a "
            "Serverless v2 DB instance."
        )
    instance = Instance(id=name, cluster=cluster, shown=_fields(aurora, cluster, name, request))
    aurora.instances[name] = instance
    cluster.instances.append(name)
    stores.set_tags(instance.shown["DBInstanceArn"], request.get("Tags", []))
    fails = aurora.disturbances.strikes(Disturbance.INSTANCE_FAILS)
    phases.begin(
        f"create {name}",
        seconds=aurora.phases.instance_creating,
        work=lambda: _start(aurora, cluster),
        done=lambda failure: _settle(aurora, instance, "failed" if failure or fails else "available"),
    )
    return {"DBInstance": shown(instance)}


def _fields(aurora: Aurora, cluster: Cluster, name: str, request: Request) -> Shown:
    return {
        "DBInstanceIdentifier": name,
        "DBInstanceArn": aurora.arn("db", name),
        "DbiResourceId": resource_id("db"),
        "DBInstanceClass": request["DBInstanceClass"],
        "DBInstanceStatus": "creating",
        "DBName": cluster.shown.get("DatabaseName"),
        "InstanceCreateTime": datetime.now(UTC),
        "AvailabilityZone": request.get("AvailabilityZone") or _next_zone(aurora, cluster),
        "DBSubnetGroup": references.described_subnet_group(cluster.shown["DBSubnetGroup"]),
        "DBParameterGroups": [
            {
                "DBParameterGroupName": references.instance_parameter_group(
                    request, version=cluster.shown["EngineVersion"]
                ),
                "ParameterApplyStatus": "in-sync",
            }
        ],
        "PreferredMaintenanceWindow": request.get("PreferredMaintenanceWindow", "sun:05:00-sun:05:30"),
        "MultiAZ": False,
        "AutoMinorVersionUpgrade": request.get("AutoMinorVersionUpgrade", True),
        "LicenseModel": "postgresql-license",
        "PubliclyAccessible": bool(request.get("PubliclyAccessible")),
        "CACertificateIdentifier": request.get("CACertificateIdentifier", CERTIFICATE_AUTHORITY),
        "MonitoringInterval": request.get("MonitoringInterval", 0),
        "PerformanceInsightsEnabled": bool(request.get("EnablePerformanceInsights")),
        "PromotionTier": request.get("PromotionTier", 1),
        "CopyTagsToSnapshot": bool(request.get("CopyTagsToSnapshot")),
        "DeletionProtection": False,
        "NetworkType": "IPV4",
        "BackupTarget": "region",
    }


def _next_zone(aurora: Aurora, cluster: Cluster) -> str:
    """The zone with the fewest of the cluster's instances, in the order of their names."""
    used = [instance.shown["AvailabilityZone"] for instance in aurora.members(cluster)]
    zones: list[str] = cluster.shown["AvailabilityZones"]
    return min(zones, key=used.count)


def _start(aurora: Aurora, cluster: Cluster) -> None:
    cluster.settled.wait()
    if cluster.status == "failed":
        raise RuntimeError(f"The cluster {cluster.id} has no data to serve.")
    if not aurora.disturbances.strikes(Disturbance.DATABASE_UNREACHABLE):
        cluster.volume.listen()


def _settle(aurora: Aurora, instance: Instance, status: str) -> None:
    with aurora.lock:
        if instance.status != "creating":
            return  # deleted meanwhile
        instance.shown["DBInstanceStatus"] = status
        instance.has_endpoint = status == "available"


def shown(instance: Instance) -> Shown:
    """The instance as the API shows it: its own settings, and its cluster's as they are now."""
    cluster = instance.cluster.shown
    window = instance.cluster.volume.backups.window
    endpoint = {"Address": cluster["Endpoint"], "Port": cluster["Port"], "HostedZoneId": cluster["HostedZoneId"]}
    return {
        **{member: cluster.get(member) for member in _THE_CLUSTERS},
        **instance.shown,
        "Endpoint": endpoint if instance.has_endpoint else None,
        "TagList": stores.tags_of(instance.shown["DBInstanceArn"]),
        "LatestRestorableTime": window and window[1],
    }


def describe(aurora: Aurora, request: Request) -> Shown:
    """One instance, or every one that the filters admit."""
    name = request.get("DBInstanceIdentifier")
    chosen = [aurora.instance(name)] if name else list(aurora.instances.values())
    items = [shown(instance) for instance in chosen]
    return page(filtered(items, request, _FILTERS), request, list_name="DBInstances")


def modify(aurora: Aurora, request: Request) -> Shown:
    """Change the few settings that are the instance's own, at once; another identifier takes a phase."""
    instance = aurora.instance(request["DBInstanceIdentifier"])
    if instance.status != "available":
        raise faults.Fault("InvalidDBInstanceState", f"DB instance {instance.id} is {instance.status}.")
    own = ("PubliclyAccessible", "PromotionTier", "MonitoringInterval", "AutoMinorVersionUpgrade", "DBInstanceClass")
    new_name = renames.instance_name(aurora, request)
    instance.shown |= {member: request[member] for member in own if member in request}
    if new_name:
        renames.begin_instance(aurora, instance, new_name, at_once=bool(request.get("ApplyImmediately")))
    return {"DBInstance": shown(instance)}


def delete(aurora: Aurora, request: Request) -> Shown:
    """Delete an instance; with the last one the endpoint falls silent."""
    instance = aurora.instance(request["DBInstanceIdentifier"])
    if instance.status == "deleting":
        raise faults.Fault("InvalidDBInstanceState", f"Instance {instance.id} is already being deleted.")
    if request.get("FinalDBSnapshotIdentifier"):
        raise faults.combination("A member of a DB cluster has no snapshot of its own; take one of the cluster.")
    instance.shown["DBInstanceStatus"] = "deleting"
    cluster = instance.cluster
    last = all(other.status == "deleting" for other in aurora.members(cluster))
    phases.begin(
        f"delete {instance.id}",
        seconds=aurora.phases.instance_deleting,
        work=cluster.volume.fall_silent if last else phases.nothing,
        done=lambda _: _gone(aurora, instance),
    )
    return {"DBInstance": shown(instance)}


def _gone(aurora: Aurora, instance: Instance) -> None:
    with aurora.lock:
        stores.forget_tags(instance.shown["DBInstanceArn"])
        instance.cluster.instances.remove(instance.id)
        del aurora.instances[instance.id]


CALLS = {
    "CreateDBInstance": create,
    "DescribeDBInstances": describe,
    "ModifyDBInstance": modify,
    "DeleteDBInstance": delete,
}
