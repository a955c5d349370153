"""A renamed cluster is the same cluster; its endpoint is the name's, so that a swap of names redirects every client."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from aurora_bench import ENGINE, Database, new_name, refused, until

from day2.engine.aurora.disturbances import Disturbance
from day2.engine.disturbances import Disturbances

TAGS = [{"Key": "team", "Value": "platform"}]


@pytest.fixture
def copy(database: Database, snapshot: str) -> Iterator[str]:
    """A tagged copy without instances. Whatever it is called in the end, it is deleted."""
    name = database.restore(snapshot, Tags=TAGS)
    resource = database.cluster(name)["DbClusterResourceId"]
    yield name
    database.discard(called(database, resource))


def called(database: Database, resource: str) -> str:
    """The present name of the cluster with that resource id."""
    found = database.rds.describe_db_clusters(Filters=[{"Name": "db-cluster-resource-id", "Values": [resource]}])
    return str(found["DBClusters"][0]["DBClusterIdentifier"])


def rename(database: Database, old: str, new: str) -> None:
    """Rename a cluster, and return when that is done."""
    database.rds.modify_db_cluster(DBClusterIdentifier=old, NewDBClusterIdentifier=new, ApplyImmediately=True)
    arrive(database, new)


def arrive(database: Database, new: str) -> None:
    names = database.rds.describe_db_clusters
    until(lambda: any(each["DBClusterIdentifier"] == new for each in names()["DBClusters"]))
    assert database.cluster(new)["Status"] == "available"


def rows(database: Database, cluster: str) -> list[str]:
    return [row[0] for row in database.sql(cluster, "select what from events order by what")]


def test_after_a_swap_of_names_each_address_leads_to_the_other_database(database: Database, snapshot: str) -> None:
    live, restored = database.restore(snapshot), database.restore(snapshot)
    old = f"{live}-old"
    for name in (live, restored):
        database.serve(name)
        database.sql(name, "insert into events values ('live')" if name == live else "delete from events")
    addresses = [database.cluster(name)["Endpoint"] for name in (live, restored)]
    rename(database, live, old)
    rename(database, restored, live)
    assert database.cluster(live)["Endpoint"] == addresses[0]
    assert database.cluster(old)["Endpoint"] not in addresses
    assert rows(database, live) == [], "and the certificate is verified for the address"
    assert "live" in rows(database, old)
    assert database.instance(f"{restored}-writer")["Endpoint"]["Address"] == addresses[0]
    rename(database, live, restored)
    rename(database, old, live)
    assert [database.cluster(name)["Endpoint"] for name in (live, restored)] == addresses
    assert "live" in rows(database, live)
    database.discard(live)
    database.discard(restored)


def test_until_it_is_renamed_the_old_name_is_known_and_the_new_one_taken(
    database: Database, copy: str, disturbances: Disturbances
) -> None:
    disturbances.order(Disturbance.RENAME_HANGS)
    new = new_name("renamed")
    before = database.cluster(copy)
    asked = {"DBClusterIdentifier": copy, "NewDBClusterIdentifier": new.upper(), "ApplyImmediately": True}
    begun = database.rds.modify_db_cluster(**asked)["DBCluster"]
    assert (begun["Status"], begun["DBClusterIdentifier"]) == ("renaming", copy)
    assert begun["PendingModifiedValues"] == {"DBClusterIdentifier": new}
    refused("DBClusterNotFoundFault", lambda: database.cluster(new))
    refused("InvalidDBClusterStateFault", lambda: database.rds.modify_db_cluster(**asked))
    for name in (copy, new):
        refused(
            "DBClusterAlreadyExistsFault",
            lambda name=name: database.rds.restore_db_cluster_to_point_in_time(
                DBClusterIdentifier=name, SourceDBClusterIdentifier="any", UseLatestRestorableTime=True
            ),
        )
    disturbances.lift(Disturbance.RENAME_HANGS)
    arrive(database, new)
    refused("DBClusterNotFoundFault", lambda: database.cluster(copy))
    after = database.cluster(new)
    assert "PendingModifiedValues" not in after
    assert after["DbClusterResourceId"] == before["DbClusterResourceId"]
    assert after["DBClusterArn"] == before["DBClusterArn"].replace(copy, new)
    assert after["TagList"] == TAGS


def test_the_instances_follow_their_cluster(database: Database, copy: str) -> None:
    database.serve(copy)
    new = new_name("renamed")
    rename(database, copy, new)
    (member,) = database.cluster(new)["DBClusterMembers"]
    instance = database.instance(member["DBInstanceIdentifier"])
    assert instance["DBClusterIdentifier"] == new
    found = database.rds.describe_db_instances(Filters=[{"Name": "db-cluster-id", "Values": [new]}])["DBInstances"]
    assert [each["DBInstanceIdentifier"] for each in found] == [f"{copy}-writer"]


@pytest.mark.parametrize(
    ("new", "code"),
    [("coder-prod-aurora", "DBClusterAlreadyExistsFault"), ("two--hyphens", "InvalidParameterValue")],
)
def test_a_name_that_is_taken_or_none_is_refused(
    database: Database, source: str, copy: str, new: str, code: str
) -> None:
    asked = {"DBClusterIdentifier": copy, "NewDBClusterIdentifier": new, "ApplyImmediately": True}
    refused(code, lambda: database.rds.modify_db_cluster(**asked))
    assert database.cluster(copy)["Status"] == "available"


def test_a_rename_that_is_not_to_be_applied_at_once_is_pending(database: Database, copy: str) -> None:
    asked = {"DBClusterIdentifier": copy, "NewDBClusterIdentifier": "later"}
    pending = database.rds.modify_db_cluster(**asked)["DBCluster"]
    assert (pending["Status"], pending["PendingModifiedValues"]) == ("available", {"DBClusterIdentifier": "later"})


def test_a_renamed_cluster_goes_on_being_backed_up(database: Database) -> None:
    name, new = new_name("backed-up"), new_name("renamed")
    database.create(name)
    database.sql(name, "create table events (what text)")
    earlier = database.take_snapshot(name)
    database.sql(name, "insert into events values ('before')")
    before = datetime.now(UTC)
    resource = database.cluster(name)["DbClusterResourceId"]
    rename(database, name, new)
    database.sql(new, "insert into events values ('after')")
    after = datetime.now(UTC)
    until(lambda: database.cluster(new)["LatestRestorableTime"] >= after)
    (backup,) = database.rds.describe_db_cluster_automated_backups(DBClusterIdentifier=new)["DBClusterAutomatedBackups"]
    assert backup["DbClusterResourceId"] == resource
    found = database.rds.describe_db_cluster_snapshots(DbClusterResourceId=resource)["DBClusterSnapshots"]
    assert [(each["DBClusterSnapshotIdentifier"], each["DBClusterIdentifier"]) for each in found] == [(earlier, name)]
    database.rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=earlier)
    by_name = database.restore_to(SourceDBClusterIdentifier=new, RestoreToTime=before)
    by_resource = database.restore_to(SourceDbClusterResourceId=resource, UseLatestRestorableTime=True)
    for restored, expected in ((by_name, ["before"]), (by_resource, ["after", "before"])):
        database.serve(restored)
        assert rows(database, restored) == expected
        database.discard(restored)
    database.discard(new)


def test_a_cluster_that_was_renamed_is_retired_with_a_last_snapshot(database: Database, snapshot: str) -> None:
    name = database.restore(snapshot, DeletionProtection=True, CopyTagsToSnapshot=True, Tags=TAGS)
    old, final = f"{name}-old", new_name("final")
    rename(database, name, old)
    delete = {"DBClusterIdentifier": old, "FinalDBSnapshotIdentifier": final}
    refused("InvalidParameterCombination", lambda: database.rds.delete_db_cluster(**delete))
    database.rds.modify_db_cluster(DBClusterIdentifier=old, DeletionProtection=False)
    database.rds.delete_db_cluster(**delete)
    database.gone(old)
    kept = database.snapshot(final)
    assert (kept["Status"], kept["DBClusterIdentifier"], kept["TagList"]) == ("available", old, TAGS)


def test_an_instance_is_renamed_with_its_tags_and_its_place_in_the_cluster(
    database: Database, copy: str, disturbances: Disturbances
) -> None:
    database.serve(copy)
    old, new = f"{copy}-writer", new_name("writer")
    reader = new_name("reader")
    database.rds.create_db_instance(
        DBInstanceIdentifier=reader, DBClusterIdentifier=copy, Engine=ENGINE, DBInstanceClass="db.serverless"
    )
    before = database.instance(old)
    database.rds.add_tags_to_resource(ResourceName=before["DBInstanceArn"], Tags=TAGS)
    disturbances.order(Disturbance.RENAME_HANGS)
    asked = {"DBInstanceIdentifier": old, "NewDBInstanceIdentifier": new, "ApplyImmediately": True}
    begun = database.rds.modify_db_instance(**asked)["DBInstance"]
    assert (begun["DBInstanceStatus"], begun["DBInstanceIdentifier"]) == ("renaming", old)
    refused("DBInstanceNotFound", lambda: database.instance(new))
    database.leaves(lambda: database.instance(reader)["DBInstanceStatus"], "creating")
    taken = {"DBInstanceIdentifier": reader, "NewDBInstanceIdentifier": new, "ApplyImmediately": True}
    refused("DBInstanceAlreadyExists", lambda: database.rds.modify_db_instance(**taken))
    disturbances.lift(Disturbance.RENAME_HANGS)
    until(lambda: [m["DBInstanceIdentifier"] for m in database.cluster(copy)["DBClusterMembers"]] == [new, reader])
    refused("DBInstanceNotFound", lambda: database.instance(old))
    after = database.instance(new)
    assert after["DBInstanceStatus"] == "available"
    assert after["DBInstanceArn"] == before["DBInstanceArn"].replace(old, new)
    assert (after["DbiResourceId"], after["TagList"]) == (before["DbiResourceId"], TAGS)
    assert database.cluster(copy)["DBClusterMembers"][0]["IsClusterWriter"] is True
    assert database.sql(copy, "select 1") == [[1]]
