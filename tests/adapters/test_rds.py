"""The RDS door against moto, and against exact expectations of what is sent where moto does not care."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from mypy_boto3_rds import RDSClient

from lambdas.adapters.rds import Rds
from lambdas.contracts import RecoveryPoint
from lambdas.errors import (
    AccessRefused,
    ClusterNotReady,
    NoUsableRecoveryPoint,
    RequestRefused,
    ServiceBusy,
    StillDeleting,
)
from lambdas.recovery.restoring import InstanceOrder, RestoreOrder

MOMENT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TAGS = {"coder-day2:drill": "20261123-0000abcd", "coder-day2:environment": "prod"}
TARGET = "coder-dr-test-20261123-0000abcd"
SOURCE = "coder-prod-aurora"

POINT = RecoveryPoint(
    kind="snapshot",
    id="before-upgrade",
    time=MOMENT,
    origin="manual",
    source=SOURCE,
    engine="aurora-postgresql",
    engine_version="15.8",
    encrypted=True,
    kms_key="arn:aws:kms:eu-west-1:123456789012:key/1",
    age_seconds=60,
    reason="named by the request",
)
ORDER = RestoreOrder(
    target=TARGET,
    point=POINT,
    port=5432,
    subnet_group="drills",
    security_groups=("sg-isolated",),
    parameter_group="coder-prod-pg15",
    kms_key="arn:aws:kms:eu-west-1:123456789012:key/1",
    min_acu=0.5,
    max_acu=8,
    tags=TAGS,
)
SHAPE = {
    "DBClusterIdentifier": TARGET,
    "Port": 5432,
    "DBSubnetGroupName": "drills",
    "VpcSecurityGroupIds": ["sg-isolated"],
    "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 8},
    "BackupRetentionPeriod": 1,
    "EnableIAMDatabaseAuthentication": False,
    "DeletionProtection": False,
    "CopyTagsToSnapshot": False,
    "Tags": [{"Key": key, "Value": value} for key, value in TAGS.items()],
    "DBClusterParameterGroupName": "coder-prod-pg15",
    "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1",
}
STARTED = {"DBCluster": {"DBClusterIdentifier": TARGET, "Status": "creating"}}


@pytest.fixture(scope="module")
def client() -> RDSClient:
    """One for all tests: making it takes longer than any of them."""
    return boto3.client("rds", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture(autouse=True)
def cloud() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def stub(client: RDSClient) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def production(client: RDSClient) -> RDSClient:
    """A source with a snapshot, and the subnet group that drills use."""
    ec2 = boto3.client("ec2", region_name="eu-west-1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{at}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for at, zone in enumerate("ab")
    ]
    client.create_db_subnet_group(DBSubnetGroupName="drills", DBSubnetGroupDescription="x", SubnetIds=subnets)
    client.create_db_cluster(
        DBClusterIdentifier=SOURCE,
        Engine="aurora-postgresql",
        EngineVersion="15.8",
        MasterUsername="coder_admin",
        MasterUserPassword="not-a-secret",
        DBSubnetGroupName="drills",
    )
    client.create_db_cluster_snapshot(DBClusterIdentifier=SOURCE, DBClusterSnapshotIdentifier="before-upgrade")
    return client


def test_a_cluster_s_life_is_seen_as_it_goes(production: RDSClient) -> None:
    door = Rds(production)
    order = replace(ORDER, parameter_group=None, kms_key=None)
    assert door.cluster(TARGET) is None
    made = door.restore(order)
    assert made is not None
    assert made.name == TARGET
    instance = InstanceOrder(name=f"{TARGET}-writer", cluster=TARGET, engine="aurora-postgresql", tags=TAGS)
    assert door.add_instance(instance) is not None
    door.manage_master_password(TARGET)
    seen = door.cluster(TARGET)
    assert seen is not None
    assert seen.tags == TAGS
    assert seen.managed_secret is not None
    assert seen.members == (f"{TARGET}-writer",)
    writer = door.instance(f"{TARGET}-writer")
    assert writer is not None
    assert (writer.cluster, writer.publicly_accessible, writer.tags) == (TARGET, False, TAGS)
    door.delete_instance(f"{TARGET}-writer")
    door.delete_cluster(TARGET)
    assert door.cluster(TARGET) is None
    assert door.instance(f"{TARGET}-writer") is None


@pytest.mark.parametrize("kind", ["cluster", "instance", "snapshot", "automated_backup"])
def test_deleting_what_is_not_there_is_done(stub: Stubber, client: RDSClient, kind: str) -> None:
    operation, fault = {
        "cluster": ("delete_db_cluster", "DBClusterNotFoundFault"),
        "instance": ("delete_db_instance", "DBInstanceNotFound"),
        "snapshot": ("delete_db_cluster_snapshot", "DBClusterSnapshotNotFoundFault"),
        "automated_backup": ("delete_db_cluster_automated_backup", "DBClusterAutomatedBackupNotFoundFault"),
    }[kind]
    stub.add_client_error(operation, fault)
    getattr(Rds(client), f"delete_{kind}")("gone")


@pytest.mark.parametrize(
    ("operation", "kind", "fault"),
    [
        ("delete_db_cluster", "cluster", "InvalidDBClusterStateFault"),
        ("delete_db_instance", "instance", "InvalidDBInstanceState"),
        ("delete_db_cluster_snapshot", "snapshot", "InvalidDBClusterSnapshotStateFault"),
        ("delete_db_cluster_automated_backup", "automated_backup", "InvalidDBClusterAutomatedBackupStateFault"),
    ],
)
def test_a_state_that_does_not_allow_a_deletion_yet_is_waited_for(
    stub: Stubber, client: RDSClient, operation: str, kind: str, fault: str
) -> None:
    stub.add_client_error(operation, fault)
    with pytest.raises(StillDeleting):
        getattr(Rds(client), f"delete_{kind}")("busy")


def test_a_protected_cluster_is_refused_and_not_waited_for(stub: Stubber, client: RDSClient) -> None:
    stub.add_client_error("delete_db_cluster", "InvalidParameterCombination")
    with pytest.raises(RequestRefused):
        Rds(client).delete_cluster("protected")


def test_a_cluster_goes_without_a_last_snapshot_and_with_its_backups(stub: Stubber, client: RDSClient) -> None:
    expected = {"DBClusterIdentifier": TARGET, "SkipFinalSnapshot": True, "DeleteAutomatedBackups": True}
    stub.add_response("delete_db_cluster", STARTED, expected)
    Rds(client).delete_cluster(TARGET)


def test_a_cluster_that_is_retired_leaves_its_automated_backups(stub: Stubber, client: RDSClient) -> None:
    asked = {"DBClusterIdentifier": SOURCE, "SkipFinalSnapshot": True, "DeleteAutomatedBackups": False}
    stub.add_response("delete_db_cluster", {}, asked)
    Rds(client).delete_cluster(SOURCE, keep_backups=True)


def test_a_snapshot_that_exists_is_left_as_it_is_and_one_of_a_cluster_at_work_is_asked_for_again(
    stub: Stubber, client: RDSClient
) -> None:
    asked = {"DBClusterSnapshotIdentifier": "final", "DBClusterIdentifier": SOURCE}
    asked["Tags"] = [{"Key": "team", "Value": "platform"}]
    there = "DBClusterSnapshotAlreadyExistsFault"
    stub.add_client_error("create_db_cluster_snapshot", there, expected_params=asked)
    Rds(client).take_snapshot("final", cluster=SOURCE, tags={"team": "platform"})
    stub.add_client_error("create_db_cluster_snapshot", "InvalidDBClusterStateFault")
    with pytest.raises(ServiceBusy):
        Rds(client).take_snapshot("final", cluster=SOURCE, tags={"team": "platform"})


def test_a_mark_is_set_beside_the_other_tags(stub: Stubber, client: RDSClient) -> None:
    asked = {"ResourceName": "arn:x", "Tags": [{"Key": "coder-day2:serving", "Value": "no"}]}
    stub.add_response("add_tags_to_resource", {}, asked)
    Rds(client).tag("arn:x", {"coder-day2:serving": "no"})


def test_protection_is_all_that_is_changed_of_what_is_unprotected(stub: Stubber, client: RDSClient) -> None:
    asked = {"DBClusterIdentifier": SOURCE, "ApplyImmediately": True, "DeletionProtection": False}
    stub.add_response("modify_db_cluster", {}, asked)
    Rds(client).unprotect(SOURCE)


def test_a_snapshot_is_restored_in_the_version_it_was_taken_in(stub: Stubber, client: RDSClient) -> None:
    told = {"SnapshotIdentifier": "before-upgrade", "Engine": "aurora-postgresql", "EngineVersion": "15.8"}
    stub.add_response("restore_db_cluster_from_snapshot", STARTED, SHAPE | told)
    assert Rds(client).restore(ORDER) is not None


def test_a_time_is_restored_as_a_full_copy_of_the_source(stub: Stubber, client: RDSClient) -> None:
    told = {"SourceDBClusterIdentifier": SOURCE, "RestoreType": "full-copy", "RestoreToTime": MOMENT}
    stub.add_response("restore_db_cluster_to_point_in_time", STARTED, SHAPE | told)
    assert Rds(client).restore(replace(ORDER, point=replace(POINT, kind="point-in-time"))) is not None


def test_a_deleted_source_is_restored_by_its_resource_id(stub: Stubber, client: RDSClient) -> None:
    told = {"SourceDbClusterResourceId": "cluster-GONE", "RestoreType": "full-copy", "RestoreToTime": MOMENT}
    stub.add_response("restore_db_cluster_to_point_in_time", STARTED, SHAPE | told)
    point = replace(POINT, kind="point-in-time", source_resource_id="cluster-GONE")
    assert Rds(client).restore(replace(ORDER, point=point)) is not None


def test_nothing_is_sent_for_what_is_left_to_rds(stub: Stubber, client: RDSClient) -> None:
    told = {"SnapshotIdentifier": "before-upgrade", "Engine": "aurora-postgresql", "EngineVersion": "15.8"}
    shape = {key: value for key, value in SHAPE.items() if key not in ("DBClusterParameterGroupName", "KmsKeyId")}
    stub.add_response("restore_db_cluster_from_snapshot", STARTED, shape | told)
    Rds(client).restore(replace(ORDER, parameter_group=None, kms_key=None))


def test_a_restore_of_a_name_that_exists_is_told_by_none(stub: Stubber, client: RDSClient) -> None:
    stub.add_client_error("restore_db_cluster_from_snapshot", "DBClusterAlreadyExistsFault")
    assert Rds(client).restore(ORDER) is None


def test_an_instance_of_a_name_that_exists_is_told_by_none(stub: Stubber, client: RDSClient) -> None:
    stub.add_client_error("create_db_instance", "DBInstanceAlreadyExists")
    order = InstanceOrder(name="x", cluster=TARGET, engine="aurora-postgresql", tags=TAGS)
    assert Rds(client).add_instance(order) is None


def test_the_instance_is_serverless_private_and_tagged(stub: Stubber, client: RDSClient) -> None:
    expected = {
        "DBInstanceIdentifier": "x",
        "DBClusterIdentifier": TARGET,
        "DBInstanceClass": "db.serverless",
        "Engine": "aurora-postgresql",
        "PubliclyAccessible": False,
        "AutoMinorVersionUpgrade": False,
        "CopyTagsToSnapshot": False,
        "Tags": SHAPE["Tags"],
    }
    stub.add_response("create_db_instance", {"DBInstance": {"DBInstanceIdentifier": "x"}}, expected)
    order = InstanceOrder(name="x", cluster=TARGET, engine="aurora-postgresql", tags=TAGS)
    assert Rds(client).add_instance(order) is not None


@pytest.mark.parametrize(
    "fault",
    [
        "DBClusterSnapshotNotFoundFault",
        "InvalidDBClusterSnapshotStateFault",
        "KMSKeyNotAccessibleFault",
        "InvalidRestoreFault",
        "DBClusterNotFoundFault",
        "DBClusterAutomatedBackupNotFoundFault",
    ],
)
def test_a_recovery_point_that_went_away_is_told_as_such(stub: Stubber, client: RDSClient, fault: str) -> None:
    stub.add_client_error("restore_db_cluster_from_snapshot", fault)
    with pytest.raises(NoUsableRecoveryPoint, match="before-upgrade"):
        Rds(client).restore(ORDER)


def test_a_quota_is_a_refusal_with_its_code(stub: Stubber, client: RDSClient) -> None:
    stub.add_client_error("restore_db_cluster_from_snapshot", "DBClusterQuotaExceededFault")
    with pytest.raises(RequestRefused, match="DBClusterQuotaExceeded"):
        Rds(client).restore(ORDER)


def test_a_password_is_asked_for_again_when_the_state_does_not_allow_it_yet(stub: Stubber, client: RDSClient) -> None:
    expected = {"DBClusterIdentifier": TARGET, "ManageMasterUserPassword": True, "ApplyImmediately": True}
    stub.add_client_error("modify_db_cluster", "InvalidDBClusterStateFault", expected_params=expected)
    with pytest.raises(ClusterNotReady):
        Rds(client).manage_master_password(TARGET)


def test_a_cluster_at_work_is_asked_again_for_its_instance(stub: Stubber, client: RDSClient) -> None:
    stub.add_client_error("create_db_instance", "InvalidDBClusterStateFault")
    order = InstanceOrder(name="x", cluster=TARGET, engine="aurora-postgresql", tags=TAGS)
    with pytest.raises(ServiceBusy, match=f"an instance right now.*{TARGET}"):
        Rds(client).add_instance(order)


def test_a_source_at_work_is_asked_again_for_its_restore(stub: Stubber, client: RDSClient) -> None:
    stub.add_client_error("restore_db_cluster_to_point_in_time", "InvalidDBClusterStateFault")
    point = replace(POINT, kind="time", time=MOMENT)
    with pytest.raises(ServiceBusy, match=f"a restore right now.*{point.source}"):
        Rds(client).restore(replace(ORDER, point=point))


def test_the_inventory_holds_the_source_s_snapshots_and_the_named_one(production: RDSClient) -> None:
    production.create_db_cluster(
        DBClusterIdentifier="billing", Engine="aurora-mysql", MasterUsername="x", MasterUserPassword="not-a-secret"
    )
    production.create_db_cluster_snapshot(DBClusterIdentifier="billing", DBClusterSnapshotIdentifier="foreign")
    door = Rds(production)
    own = door.inventory(SOURCE).snapshots
    assert {(each.cluster, each.engine, each.type) for each in own} == {
        (SOURCE, "aurora-postgresql", "manual"),
        (SOURCE, "aurora-postgresql", "automated"),
    }
    named = {each.name for each in door.inventory(SOURCE, named="foreign").snapshots}
    assert named == {"foreign", *(each.name for each in own)}
    assert len(door.inventory(SOURCE, named="unheard-of").snapshots) == len(own)


def test_the_inventory_tells_the_source_s_instances_and_nobody_else_s(stub: Stubber, client: RDSClient) -> None:
    told = {
        "DBClusterIdentifier": SOURCE,
        "AvailabilityZones": ["eu-west-1a", "eu-west-1b"],
        "DeletionProtection": True,
        "CopyTagsToSnapshot": True,
        "StorageType": "aurora-iopt1",
        "PreferredBackupWindow": "01:00-01:30",
        "PreferredMaintenanceWindow": "sun:03:00-sun:03:30",
        "DBClusterMembers": [
            {"DBInstanceIdentifier": "reader", "IsClusterWriter": False},
            {"DBInstanceIdentifier": "writer", "IsClusterWriter": True},
        ],
    }
    writer = {
        "DBInstanceIdentifier": "writer",
        "DBClusterIdentifier": SOURCE,
        "DBInstanceClass": "db.serverless",
        "AvailabilityZone": "eu-west-1b",
        "PromotionTier": 1,
        "DBParameterGroups": [{"DBParameterGroupName": "coder-prod-pg16", "ParameterApplyStatus": "in-sync"}],
        "PerformanceInsightsEnabled": True,
    }
    other = {"DBInstanceIdentifier": "billing-0", "DBClusterIdentifier": "billing"}
    stub.add_response("describe_db_clusters", {"DBClusters": [told]})
    stub.add_response("describe_db_cluster_snapshots", {"DBClusterSnapshots": []})
    stub.add_response("describe_db_instances", {"DBInstances": [writer, other]})
    inventory = Rds(client).inventory(SOURCE)
    [seen], source = inventory.instances, inventory.source
    assert source is not None
    assert (seen.name, seen.instance_class, seen.zone) == ("writer", "db.serverless", "eu-west-1b")
    assert (seen.promotion_tier, seen.parameter_group, seen.performance_insights) == (1, "coder-prod-pg16", True)
    assert (source.writer, source.deletion_protection, source.copy_tags_to_snapshot) == ("writer", True, True)
    assert (source.availability_zones, source.storage_type) == (("eu-west-1a", "eu-west-1b"), "aurora-iopt1")
    assert (source.backup_window, source.maintenance_window) == ("01:00-01:30", "sun:03:00-sun:03:30")


def test_a_deleted_source_is_looked_for_among_the_retained_backups(stub: Stubber, client: RDSClient) -> None:
    stub.add_client_error("describe_db_clusters", "DBClusterNotFoundFault")
    stub.add_response("describe_db_cluster_snapshots", {"DBClusterSnapshots": []})
    backup: dict[str, Any] = {
        "DBClusterIdentifier": SOURCE,
        "DbClusterResourceId": "cluster-GONE",
        "Status": "retained",
        "Engine": "aurora-postgresql",
        "EngineVersion": "15.8",
        "RestoreWindow": {"EarliestTime": MOMENT, "LatestTime": MOMENT},
    }
    other = backup | {"DBClusterIdentifier": "billing"}
    stub.add_response("describe_db_cluster_automated_backups", {"DBClusterAutomatedBackups": [backup, other]})
    inventory = Rds(client).inventory(SOURCE)
    assert inventory.source is None
    (retained,) = inventory.retained
    assert (retained.resource_id, retained.latest_restorable_at) == ("cluster-GONE", MOMENT)


def test_every_page_is_read(stub: Stubber, client: RDSClient) -> None:
    stub.add_response("describe_db_clusters", {"DBClusters": [{"DBClusterIdentifier": "a"}], "Marker": "more"})
    stub.add_response("describe_db_clusters", {"DBClusters": [{"DBClusterIdentifier": "b"}]}, {"Marker": "more"})
    assert [each.name for each in Rds(client).clusters()] == ["a", "b"]


def test_a_denied_listing_is_not_an_empty_one(stub: Stubber, client: RDSClient) -> None:
    stub.add_client_error("describe_db_clusters", "AccessDenied", http_status_code=403)
    with pytest.raises(AccessRefused):
        Rds(client).clusters()
