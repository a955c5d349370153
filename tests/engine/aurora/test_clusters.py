"""Clusters, instances and snapshots pass through AWS's states, and leave nothing when they are gone."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aurora_bench import ENGINE, FIRST_PASSWORD, MASTER, SCALING, Database, new_name, refused, until

from day2.engine.aurora.disturbances import Disturbance
from day2.engine.disturbances import Disturbances
from day2.engine.engine import Engine, status
from day2.engine.settings import EngineSettings, PhaseSeconds


def servers(needle: str) -> list[str]:
    """The command lines of the processes that mention `needle`."""
    listed = subprocess.run(["/bin/ps", "-Awwo", "command="], check=True, capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if needle in line]


def test_a_cluster_and_its_instance_pass_through_creating_and_deleting(database: Database) -> None:
    name, writer = new_name("cycle"), new_name("writer")
    created = database.rds.create_db_cluster(
        DBClusterIdentifier=name,
        Engine=ENGINE,
        MasterUsername=MASTER,
        MasterUserPassword=FIRST_PASSWORD,
        ServerlessV2ScalingConfiguration=SCALING,
    )
    assert created["DBCluster"]["Status"] == "creating"
    assert database.settled(name) == "available"
    added = database.rds.create_db_instance(
        DBInstanceIdentifier=writer, DBClusterIdentifier=name, Engine=ENGINE, DBInstanceClass="db.serverless"
    )
    assert added["DBInstance"]["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in added["DBInstance"]
    assert database.leaves(lambda: database.instance(writer)["DBInstanceStatus"], "creating") == "available"
    assert database.cluster(name)["DBClusterMembers"][0]["IsClusterWriter"] is True
    removed = database.rds.delete_db_instance(DBInstanceIdentifier=writer, SkipFinalSnapshot=True)
    assert removed["DBInstance"]["DBInstanceStatus"] == "deleting"
    deleted = database.rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)
    assert deleted["DBCluster"]["Status"] == "deleting"
    database.gone(name)
    refused("DBInstanceNotFound", lambda: database.instance(writer))


def test_deletion_leaves_no_process_and_no_folder(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot)
    database.serve(copy)
    address = database.cluster(copy)["Endpoint"]
    folder = data_of(address).parent.parent
    assert folder.exists()
    database.delete(copy)
    assert servers(str(folder)) == []
    assert not folder.exists()


def data_of(address: str) -> Path:
    """The data folder of the server that listens at an address."""
    for command in servers("postgres -D"):
        data = Path(command.partition(" -D ")[2].partition(" ")[0])
        with suppress(OSError):  # another user's server, or one that ends just now
            if f"listen_addresses = '{address}'" in (data / "postgresql.conf").read_text():
                return data
    raise AssertionError(f"no server listens at {address}")


@pytest.fixture
def short_lived(tmp_path: Path) -> Iterator[Database]:
    with Engine(
        EngineSettings(workspace=tmp_path, phases=PhaseSeconds(cluster_creating=0, instance_creating=0))
    ) as engine:
        yield Database(engine)


@pytest.mark.parametrize("killed", [False, True])
def test_an_engine_that_stops_or_is_killed_leaves_no_server_and_no_folder(
    short_lived: Database, *, killed: bool
) -> None:
    address = short_lived.create(new_name())["Endpoint"]
    data = data_of(address)
    if killed:
        os.kill(status(short_lived.engine.settings.workspace).pid, signal.SIGKILL)
    short_lived.engine.stop()
    assert servers(str(data)) == []
    assert not data.parent.parent.exists()


def test_the_server_of_a_killed_engine_ends_although_nobody_clears_up(short_lived: Database) -> None:
    data = data_of(short_lived.create(new_name())["Endpoint"])
    os.kill(status(short_lived.engine.settings.workspace).pid, signal.SIGKILL)
    until(lambda: servers(str(data)) == [])
    until(lambda: not data.parent.parent.exists())


def test_a_second_reader_shares_the_endpoint_and_takes_over_as_writer(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot)
    database.serve(copy)
    reader = new_name("reader")
    database.rds.create_db_instance(
        DBInstanceIdentifier=reader, DBClusterIdentifier=copy, Engine=ENGINE, DBInstanceClass="db.serverless"
    )
    database.leaves(lambda: database.instance(reader)["DBInstanceStatus"], "creating")
    database.rds.delete_db_instance(DBInstanceIdentifier=f"{copy}-writer", SkipFinalSnapshot=True)
    until(lambda: len(database.cluster(copy)["DBClusterMembers"]) == 1)
    assert database.cluster(copy)["DBClusterMembers"][0]["DBInstanceIdentifier"] == reader
    assert database.sql(copy, "select 1") == [[1]]
    found = database.rds.describe_db_instances(Filters=[{"Name": "db-cluster-id", "Values": [copy]}])["DBInstances"]
    assert [instance["DBInstanceIdentifier"] for instance in found] == [reader]
    database.discard(copy)


def test_a_cluster_with_instances_is_not_deleted(database: Database, source: str) -> None:
    refused(
        "InvalidDBClusterStateFault",
        lambda: database.rds.delete_db_cluster(DBClusterIdentifier=source, SkipFinalSnapshot=True),
    )


def test_a_cluster_that_is_still_creating_is_not_deleted(
    database: Database, snapshot: str, disturbances: Disturbances
) -> None:
    disturbances.order(Disturbance.RESTORE_HANGS)
    name = new_name()
    database.rds.restore_db_cluster_from_snapshot(DBClusterIdentifier=name, SnapshotIdentifier=snapshot, Engine=ENGINE)
    message = refused(
        "InvalidDBClusterStateFault",
        lambda: database.rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True),
    )
    assert "creating" in message
    disturbances.lift(Disturbance.RESTORE_HANGS)
    database.settled(name)
    database.discard(name)


def test_a_final_snapshot_is_named_or_skipped_and_never_both_or_neither(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot)
    delete = database.rds.delete_db_cluster
    refused("InvalidParameterCombination", lambda: delete(DBClusterIdentifier=copy))
    both = {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "final"}
    refused("InvalidParameterCombination", lambda: delete(DBClusterIdentifier=copy, **both))
    final = new_name("final")
    delete(DBClusterIdentifier=copy, FinalDBSnapshotIdentifier=final)
    database.gone(copy)
    again = database.restore(final)
    database.serve(again)
    assert ["before the snapshot"] in database.sql(again, "select what from events")
    database.discard(again)


def test_a_protected_cluster_is_deleted_only_after_its_protection_is_lifted(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot, DeletionProtection=True)
    delete = database.rds.delete_db_cluster
    refused("InvalidParameterCombination", lambda: delete(DBClusterIdentifier=copy, SkipFinalSnapshot=True))
    database.rds.modify_db_cluster(DBClusterIdentifier=copy, DeletionProtection=False)
    database.discard(copy)


def test_a_serverless_instance_needs_the_cluster_to_scale(database: Database, snapshot: str) -> None:
    name = new_name()
    database.rds.restore_db_cluster_from_snapshot(DBClusterIdentifier=name, SnapshotIdentifier=snapshot, Engine=ENGINE)
    database.settled(name)
    refused(
        "InvalidDBClusterStateFault",
        lambda: database.rds.create_db_instance(
            DBInstanceIdentifier=new_name(), DBClusterIdentifier=name, Engine=ENGINE, DBInstanceClass="db.serverless"
        ),
    )
    database.discard(name)


def test_the_same_instance_is_not_made_twice(database: Database, source: str) -> None:
    asked = {
        "DBInstanceIdentifier": f"{source}-writer",
        "DBClusterIdentifier": source,
        "Engine": ENGINE,
        "DBInstanceClass": "db.serverless",
    }
    refused("DBInstanceAlreadyExists", lambda: database.rds.create_db_instance(**asked))


def test_snapshots_are_listed_by_cluster_and_type_and_in_pages(database: Database, source: str) -> None:
    automated = database.take_snapshot(source, name=f"rds:{new_name(source)}")
    manual = [database.take_snapshot(source) for _ in range(2)]
    list_snapshots = database.rds.get_paginator("describe_db_cluster_snapshots").paginate

    def listed(**asked: object) -> list[str]:
        return [
            found["DBClusterSnapshotIdentifier"]
            for page in list_snapshots(**asked)
            for found in page["DBClusterSnapshots"]
        ]

    assert automated in listed(DBClusterIdentifier=source, SnapshotType="automated")
    assert automated not in listed(DBClusterIdentifier=source, SnapshotType="manual")
    assert set(manual) <= set(listed(DBClusterIdentifier=source, PaginationConfig={"PageSize": 1}))
    assert listed(DBClusterIdentifier="another") == []
    refused(
        "InvalidDBClusterSnapshotStateFault",
        lambda: database.rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=automated),
    )


def test_a_snapshot_is_creating_first_and_then_bears_the_time_it_reflects(
    database: Database, source: str, disturbances: Disturbances
) -> None:
    disturbances.order(Disturbance.SNAPSHOT_HANGS)
    name = new_name("snapshot")
    tags = [{"Key": "team", "Value": "platform"}]
    asked = {"DBClusterSnapshotIdentifier": name, "DBClusterIdentifier": source, "Tags": tags}
    begun = database.rds.create_db_cluster_snapshot(**asked)["DBClusterSnapshot"]
    assert begun["Status"] == "creating"
    refused(
        "InvalidDBClusterSnapshotStateFault",
        lambda: database.rds.restore_db_cluster_from_snapshot(
            DBClusterIdentifier=new_name(), SnapshotIdentifier=name, Engine=ENGINE
        ),
    )
    refused("DBClusterSnapshotAlreadyExistsFault", lambda: database.rds.create_db_cluster_snapshot(**asked))
    disturbances.lift(Disturbance.SNAPSHOT_HANGS)
    database.leaves(lambda: str(database.snapshot(name)["Status"]), "creating")
    done = database.snapshot(name)
    assert done["SnapshotCreateTime"] >= begun["SnapshotCreateTime"]
    assert done["TagList"] == tags
    assert done["SnapshotType"] == "manual"
    database.rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=name)
    refused("DBClusterSnapshotNotFoundFault", lambda: database.snapshot(name))


def test_tags_are_listed_changed_and_shown_where_the_resource_is_described(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot, Tags=[{"Key": "coder-day2:drill", "Value": "20261123"}])
    arn = database.cluster(copy)["DBClusterArn"]
    listed = database.rds.list_tags_for_resource(ResourceName=arn)["TagList"]
    assert listed == [{"Key": "coder-day2:drill", "Value": "20261123"}]
    database.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "more", "Value": "1"}])
    database.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["coder-day2:drill", "never set"])
    database.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "more", "Value": "2"}])
    assert database.cluster(copy)["TagList"] == [{"Key": "more", "Value": "2"}]
    database.delete(copy)
    assert database.rds.list_tags_for_resource(ResourceName=arn)["TagList"] == []
    again = {"ResourceName": arn, "Tags": [{"Key": "more", "Value": "3"}]}
    refused("DBClusterNotFoundFault", lambda: database.rds.add_tags_to_resource(**again))


def test_readers_spread_over_the_zones_and_keep_what_they_were_given(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot)
    database.rds.create_db_parameter_group(
        DBParameterGroupName="coder-readers", DBParameterGroupFamily="aurora-postgresql17", Description="Coder"
    )
    add = database.rds.create_db_instance
    asked = {"DBClusterIdentifier": copy, "Engine": ENGINE, "DBInstanceClass": "db.serverless"}
    missing = {"DBInstanceIdentifier": new_name(), "DBParameterGroupName": "none-such"}
    refused("DBParameterGroupNotFound", lambda: add(**asked, **missing))
    given = {"AvailabilityZone": "eu-central-1a", "PromotionTier": 0, "DBParameterGroupName": "coder-readers"}
    names = [new_name("member") for _ in range(4)]
    for name, more in zip(names, ({}, {"PromotionTier": 15}, given, {}), strict=True):
        add(DBInstanceIdentifier=name, **asked, **more)
    members = [database.instance(name) for name in names]
    zones = ("eu-central-1a", "eu-central-1b", "eu-central-1a", "eu-central-1c")
    assert tuple(member["AvailabilityZone"] for member in members) == zones
    assert [member["PromotionTier"] for member in members] == [1, 15, 0, 1]
    assert members[2]["DBParameterGroups"][0]["DBParameterGroupName"] == "coder-readers"
    shown = database.cluster(copy)["DBClusterMembers"]
    assert [each["DBInstanceIdentifier"] for each in shown] == names
    assert [each["IsClusterWriter"] for each in shown] == [True, False, False, False]
    assert [each["PromotionTier"] for each in shown] == [1, 15, 0, 1]
    database.discard(copy)


def test_other_security_groups_hold_for_every_instance_at_once(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot, VpcSecurityGroupIds=["sg-platform"])
    database.serve(copy)
    assert database.instance(f"{copy}-writer")["VpcSecurityGroups"][0]["VpcSecurityGroupId"] == "sg-platform"
    changed = database.rds.modify_db_cluster(DBClusterIdentifier=copy, VpcSecurityGroupIds=["sg-verifier", "sg-2"])
    wanted = [{"VpcSecurityGroupId": group, "Status": "active"} for group in ("sg-verifier", "sg-2")]
    assert changed["DBCluster"]["VpcSecurityGroups"] == wanted
    assert database.instance(f"{copy}-writer")["VpcSecurityGroups"] == wanted
    database.discard(copy)
