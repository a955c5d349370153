"""A fake RDS: clusters, instances, snapshots, backups and managed secrets, whose phases pass in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .virtual_time import VirtualTime

ACCOUNT, REGION = "123456789012", "eu-west-1"
SOURCE = "coder-prod-aurora"
SUBNETS = ("subnet-a", "subnet-b")
VPC = "vpc-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/prod"

Json = dict[str, Any]


class Refusal(Exception):
    """The service refuses the call: `shape` is the error's name in its API model, or a code by itself."""

    def __init__(self, shape: str, message: str = "") -> None:
        self.shape = shape
        super().__init__(message or shape)


@dataclass(frozen=True, kw_only=True)
class Durations:
    """How long each phase takes, in seconds."""

    restore: float = 12 * 60
    instance: float = 7 * 60
    credentials: float = 2 * 60
    instance_deletion: float = 5 * 60
    cluster_deletion: float = 3 * 60
    renaming: float = 60
    snapshot: float = 3 * 60


REALISTIC = Durations()
QUICK = Durations(restore=4, instance=4, credentials=4, instance_deletion=4, cluster_deletion=4, renaming=4, snapshot=4)


@dataclass
class Resource:
    """What describe tells (`told`), and the phases of its status: (from when, status), None for gone."""

    told: Json
    phases: list[tuple[datetime, str | None]]
    keeps_backups: bool = False

    def status(self, now: datetime) -> str | None:
        return [status for begins, status in self.phases if begins <= now][-1]

    def becomes(self, *phases: tuple[datetime, str | None]) -> None:
        """Forget what was to come; these are the phases from now on."""
        self.phases = [each for each in self.phases if each[0] < phases[0][0]] + list(phases)


@dataclass
class Rds:
    """One account's. `restore_ends` is the status in which a restored cluster ends, None: it stays `creating`."""

    time: VirtualTime
    durations: Durations = REALISTIC
    restore_ends: str | None = "available"
    instance_ends: str | None = "available"
    secret_ends: str | None = "active"
    clusters: dict[str, Resource] = field(default_factory=dict)
    instances: dict[str, Resource] = field(default_factory=dict)
    snapshots: dict[str, Json] = field(default_factory=dict)
    backups: dict[str, Json] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    held: dict[str, datetime] = field(default_factory=dict)
    snapshot_ends: str = "available"
    begun: dict[str, datetime] = field(default_factory=dict)
    counted: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    created: int = 0

    def __post_init__(self) -> None:
        production(self)

    def answer(self, operation: str, asked: Mapping[str, Any]) -> Json:
        """What RDS answers. Raises Refusal."""
        self._settle()
        operations: dict[str, Callable[[Mapping[str, Any]], Json]] = {
            "DescribeDBClusters": self._describe_clusters,
            "DescribeDBInstances": self._describe_instances,
            "DescribeDBClusterSnapshots": self._describe_snapshots,
            "DescribeDBClusterAutomatedBackups": self._describe_backups,
            "RestoreDBClusterFromSnapshot": self._restore_snapshot,
            "RestoreDBClusterToPointInTime": self._restore_time,
            "CreateDBInstance": self._create_instance,
            "ModifyDBCluster": self._modify_cluster,
            "ModifyDBInstance": self._modify_instance,
            "AddTagsToResource": self._add_tags,
            "CreateDBClusterSnapshot": self._create_snapshot,
            "DeleteDBInstance": self._delete_instance,
            "DeleteDBCluster": self._delete_cluster,
        }
        return operations[operation](asked)

    def secrets(self) -> dict[str, str]:
        """Managed secret ARN -> the cluster it is of."""
        self._settle()
        told = {name: each.told.get("MasterUserSecret") for name, each in self.clusters.items()}
        return {secret["SecretArn"]: name for name, secret in told.items() if secret}

    def left(self) -> dict[str, Json]:
        """Everything that exists now, by kind and name."""
        self._settle()
        return copied(  # type: ignore[no-any-return]
            {
                **{f"cluster {name}": each.told for name, each in self.clusters.items()},
                **{f"instance {name}": each.told for name, each in self.instances.items()},
                **{f"snapshot {name}": told for name, told in self.snapshots.items()},
                **{f"automated backup {name}": told for name, told in self.backups.items()},
                **{f"secret of {name}": {"arn": arn} for arn, name in self.secrets().items()},
            }
        )

    def _settle(self) -> None:
        """Let what is gone by now be gone, and a living cluster's members and secret show."""
        now = self.time.now
        for kind in (self.clusters, self.instances):
            for name in [name for name, each in kind.items() if each.status(now) is None]:
                gone = kind.pop(name)
                backup = gone.told.get("DbClusterResourceId", "")
                if gone.keeps_backups:
                    self.backups[backup]["Status"] = "retained"
                else:
                    self.backups.pop(backup, None)
        for name in [name for name, ends_at in self.begun.items() if ends_at <= now]:
            self.snapshots[name]["Status"] = self.snapshot_ends
            del self.begun[name]

    def _describe_clusters(self, asked: Mapping[str, Any]) -> Json:
        found = _named(self.clusters, asked.get("DBClusterIdentifier"), "DBClusterNotFoundFault")
        return {"DBClusters": [self._cluster(name, each) for name, each in found.items()]}

    def _describe_instances(self, asked: Mapping[str, Any]) -> Json:
        found = _named(self.instances, asked.get("DBInstanceIdentifier"), "DBInstanceNotFoundFault")
        return {
            "DBInstances": [{**each.told, "DBInstanceStatus": each.status(self.time.now)} for each in found.values()]
        }

    def _describe_snapshots(self, asked: Mapping[str, Any]) -> Json:
        found = _named(self.snapshots, asked.get("DBClusterSnapshotIdentifier"), "DBClusterSnapshotNotFoundFault")
        return {"DBClusterSnapshots": list(found.values())}

    def _describe_backups(self, _asked: Mapping[str, Any]) -> Json:
        return {"DBClusterAutomatedBackups": list(self.backups.values())}

    def _cluster(self, name: str, resource: Resource) -> Json:
        now = self.time.now
        members = [each.told for each in self.instances.values() if each.told["DBClusterIdentifier"] == name]
        told = {
            **resource.told,
            "Status": resource.status(now),
            "DBClusterMembers": [{"DBInstanceIdentifier": each["DBInstanceIdentifier"]} for each in members],
            "EarliestRestorableTime": now - timedelta(days=35)
            if name == SOURCE
            else resource.told["ClusterCreateTime"],
            "LatestRestorableTime": now - timedelta(minutes=5),
        }
        secret = told.get("MasterUserSecret")
        if secret:
            ready_at = secret["ReadyAt"]
            status = self.secret_ends if ready_at <= now and self.secret_ends else "creating"
            told["MasterUserSecret"] = {"SecretArn": secret["SecretArn"], "SecretStatus": status}
        return told

    def _restore_snapshot(self, asked: Mapping[str, Any]) -> Json:
        name = asked["SnapshotIdentifier"]
        [snapshot] = _named(self.snapshots, name, "DBClusterSnapshotNotFoundFault").values()
        if snapshot["Status"] != "available":
            raise Refusal("InvalidDBClusterSnapshotStateFault", f"{name} is {snapshot['Status']}")
        return self._restore(asked, snapshot)

    def _restore_time(self, asked: Mapping[str, Any]) -> Json:
        name = asked.get("SourceDBClusterIdentifier", "")
        [source] = _named(self.clusters, name, "DBClusterNotFoundFault").values()
        told = self._cluster(name, source)
        if not told["EarliestRestorableTime"] <= asked["RestoreToTime"] <= told["LatestRestorableTime"]:
            raise Refusal("InvalidRestoreFault", "the time is outside the window")
        return self._restore(asked, told)

    def _restore(self, asked: Mapping[str, Any], origin: Mapping[str, Any]) -> Json:
        name, now = asked["DBClusterIdentifier"], self.time.now
        if name in self.clusters:
            raise Refusal("DBClusterAlreadyExistsFault")
        self.created += 1
        told = cluster_told(
            name,
            resource_id=f"cluster-COPY{self.created}",
            created_at=now,
            groups=asked["VpcSecurityGroupIds"],
            tags=asked["Tags"],
        )
        told |= {"EngineVersion": origin["EngineVersion"], "BackupRetentionPeriod": asked["BackupRetentionPeriod"]}
        told["DeletionProtection"] = asked.get("DeletionProtection", False)
        ends: list[tuple[datetime, str | None]] = [(now, "creating")]
        if self.restore_ends:
            ends.append((now + timedelta(seconds=self.durations.restore), self.restore_ends))
        self.clusters[name] = Resource(told, ends)
        self.backups[told["DbClusterResourceId"]] = backup_told(told)
        return {"DBCluster": self._cluster(name, self.clusters[name])}

    def _create_instance(self, asked: Mapping[str, Any]) -> Json:
        name, cluster, now = asked["DBInstanceIdentifier"], asked["DBClusterIdentifier"], self.time.now
        if name in self.instances:
            raise Refusal("DBInstanceAlreadyExistsFault")
        [owner] = _named(self.clusters, cluster, "DBClusterNotFoundFault").values()
        if owner.status(now) != "available":
            raise Refusal("InvalidDBClusterStateFault", f"{cluster} is {owner.status(now)}")
        told = instance_told(name, owner.told, created_at=now, tags=asked["Tags"])
        told["PubliclyAccessible"] = asked.get("PubliclyAccessible", False)
        ends: list[tuple[datetime, str | None]] = [(now, "creating")]
        if self.instance_ends:
            ends.append((now + timedelta(seconds=self.durations.instance), self.instance_ends))
        self.instances[name] = Resource(told, ends)
        return {"DBInstance": {**told, "DBInstanceStatus": "creating"}}

    def _modify_cluster(self, asked: Mapping[str, Any]) -> Json:
        name, now = asked["DBClusterIdentifier"], self.time.now
        [cluster] = _named(self.clusters, name, "DBClusterNotFoundFault").values()
        if cluster.status(now) != "available":
            raise Refusal("InvalidDBClusterStateFault", f"{name} is {cluster.status(now)}")
        if asked.get("ManageMasterUserPassword") and "MasterUserSecret" not in cluster.told:
            ready_at = now + timedelta(seconds=self.durations.credentials)
            arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!{cluster.told['DbClusterResourceId']}-AbCdEf"
            cluster.told["MasterUserSecret"] = {"SecretArn": arn, "ReadyAt": ready_at}
            cluster.becomes((now, "resetting-master-credentials"), (ready_at, "available"))
        if "DeletionProtection" in asked:
            cluster.told["DeletionProtection"] = asked["DeletionProtection"]
        if "VpcSecurityGroupIds" in asked:
            cluster.told["VpcSecurityGroups"] = _groups_told(asked["VpcSecurityGroupIds"])
        if "MasterUserPassword" in asked:
            self.passwords[cluster.told["DbClusterResourceId"]] = asked["MasterUserPassword"]
            set_at = now + timedelta(seconds=self.durations.credentials)
            cluster.becomes((now, "resetting-master-credentials"), (set_at, "available"))
        if "NewDBClusterIdentifier" in asked:
            name = self._rename_cluster(name, asked["NewDBClusterIdentifier"])
        return {"DBCluster": self._cluster(name, cluster)}

    def _rename_cluster(self, name: str, new: str) -> str:
        """The new name, at once; the cluster is `renaming` for a while, and its endpoints follow its name."""
        if new in self.clusters or self._is_held(new):
            raise Refusal("DBClusterAlreadyExistsFault")
        self._leave(name)
        cluster = self.clusters[new] = self.clusters.pop(name)
        cluster.told |= {
            "DBClusterIdentifier": new,
            "DBClusterArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:{new}",
            "Endpoint": f"{new}.cluster-x.{REGION}.rds.amazonaws.com",
        }
        for each in self.instances.values():
            if each.told["DBClusterIdentifier"] == name:
                each.told["DBClusterIdentifier"] = new
        settled_at = self.time.now + timedelta(seconds=self.durations.renaming)
        cluster.becomes((self.time.now, "renaming"), (settled_at, "available"))
        return new

    def _leave(self, name: str) -> None:
        """A name that is left is held until the rename is over."""
        self.held[name] = self.time.now + timedelta(seconds=self.durations.renaming)

    def _is_held(self, name: str) -> bool:
        return self.held.get(name, self.time.now) > self.time.now

    def _modify_instance(self, asked: Mapping[str, Any]) -> Json:
        name, now = asked["DBInstanceIdentifier"], self.time.now
        [instance] = _named(self.instances, name, "DBInstanceNotFoundFault").values()
        if instance.status(now) != "available":
            raise Refusal("InvalidDBInstanceStateFault", f"{name} is {instance.status(now)}")
        if (new := asked.get("NewDBInstanceIdentifier")) is not None:
            if new in self.instances or self._is_held(new):
                raise Refusal("DBInstanceAlreadyExistsFault")
            self._leave(name)
            self.instances[new] = self.instances.pop(name)
            instance.told |= {
                "DBInstanceIdentifier": new,
                "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{new}",
            }
            instance.becomes((now, "rebooting"), (now + timedelta(seconds=self.durations.renaming), "available"))
        return {"DBInstance": {**instance.told, "DBInstanceStatus": instance.status(now)}}

    def _delete_instance(self, asked: Mapping[str, Any]) -> Json:
        name, now = asked["DBInstanceIdentifier"], self.time.now
        [instance] = _named(self.instances, name, "DBInstanceNotFoundFault").values()
        if instance.status(now) in {"creating", "deleting"}:
            raise Refusal("InvalidDBInstanceStateFault", f"{name} is {instance.status(now)}")
        instance.becomes((now, "deleting"), (now + timedelta(seconds=self.durations.instance_deletion), None))
        return {"DBInstance": {**instance.told, "DBInstanceStatus": "deleting"}}

    def _delete_cluster(self, asked: Mapping[str, Any]) -> Json:
        name, now = asked["DBClusterIdentifier"], self.time.now
        [cluster] = _named(self.clusters, name, "DBClusterNotFoundFault").values()
        if cluster.told["DeletionProtection"]:
            raise Refusal("InvalidParameterCombination", "deletion protection")
        members = [each for each in self.instances.values() if each.told["DBClusterIdentifier"] == name]
        if cluster.status(now) in {"creating", "deleting"} or any(each.status(now) != "deleting" for each in members):
            raise Refusal("InvalidDBClusterStateFault", f"{name} is {cluster.status(now)}")
        if not asked.get("SkipFinalSnapshot"):
            self.snapshots[f"{name}-final"] = _snapshot_told(f"{name}-final", cluster=name, created_at=now)
        cluster.keeps_backups = asked.get("DeleteAutomatedBackups") is False
        empty_at = max([now, *(each.phases[-1][0] for each in members)])
        cluster.becomes((now, "deleting"), (empty_at + timedelta(seconds=self.durations.cluster_deletion), None))
        return {"DBCluster": self._cluster(name, cluster)}

    def _create_snapshot(self, asked: Mapping[str, Any]) -> Json:
        name, cluster, now = asked["DBClusterSnapshotIdentifier"], asked["DBClusterIdentifier"], self.time.now
        if name in self.snapshots:
            raise Refusal("DBClusterSnapshotAlreadyExistsFault")
        [owner] = _named(self.clusters, cluster, "DBClusterNotFoundFault").values()
        if owner.status(now) != "available":
            raise Refusal("InvalidDBClusterStateFault", f"{cluster} is {owner.status(now)}")
        told = _snapshot_told(name, cluster=cluster, created_at=now)
        self.snapshots[name] = told | {"Status": "creating", "TagList": list(asked["Tags"])}
        self.begun[name] = now + timedelta(seconds=self.durations.snapshot)
        return {"DBClusterSnapshot": self.snapshots[name]}

    def _add_tags(self, asked: Mapping[str, Any]) -> Json:
        """Of a cluster or an instance, by the ARN that it has now."""
        arn, tags = asked["ResourceName"], {each["Key"]: each["Value"] for each in asked["Tags"]}
        for each in (*self.clusters.values(), *self.instances.values()):
            if arn in (each.told.get("DBClusterArn"), each.told.get("DBInstanceArn")):
                held = {tag["Key"]: tag["Value"] for tag in each.told["TagList"]} | tags
                each.told["TagList"] = [{"Key": key, "Value": value} for key, value in held.items()]
                return {}
        raise Refusal("DBClusterNotFoundFault", arn)

    def connections(self, asked: Mapping[str, Any]) -> list[Json]:
        """What CloudWatch counted of an instance, as `counted` says."""
        [instance] = [each["Value"] for each in asked["Dimensions"] if each["Name"] == "DBInstanceIdentifier"]
        return [
            {"Timestamp": at, "Maximum": float(count), "Unit": "Count"}
            for at, count in self.counted.get(instance, [])
            if asked["StartTime"] <= at < asked["EndTime"]
        ]


def production(rds: Rds) -> None:
    """The source with its two instances, a month of automated snapshots, and what must never be chosen."""
    now = rds.time.now
    born = now - timedelta(days=400)
    source = cluster_told(SOURCE, resource_id="cluster-PROD", created_at=born, groups=["sg-prod"], tags=[])
    source |= {"BackupRetentionPeriod": 35, "DeletionProtection": True}
    rds.clusters[SOURCE] = Resource(source, [(born, "available")])
    rds.backups["cluster-PROD"] = backup_told(source)
    for number in (1, 2):
        name = f"{SOURCE}-{number}"
        rds.instances[name] = Resource(instance_told(name, source, created_at=born, tags=[]), [(born, "available")])
    for days in range(1, 31):
        taken = now - timedelta(days=days) + timedelta(hours=20)
        name = f"rds:{SOURCE}-{taken:%Y-%m-%d-%H-%M}"
        rds.snapshots[name] = _snapshot_told(name, cluster=SOURCE, created_at=taken, type="automated")
    newest = _snapshot_told("by-hand", cluster=SOURCE, created_at=now - timedelta(minutes=3))
    rds.snapshots["by-hand"] = newest | {"Status": "creating"}


def copied(told: Any) -> Any:
    """A copy, many times as fast as `copy.deepcopy`: what these dicts and lists hold is never changed in place."""
    if isinstance(told, dict):
        return {name: copied(value) for name, value in told.items()}
    return [copied(each) for each in told] if isinstance(told, list) else told


def _named(kind: Mapping[str, Any], name: str | None, refusal: str) -> dict[str, Any]:
    if name is None:
        return dict(kind)
    if name not in kind:
        raise Refusal(refusal, f"{name} not found")
    return {name: kind[name]}


def _groups_told(groups: list[str]) -> list[Json]:
    return [{"VpcSecurityGroupId": each, "Status": "active"} for each in groups]


def cluster_told(name: str, *, resource_id: str, created_at: datetime, groups: list[str], tags: list[Json]) -> Json:
    return {
        "DBClusterIdentifier": name,
        "DBClusterArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:{name}",
        "DbClusterResourceId": resource_id,
        "ClusterCreateTime": created_at,
        "Engine": "aurora-postgresql",
        "EngineVersion": "16.6",
        "MasterUsername": "coder_admin",
        "DatabaseName": "coder",
        "Endpoint": f"{name}.cluster-x.{REGION}.rds.amazonaws.com",
        "Port": 5432,
        "StorageEncrypted": True,
        "KmsKeyId": KEY,
        "DBClusterParameterGroup": "coder-prod-aurora-pg16",
        "DBSubnetGroup": "coder-prod-db-subnet-group",
        "VpcSecurityGroups": _groups_told(groups),
        "IAMDatabaseAuthenticationEnabled": False,
        "HttpEndpointEnabled": False,
        "VPCNetworkingEnabled": True,
        "InternetAccessGatewayEnabled": False,
        "AssociatedRoles": [],
        "EnabledCloudwatchLogsExports": [],
        "DeletionProtection": False,
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 8.0},
        "TagList": list(tags),
    }


def instance_told(name: str, cluster: Json, *, created_at: datetime, tags: list[Json]) -> Json:
    return {
        "DBInstanceIdentifier": name,
        "DbiResourceId": f"db-{name}",
        "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}",
        "DBClusterIdentifier": cluster["DBClusterIdentifier"],
        "DBInstanceClass": "db.serverless",
        "Engine": "aurora-postgresql",
        "InstanceCreateTime": created_at,
        "PubliclyAccessible": False,
        "VpcSecurityGroups": cluster["VpcSecurityGroups"],
        "DBSubnetGroup": {
            "DBSubnetGroupName": "coder-prod-db-subnet-group",
            "VpcId": VPC,
            "Subnets": [{"SubnetIdentifier": each} for each in SUBNETS],
        },
        "TagList": list(tags),
    }


def _snapshot_told(name: str, *, cluster: str, created_at: datetime, type: str = "manual") -> Json:  # noqa: A002
    return {
        "DBClusterSnapshotIdentifier": name,
        "DBClusterIdentifier": cluster,
        "SnapshotType": type,
        "SnapshotCreateTime": created_at,
        "Status": "available",
        "Engine": "aurora-postgresql",
        "EngineVersion": "16.6",
        "MasterUsername": "coder_admin",
        "StorageEncrypted": True,
        "KmsKeyId": KEY,
        "IAMDatabaseAuthenticationEnabled": False,
        "TagList": [],
    }


def backup_told(cluster: Json) -> Json:
    return {
        "DBClusterIdentifier": cluster["DBClusterIdentifier"],
        "DbClusterResourceId": cluster["DbClusterResourceId"],
        "Status": "active",
        "Engine": "aurora-postgresql",
        "EngineVersion": cluster["EngineVersion"],
        "StorageEncrypted": True,
        "TagList": [],
    }
