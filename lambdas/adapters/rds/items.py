"""What RDS tells, as values of `lambdas.recovery.database`."""

from collections.abc import Mapping
from typing import Any

from lambdas.recovery.database import Cluster, Instance, ManagedSecret, RetainedBackup, Snapshot

Item = Mapping[str, Any]


def cluster(told: Item) -> Cluster:
    secret = told.get("MasterUserSecret") or {}
    capacity = told.get("ServerlessV2ScalingConfiguration") or {}
    members = told.get("DBClusterMembers", ())
    return Cluster(
        name=told["DBClusterIdentifier"],
        status=told.get("Status", "unknown"),
        engine=told.get("Engine", ""),
        engine_version=told.get("EngineVersion", ""),
        resource_id=told.get("DbClusterResourceId", ""),
        arn=told.get("DBClusterArn", ""),
        created_at=told.get("ClusterCreateTime"),
        endpoint=told.get("Endpoint"),
        port=told.get("Port"),
        master_username=told.get("MasterUsername", ""),
        encrypted=bool(told.get("StorageEncrypted")),
        kms_key=told.get("KmsKeyId"),
        parameter_group=told.get("DBClusterParameterGroup"),
        subnet_group=told.get("DBSubnetGroup", ""),
        security_groups=_groups(told),
        iam_authentication=bool(told.get("IAMDatabaseAuthenticationEnabled")),
        data_api=bool(told.get("HttpEndpointEnabled")),
        vpc_networking=told.get("VPCNetworkingEnabled"),
        internet_gateway=told.get("InternetAccessGatewayEnabled"),
        publicly_accessible=told.get("PubliclyAccessible"),
        roles=tuple(each.get("RoleArn", "") for each in told.get("AssociatedRoles", ())),
        log_exports=tuple(told.get("EnabledCloudwatchLogsExports", ())),
        backup_retention_days=told.get("BackupRetentionPeriod"),
        members=tuple(each["DBInstanceIdentifier"] for each in members),
        writer=next((each["DBInstanceIdentifier"] for each in members if each.get("IsClusterWriter")), None),
        availability_zones=tuple(told.get("AvailabilityZones", ())),
        deletion_protection=told.get("DeletionProtection"),
        copy_tags_to_snapshot=bool(told.get("CopyTagsToSnapshot")),
        storage_type=told.get("StorageType"),
        backup_window=told.get("PreferredBackupWindow"),
        maintenance_window=told.get("PreferredMaintenanceWindow"),
        min_acu=capacity.get("MinCapacity"),
        max_acu=capacity.get("MaxCapacity"),
        earliest_restorable_at=told.get("EarliestRestorableTime"),
        latest_restorable_at=told.get("LatestRestorableTime"),
        managed_secret=ManagedSecret(arn=secret["SecretArn"], status=secret.get("SecretStatus", "creating"))
        if secret.get("SecretArn")
        else None,
        tags=_tags(told),
    )


def instance(told: Item) -> Instance:
    group = told.get("DBSubnetGroup") or {}
    return Instance(
        name=told["DBInstanceIdentifier"],
        cluster=told.get("DBClusterIdentifier"),
        status=told.get("DBInstanceStatus", "unknown"),
        resource_id=told.get("DbiResourceId", ""),
        arn=told.get("DBInstanceArn", ""),
        endpoint=(told.get("Endpoint") or {}).get("Address"),
        publicly_accessible=told.get("PubliclyAccessible"),
        security_groups=_groups(told),
        vpc=group.get("VpcId"),
        subnets=tuple(each["SubnetIdentifier"] for each in group.get("Subnets", ())),
        instance_class=told.get("DBInstanceClass", ""),
        zone=told.get("AvailabilityZone"),
        promotion_tier=told.get("PromotionTier"),
        parameter_group=next((each.get("DBParameterGroupName") for each in told.get("DBParameterGroups", ())), None),
        performance_insights=bool(told.get("PerformanceInsightsEnabled")),
        created_at=told.get("InstanceCreateTime"),
        tags=_tags(told),
    )


def snapshot(told: Item) -> Snapshot:
    return Snapshot(
        name=told["DBClusterSnapshotIdentifier"],
        cluster=told.get("DBClusterIdentifier", ""),
        status=told.get("Status", "unknown"),
        type=told.get("SnapshotType", ""),
        engine=told.get("Engine", ""),
        engine_version=told.get("EngineVersion", ""),
        created_at=told.get("SnapshotCreateTime"),
        encrypted=bool(told.get("StorageEncrypted")),
        kms_key=told.get("KmsKeyId"),
        master_username=told.get("MasterUsername", ""),
        iam_authentication=bool(told.get("IAMDatabaseAuthenticationEnabled")),
        tags=_tags(told),
    )


def backup(told: Item) -> RetainedBackup:
    window = told.get("RestoreWindow") or {}
    return RetainedBackup(
        cluster=told.get("DBClusterIdentifier", ""),
        resource_id=told.get("DbClusterResourceId", ""),
        status=told.get("Status", "unknown"),
        engine=told.get("Engine", ""),
        engine_version=told.get("EngineVersion", ""),
        earliest_restorable_at=window.get("EarliestTime"),
        latest_restorable_at=window.get("LatestTime"),
        encrypted=bool(told.get("StorageEncrypted")),
        kms_key=told.get("KmsKeyId"),
        master_username=told.get("MasterUsername", ""),
        iam_authentication=bool(told.get("IAMDatabaseAuthenticationEnabled")),
        backup_retention_days=told.get("BackupRetentionPeriod"),
        tags=_tags(told),
    )


def _groups(told: Item) -> tuple[str, ...]:
    return tuple(each["VpcSecurityGroupId"] for each in told.get("VpcSecurityGroups", ()))


def _tags(told: Item) -> dict[str, str]:
    return {each["Key"]: each.get("Value", "") for each in told.get("TagList", ())}
