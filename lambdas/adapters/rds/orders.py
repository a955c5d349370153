"""What RDS is asked for, in its own words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lambdas.recovery.restoring import InstanceOrder, RestoreOrder

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import TagTypeDef


def point_in_time(order: RestoreOrder) -> dict[str, Any]:
    # `copy-on-write` would clone the live volume, which proves no backup. There is no EngineVersion here: it is the
    # backup's own.
    told: dict[str, Any] = {"RestoreType": "full-copy", "RestoreToTime": order.point.time}
    if order.point.source_resource_id is not None:
        return told | {"SourceDbClusterResourceId": order.point.source_resource_id}
    return told | {"SourceDBClusterIdentifier": order.point.source}


def shape(order: RestoreOrder) -> dict[str, Any]:
    """What both restore calls take alike.

    Not sent, on purpose: PubliclyAccessible (of clusters, only Multi-AZ ones have it; here the instance has it);
    EnableVPCNetworking with EnableInternetAccessGateway (sent at all, they require IAM authentication; a cluster in a
    subnet group, without IAM authentication, has neither, which is proven from what the API then tells).

    Nor TagSpecifications for the automated backup, which goes with the cluster: the right to tag one cannot be cut
    down to the copy's, whose id AWS makes up, and would reach production's.
    """
    optional: dict[str, Any] = {"DBClusterParameterGroupName": order.parameter_group, "KmsKeyId": order.kms_key}
    if order.min_acu is not None and order.max_acu is not None:
        optional["ServerlessV2ScalingConfiguration"] = {"MinCapacity": order.min_acu, "MaxCapacity": order.max_acu}
    if order.log_exports:
        optional["EnableCloudwatchLogsExports"] = list(order.log_exports)
    return {
        "DBClusterIdentifier": order.target,
        "Port": order.port,
        "DBSubnetGroupName": order.subnet_group,
        "VpcSecurityGroupIds": list(order.security_groups),
        "BackupRetentionPeriod": order.backup_retention_days,
        "EnableIAMDatabaseAuthentication": order.iam_authentication,
        "DeletionProtection": order.deletion_protection,
        "CopyTagsToSnapshot": order.copy_tags_to_snapshot,
        "Tags": as_tags(order.tags),
        **{name: value for name, value in optional.items() if value is not None},
    }


def instance_shape(order: InstanceOrder) -> dict[str, Any]:
    optional = {
        "AvailabilityZone": order.zone,
        "PromotionTier": order.promotion_tier,
        "DBParameterGroupName": order.parameter_group,
    }
    return {
        "DBInstanceIdentifier": order.name,
        "DBClusterIdentifier": order.cluster,
        "DBInstanceClass": order.instance_class,
        "Engine": order.engine,
        "PubliclyAccessible": False,
        "AutoMinorVersionUpgrade": False,
        "CopyTagsToSnapshot": False,
        "Tags": as_tags(order.tags),
        **{name: value for name, value in optional.items() if value is not None},
    }


def as_tags(tags: Mapping[str, str]) -> "list[TagTypeDef]":
    return [{"Key": name, "Value": value} for name, value in tags.items()]
