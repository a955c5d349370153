"""What a request may name: identifiers, versions, groups and keys, checked as RDS checks them."""

import re

from day2.engine.aurora import faults, stores
from day2.engine.aurora.records import ENGINE, Aurora, Shown
from day2.engine.aurora.wire import Request

_IDENTIFIER = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,62}(?<!-)", re.IGNORECASE)
RETENTION_DAYS = range(1, 36)
SERVERLESS_ACU = (0.0, 256.0)


def identifier(name: str, *, parameter: str) -> str:
    """A cluster's or instance's identifier, in lower case."""
    if not _IDENTIFIER.fullmatch(name):
        raise faults.value(
            f"The parameter {parameter} is not a valid identifier. It takes ASCII letters, digits and hyphens, begins "
            "with a letter, does not end with a hyphen and has no two hyphens in a row."
        )
    return name.lower()


def free_cluster_id(aurora: Aurora, request: Request, *, parameter: str = "DBClusterIdentifier") -> str:
    """The new cluster's identifier. Raises DBClusterAlreadyExistsFault."""
    name = identifier(request[parameter], parameter=parameter)
    if name in aurora.clusters or any(cluster.becomes == name for cluster in aurora.clusters.values()):
        raise faults.Fault("DBClusterAlreadyExistsFault", f"DB Cluster already exists: {name}")
    return name


def free_instance_id(aurora: Aurora, request: Request, *, parameter: str = "DBInstanceIdentifier") -> str:
    """The new instance's identifier. Raises DBInstanceAlreadyExists."""
    name = identifier(request[parameter], parameter=parameter)
    if name in aurora.instances or any(instance.becomes == name for instance in aurora.instances.values()):
        raise faults.Fault("DBInstanceAlreadyExists", f"DB instance already exists: {name}")
    return name


def engine(name: str) -> None:
    """Raise unless it is the one engine there is here."""
    if name != ENGINE:
        raise faults.value(f"Invalid DB engine: {name}. This engine has {ENGINE}.")


def engine_version(asked: str | None, *, restored_from: str | None = None) -> str:
    """The version to create: the one asked for, or the Region's default. Never an older one than the source's."""
    version = asked or stores.default_version(ENGINE)
    if not stores.knows_version(version) and version != restored_from:
        raise faults.combination(f"Cannot find version {version} for {ENGINE}")
    if restored_from and asked and _ordered(version) < _ordered(restored_from):
        raise faults.combination(f"Cannot upgrade {ENGINE} from {restored_from} to {version}")
    return version


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def retention(request: Request, *, otherwise: int) -> int:
    """BackupRetentionPeriod in days."""
    days = int(request.get("BackupRetentionPeriod", otherwise))
    if days not in RETENTION_DAYS:
        raise faults.value(f"Invalid backup retention period: {days}. It must be between 1 and 35.")
    return days


def scaling(request: Request) -> Shown | None:
    """ServerlessV2ScalingConfiguration, with both ends of its range."""
    asked = request.get("ServerlessV2ScalingConfiguration")
    if asked is None:
        return None
    low, high = asked.get("MinCapacity"), asked.get("MaxCapacity")
    if low is None or high is None or not SERVERLESS_ACU[0] <= low <= high <= SERVERLESS_ACU[1] or high < 1:
        raise faults.value("Serverless v2 capacity needs 0 <= MinCapacity <= MaxCapacity <= 256, and MaxCapacity >= 1.")
    return dict(asked)


def subnet_group(request: Request) -> str:
    """DBSubnetGroupName. Raises DBSubnetGroupNotFoundFault."""
    name = str(request.get("DBSubnetGroupName", "default"))
    if name != "default" and stores.subnet_group(name) is None:
        raise faults.Fault("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.")
    return name


def vpc_of(subnet_group_name: str) -> str | None:
    group = stores.subnet_group(subnet_group_name)
    return str(group["VpcId"]) if group else None


def described_subnet_group(name: str) -> Shown:
    """The DBSubnetGroup member of an instance."""
    return {"DBSubnetGroupName": name, "SubnetGroupStatus": "Complete", **(stores.subnet_group(name) or {})}


def parameter_group(request: Request, *, version: str) -> str:
    """DBClusterParameterGroupName, or the version's default group. Raises DBClusterParameterGroupNotFound."""
    name = str(request.get("DBClusterParameterGroupName") or f"default.{ENGINE}{version.partition('.')[0]}")
    if not name.startswith("default.") and not stores.has_parameter_group(name):
        raise faults.Fault("DBClusterParameterGroupNotFound", f"DBClusterParameterGroup not found: {name}")
    return name


def instance_parameter_group(request: Request, *, version: str) -> str:
    """DBParameterGroupName, or the version's default group. Raises DBParameterGroupNotFound."""
    name = str(request.get("DBParameterGroupName") or f"default.{ENGINE}{version.partition('.')[0]}")
    if not name.startswith("default.") and not stores.has_instance_parameter_group(name):
        raise faults.Fault("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")
    return name


def security_groups(request: Request) -> list[Shown]:
    """VpcSecurityGroups; without a request, the default group, as on AWS."""
    asked = request.get("VpcSecurityGroupIds") or ["sg-00000001"]
    return [{"VpcSecurityGroupId": group, "Status": "active"} for group in asked]


def key(aurora: Aurora, asked: str | None, *, encrypted: bool) -> str | None:
    """The ARN of the key that storage is encrypted with. Raises KMSKeyNotAccessibleFault."""
    if asked is None:
        return _own_key(aurora) if encrypted else None
    found = stores.enabled_key(asked)
    if found is None:
        raise faults.Fault("KMSKeyNotAccessibleFault", f"The KMS key {asked} does not exist or is not enabled.")
    return found


def _own_key(aurora: Aurora) -> str:
    if aurora.own_key is None:
        aurora.own_key = stores.new_key("Default key that protects my RDS database volumes")
    return aurora.own_key
