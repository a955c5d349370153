"""CreateDBInstance, DescribeDBInstances, ModifyDBInstance, DeleteDBInstance: what makes a cluster's endpoint answer.

Every instance of a cluster is the same server here; the first to become available starts it.
"""

from datetime import UTC, datetime

from day2.engine.aurora import faults, phases, references, stores
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

_FILTERS = {
    "db-cluster-id": "DBClusterIdentifier",
    "db-instance-id": "DBInstanceIdentifier",
    "dbi-resource-id": "DbiResourceId",
    "engine": "Engine",
}


def create(aurora: Aurora, request: Request) -> Shown:
    """Add an instance to a cluster; it may still be creating, the instance waits for it."""
    name = references.identifier(request["DBInstanceIdentifier"], parameter="DBInstanceIdentifier")
    if name in aurora.instances:
        raise faults.Fault("DBInstanceAlreadyExists", f"DB instance already exists: {name}")
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
    instance = Instance(id=name, cluster=cluster.id, shown=_fields(aurora, cluster, name, request))
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
    return {"DBInstance": shown(aurora, instance)}


def _fields(aurora: Aurora, cluster: Cluster, name: str, request: Request) -> Shown:
    copied = (
        "Engine", "EngineVersion", "MasterUsername", "StorageEncrypted", "KmsKeyId", "VpcSecurityGroups", "StorageType",
        "BackupRetentionPeriod", "PreferredBackupWindow", "IAMDatabaseAuthenticationEnabled", "AllocatedStorage",
    )  # fmt: skip
    return {
        **{member: cluster.shown.get(member) for member in copied},
        "DBInstanceIdentifier": name,
        "DBInstanceArn": aurora.arn("db", name),
        "DbiResourceId": resource_id("db"),
        "DBClusterIdentifier": cluster.id,
        "DBInstanceClass": request["DBInstanceClass"],
        "DBInstanceStatus": "creating",
        "DBName": cluster.shown.get("DatabaseName"),
        "InstanceCreateTime": datetime.now(UTC),
        "AvailabilityZone": request.get("AvailabilityZone", cluster.shown["AvailabilityZones"][0]),
        "DBSubnetGroup": references.described_subnet_group(cluster.shown["DBSubnetGroup"]),
        "DBParameterGroups": [
            {
                "DBParameterGroupName": request.get("DBParameterGroupName", f"default.{ENGINE}"),
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
        cluster = aurora.clusters[instance.cluster]
        instance.shown["DBInstanceStatus"] = status
        if status == "available":
            instance.shown["Endpoint"] = {
                "Address": cluster.shown["Endpoint"],
                "Port": cluster.shown["Port"],
                "HostedZoneId": cluster.shown["HostedZoneId"],
            }


def shown(aurora: Aurora, instance: Instance) -> Shown:
    """The instance as the API shows it."""
    window = aurora.clusters[instance.cluster].volume.backups.window
    return {
        **instance.shown,
        "TagList": stores.tags_of(instance.shown["DBInstanceArn"]),
        "LatestRestorableTime": window and window[1],
    }


def describe(aurora: Aurora, request: Request) -> Shown:
    """One instance, or every one that the filters admit."""
    name = request.get("DBInstanceIdentifier")
    chosen = [aurora.instance(name)] if name else list(aurora.instances.values())
    items = [shown(aurora, instance) for instance in chosen]
    return page(filtered(items, request, _FILTERS), request, list_name="DBInstances")


def modify(aurora: Aurora, request: Request) -> Shown:
    """Change the few settings that are the instance's own, at once."""
    instance = aurora.instance(request["DBInstanceIdentifier"])
    if instance.status != "available":
        raise faults.Fault("InvalidDBInstanceState", f"DB instance {instance.id} is {instance.status}.")
    own = ("PubliclyAccessible", "PromotionTier", "MonitoringInterval", "AutoMinorVersionUpgrade", "DBInstanceClass")
    instance.shown |= {member: request[member] for member in own if member in request}
    return {"DBInstance": shown(aurora, instance)}


def delete(aurora: Aurora, request: Request) -> Shown:
    """Delete an instance; with the last one the endpoint falls silent."""
    instance = aurora.instance(request["DBInstanceIdentifier"])
    if instance.status == "deleting":
        raise faults.Fault("InvalidDBInstanceState", f"Instance {instance.id} is already being deleted.")
    if request.get("FinalDBSnapshotIdentifier"):
        raise faults.combination("A member of a DB cluster has no snapshot of its own; take one of the cluster.")
    instance.shown["DBInstanceStatus"] = "deleting"
    cluster = aurora.clusters[instance.cluster]
    last = all(other.status == "deleting" for other in aurora.members(cluster))
    phases.begin(
        f"delete {instance.id}",
        seconds=aurora.phases.instance_deleting,
        work=cluster.volume.fall_silent if last else phases.nothing,
        done=lambda _: _gone(aurora, instance),
    )
    return {"DBInstance": shown(aurora, instance)}


def _gone(aurora: Aurora, instance: Instance) -> None:
    with aurora.lock:
        stores.forget_tags(instance.shown["DBInstanceArn"])
        aurora.clusters[instance.cluster].instances.remove(instance.id)
        del aurora.instances[instance.id]


CALLS = {
    "CreateDBInstance": create,
    "DescribeDBInstances": describe,
    "ModifyDBInstance": modify,
    "DeleteDBInstance": delete,
}
