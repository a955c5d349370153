"""A restored cluster has the data of its recovery point, and nothing that was not asked for."""

from datetime import UTC, datetime, timedelta

import pytest
from aurora_bench import ENGINE, FIRST_PASSWORD, Database, new_name, refused, until


def rows(database: Database, cluster: str) -> list[str]:
    return [row[0] for row in database.sql(cluster, "select what from events order by what")]


def test_a_snapshot_has_the_rows_of_its_time_and_none_of_later(database: Database, source: str) -> None:
    database.sql(source, "insert into events values ('in the snapshot')")
    taken = database.take_snapshot(source)
    database.sql(source, "insert into events values ('after the snapshot')")
    copy = database.restore(taken)
    database.serve(copy)
    found = rows(database, copy)
    assert "in the snapshot" in found
    assert "after the snapshot" not in found
    database.discard(copy)


def test_a_row_written_before_the_target_time_is_there_and_one_after_it_is_not(database: Database, source: str) -> None:
    database.sql(source, "insert into events values ('in time')")
    target = datetime.now(UTC)
    database.sql(source, "insert into events values ('too late')")
    until(lambda: database.cluster(source)["LatestRestorableTime"] >= target)
    copy = database.restore_to(SourceDBClusterIdentifier=source, RestoreToTime=target)
    database.serve(copy)
    found = rows(database, copy)
    assert "in time" in found
    assert "too late" not in found
    database.discard(copy)


def test_the_latest_restorable_time_follows_an_idle_database(database: Database, source: str) -> None:
    first = database.cluster(source)
    until(lambda: database.cluster(source)["LatestRestorableTime"] > first["LatestRestorableTime"])
    assert database.cluster(source)["EarliestRestorableTime"] == first["EarliestRestorableTime"]


def test_what_the_latest_restorable_time_promises_is_restored(database: Database, source: str) -> None:
    database.sql(source, "insert into events values ('promised')")
    written = datetime.now(UTC)
    until(lambda: database.cluster(source)["LatestRestorableTime"] >= written)
    copy = database.restore_to(SourceDBClusterIdentifier=source, UseLatestRestorableTime=True)
    database.serve(copy)
    assert "promised" in rows(database, copy)
    database.discard(copy)


def test_a_deleted_cluster_is_restored_from_its_retained_backup(database: Database) -> None:
    name = new_name("doomed")
    tags = [{"Key": "coder-day2:drill", "Value": "1"}]
    database.create(name, TagSpecifications=[{"ResourceType": "cluster-auto-backup", "Tags": tags}])
    database.sql(name, "create table events (what text)")
    database.sql(name, "insert into events values ('last words')")
    resource = database.cluster(name)["DbClusterResourceId"]
    database.delete(name, DeleteAutomatedBackups=False)
    kept = database.rds.describe_db_cluster_automated_backups(DbClusterResourceId=resource)
    (backup,) = kept["DBClusterAutomatedBackups"]
    assert (backup["Status"], backup["DBClusterIdentifier"]) == ("retained", name)
    assert backup["TagList"] == tags, "its own tags, which are not its cluster's"
    copy = database.restore_to(SourceDbClusterResourceId=resource, UseLatestRestorableTime=True)
    database.serve(copy)
    assert rows(database, copy) == ["last words"]
    database.delete(copy)
    database.rds.delete_db_cluster_automated_backup(DbClusterResourceId=resource)
    refused(
        "DBClusterAutomatedBackupNotFoundFault",
        lambda: database.rds.describe_db_cluster_automated_backups(DbClusterResourceId=resource),
    )


def test_a_cluster_deleted_without_a_word_about_its_backups_keeps_none(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot)
    database.delete(copy)
    names = [
        backup["DBClusterIdentifier"]
        for page in database.rds.get_paginator("describe_db_cluster_automated_backups").paginate()
        for backup in page["DBClusterAutomatedBackups"]
    ]
    assert copy not in names


def test_nothing_listens_until_an_instance_is_available(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot)
    assert database.cluster(copy)["DBClusterMembers"] == []
    with pytest.raises(Exception, match="Can't create a connection"):
        database.sql(copy, "select 1")
    database.serve(copy)
    assert database.sql(copy, "select 1") == [[1]]
    database.discard(copy)


def test_a_copy_takes_from_its_source_what_aws_takes_and_nothing_more(database: Database, snapshot: str) -> None:
    copy = database.cluster(database.restore(snapshot, Tags=[{"Key": "coder-day2:drill", "Value": "1"}]))
    assert copy["MasterUsername"] == "coder_admin"
    assert copy["DatabaseName"] == "coder"
    assert copy["StorageEncrypted"] is True
    assert copy["BackupRetentionPeriod"] == 35
    assert copy["TagList"] == [{"Key": "coder-day2:drill", "Value": "1"}]
    assert copy["IAMDatabaseAuthenticationEnabled"] is False
    assert copy["VpcSecurityGroups"][0]["VpcSecurityGroupId"] == "sg-00000001"
    assert "EarliestRestorableTime" not in copy
    database.discard(copy["DBClusterIdentifier"])


def test_a_restore_stores_and_describes_what_it_was_given(database: Database, snapshot: str) -> None:
    key = database.engine.client("kms").create_key()["KeyMetadata"]["Arn"]
    rds = database.rds
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="coder-pg", DBParameterGroupFamily="aurora-postgresql17", Description="Coder"
    )
    rds.create_db_subnet_group(
        DBSubnetGroupName="private", DBSubnetGroupDescription="Private", SubnetIds=["subnet-00000001"]
    )
    copy = database.restore(
        snapshot,
        KmsKeyId=key,
        DBClusterParameterGroupName="coder-pg",
        DBSubnetGroupName="private",
        VpcSecurityGroupIds=["sg-1", "sg-2"],
        EnableIAMDatabaseAuthentication=True,
        BackupRetentionPeriod=1,
        EnableCloudwatchLogsExports=["postgresql"],
        EnableInternetAccessGateway=False,
    )
    found = database.cluster(copy)
    assert found["KmsKeyId"] == key
    assert found["DBClusterParameterGroup"] == "coder-pg"
    assert found["DBSubnetGroup"] == "private"
    assert [group["VpcSecurityGroupId"] for group in found["VpcSecurityGroups"]] == ["sg-1", "sg-2"]
    assert found["IAMDatabaseAuthenticationEnabled"] is True
    assert found["BackupRetentionPeriod"] == 1
    assert found["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert found["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 0.5, "MaxCapacity": 1.0}
    assert found["InternetAccessGatewayEnabled"] is False
    database.serve(copy)
    instance = database.instance(f"{copy}-writer")
    assert instance["PubliclyAccessible"] is False
    assert instance["DBSubnetGroup"]["VpcId"] == "vpc-00000001"
    database.discard(copy)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"SnapshotIdentifier": "no-such-snapshot"}, "DBClusterSnapshotNotFoundFault"),
        ({"DBClusterIdentifier": "coder-prod-aurora"}, "DBClusterAlreadyExistsFault"),
        ({"DBClusterIdentifier": "two--hyphens"}, "InvalidParameterValue"),
        ({"Engine": "aurora-mysql"}, "InvalidParameterValue"),
        ({"EngineVersion": "15.4"}, "InvalidParameterCombination"),
        ({"EngineVersion": "14.6"}, "InvalidParameterCombination"),
        ({"DBSubnetGroupName": "nowhere"}, "DBSubnetGroupNotFoundFault"),
        ({"DBClusterParameterGroupName": "none"}, "DBClusterParameterGroupNotFound"),
        ({"KmsKeyId": "no-such-key"}, "KMSKeyNotAccessibleFault"),
        ({"BackupRetentionPeriod": 90}, "InvalidParameterValue"),
        ({"ServerlessV2ScalingConfiguration": {"MinCapacity": 8, "MaxCapacity": 2}}, "InvalidParameterValue"),
    ],
)
def test_a_restore_that_aws_would_refuse_is_refused_and_creates_nothing(
    database: Database, snapshot: str, parameters: dict[str, object], code: str
) -> None:
    name = new_name()
    asked = {"DBClusterIdentifier": name, "SnapshotIdentifier": snapshot, "Engine": ENGINE, **parameters}
    refused(code, lambda: database.rds.restore_db_cluster_from_snapshot(**asked))
    refused("DBClusterNotFoundFault", lambda: database.cluster(name))


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"RestoreToTime": datetime.now(UTC) + timedelta(hours=1)}, "InvalidParameterValue"),
        ({"RestoreToTime": datetime(2026, 1, 1, tzinfo=UTC)}, "InvalidParameterValue"),
        ({}, "InvalidParameterCombination"),
        ({"RestoreToTime": datetime.now(UTC), "UseLatestRestorableTime": True}, "InvalidParameterCombination"),
        ({"UseLatestRestorableTime": True, "RestoreType": "copy-on-write"}, "InvalidParameterCombination"),
        ({"UseLatestRestorableTime": True, "SourceDBClusterIdentifier": "absent"}, "DBClusterNotFoundFault"),
    ],
)
def test_a_point_in_time_that_aws_would_refuse_is_refused(
    database: Database, source: str, parameters: dict[str, object], code: str
) -> None:
    asked = {"DBClusterIdentifier": new_name(), "SourceDBClusterIdentifier": source, **parameters}
    refused(code, lambda: database.rds.restore_db_cluster_to_point_in_time(**asked))


def test_a_source_without_a_continuous_backup_yet_is_refused(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot)
    asked = {"DBClusterIdentifier": new_name(), "SourceDBClusterIdentifier": copy, "UseLatestRestorableTime": True}
    refused("InvalidRestoreFault", lambda: database.rds.restore_db_cluster_to_point_in_time(**asked))
    database.discard(copy)


def test_a_snapshot_whose_key_is_disabled_cannot_be_restored(database: Database, source: str) -> None:
    kms = database.engine.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    name = new_name("keyed")
    database.create(name, KmsKeyId=key)
    taken = database.take_snapshot(name)
    kms.disable_key(KeyId=key)
    asked = {"DBClusterIdentifier": new_name(), "SnapshotIdentifier": taken, "Engine": ENGINE}
    refused("KMSKeyNotAccessibleFault", lambda: database.rds.restore_db_cluster_from_snapshot(**asked))
    database.discard(name)


def test_the_copy_keeps_the_password_of_the_recovery_point(database: Database) -> None:
    name = new_name("changing")
    database.create(name)
    taken = database.take_snapshot(name)
    database.rds.modify_db_cluster(DBClusterIdentifier=name, MasterUserPassword="another-password")
    database.leaves(lambda: str(database.cluster(name)["Status"]), "resetting-master-credentials")
    assert database.sql(name, "select 1", password="another-password") == [[1]]
    copy = database.restore(taken)
    database.serve(copy)
    assert database.sql(copy, "select 1", password=FIRST_PASSWORD) == [[1]]
    database.delete(copy)
    database.discard(name)
