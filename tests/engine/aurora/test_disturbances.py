"""Faults on order end where AWS's would."""

import pytest
from aurora_bench import ENGINE, SCALING, Database, new_name, refused

from day2.engine.aurora.disturbances import Disturbance
from day2.engine.disturbances import Disturbances


def begin(database: Database, snapshot: str) -> str:
    name = new_name()
    database.rds.restore_db_cluster_from_snapshot(
        DBClusterIdentifier=name,
        SnapshotIdentifier=snapshot,
        Engine=ENGINE,
        ServerlessV2ScalingConfiguration=SCALING,
    )
    return name


def test_a_restore_can_end_in_failed_and_be_deleted(
    database: Database, snapshot: str, disturbances: Disturbances
) -> None:
    disturbances.order(Disturbance.RESTORE_FAILS)
    name = begin(database, snapshot)
    assert database.settled(name) == "failed"
    database.delete(name)
    again = begin(database, snapshot)
    assert database.settled(again) == "available"
    database.discard(again)


def test_a_restore_can_hang_until_it_is_let_go(database: Database, snapshot: str, disturbances: Disturbances) -> None:
    disturbances.order(Disturbance.RESTORE_HANGS)
    hanging = begin(database, snapshot)
    other = database.take_snapshot("coder-prod-aurora")  # takes longer than an undisturbed restore's own phase
    assert other
    assert database.cluster(hanging)["Status"] == "creating"
    disturbances.lift(Disturbance.RESTORE_HANGS)
    assert database.settled(hanging) == "available"
    database.discard(hanging)


def test_an_instance_can_fail(database: Database, snapshot: str, disturbances: Disturbances) -> None:
    copy = database.restore(snapshot)
    disturbances.order(Disturbance.INSTANCE_FAILS)
    writer = new_name("writer")
    database.rds.create_db_instance(
        DBInstanceIdentifier=writer, DBClusterIdentifier=copy, Engine=ENGINE, DBInstanceClass="db.serverless"
    )
    assert database.leaves(lambda: database.instance(writer)["DBInstanceStatus"], "creating") == "failed"
    database.discard(copy)


def test_an_available_database_can_be_unreachable(
    database: Database, snapshot: str, disturbances: Disturbances
) -> None:
    copy = database.restore(snapshot)
    disturbances.order(Disturbance.DATABASE_UNREACHABLE)
    database.serve(copy)
    with pytest.raises(Exception, match="Can't create a connection"):
        database.sql(copy, "select 1")
    database.discard(copy)


def test_every_call_can_be_throttled(database: Database, source: str, disturbances: Disturbances) -> None:
    disturbances.order(Disturbance.THROTTLED)
    refused("Throttling", lambda: database.cluster(source))
    disturbances.lift(Disturbance.THROTTLED)
    assert database.cluster(source)["Status"] == "available"


def test_a_deletion_can_be_refused_once(database: Database, snapshot: str, disturbances: Disturbances) -> None:
    copy = database.restore(snapshot)
    disturbances.order(Disturbance.DELETION_REFUSED)
    delete = database.rds.delete_db_cluster
    refused("InternalFailure", lambda: delete(DBClusterIdentifier=copy, SkipFinalSnapshot=True))
    database.discard(copy)


def test_credentials_and_deletion_can_be_kept_waiting(
    database: Database, snapshot: str, disturbances: Disturbances
) -> None:
    copy = database.restore(snapshot)
    disturbances.order(Disturbance.CREDENTIALS_HANG)
    database.rds.modify_db_cluster(DBClusterIdentifier=copy, ManageMasterUserPassword=True)
    database.take_snapshot("coder-prod-aurora")  # takes longer than an undisturbed change of password
    assert database.cluster(copy)["MasterUserSecret"]["SecretStatus"] == "creating"
    disturbances.lift(Disturbance.CREDENTIALS_HANG)
    database.leaves(lambda: str(database.cluster(copy)["Status"]), "resetting-master-credentials")
    disturbances.order(Disturbance.DELETION_HANGS)
    database.discard(copy)
    database.take_snapshot("coder-prod-aurora")
    assert database.cluster(copy)["Status"] == "deleting"
    disturbances.lift(Disturbance.DELETION_HANGS)
    database.gone(copy)
