"""The managed master secret: appears, becomes active, opens the database, goes with the cluster."""

import pytest
from aurora_bench import FIRST_PASSWORD, Database, new_name, refused


def test_the_managed_secret_becomes_active_and_opens_the_database(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot)
    database.serve(copy)
    begun = database.rds.modify_db_cluster(DBClusterIdentifier=copy, ManageMasterUserPassword=True)["DBCluster"]
    assert begun["MasterUserSecret"]["SecretStatus"] == "creating"
    status = database.leaves(lambda: str(database.cluster(copy)["MasterUserSecret"]["SecretStatus"]), "creating")
    assert status == "active"
    found = database.cluster(copy)
    assert found["Status"] == "available"
    secret = database.secret(found["MasterUserSecret"]["SecretArn"])
    assert set(secret) == {"username", "password"}
    assert database.sql(copy, "select current_user", password=secret["password"]) == [["coder_admin"]]
    with pytest.raises(Exception, match="28P01"):
        database.sql(copy, "select 1", password=FIRST_PASSWORD)
    database.discard(copy)


def test_the_managed_secret_is_named_and_tagged_as_rds_does_and_goes_with_its_cluster(
    database: Database, snapshot: str
) -> None:
    copy = database.restore(snapshot)
    begun = database.rds.modify_db_cluster(DBClusterIdentifier=copy, ManageMasterUserPassword=True)["DBCluster"]
    arn = begun["MasterUserSecret"]["SecretArn"]
    secrets = database.engine.client("secretsmanager")
    described = secrets.describe_secret(SecretId=arn)
    assert described["Name"].startswith("rds!cluster-")
    assert {"Key": "aws:rds:primaryDBClusterArn", "Value": begun["DBClusterArn"]} in described["Tags"]
    database.leaves(lambda: str(database.cluster(copy)["Status"]), "resetting-master-credentials")
    database.delete(copy)
    refused("ResourceNotFoundException", lambda: secrets.describe_secret(SecretId=arn))


def test_a_cluster_can_be_created_with_a_managed_secret(database: Database) -> None:
    name = new_name("managed")
    database.rds.create_db_cluster(
        DBClusterIdentifier=name,
        Engine="aurora-postgresql",
        DatabaseName="coder",
        MasterUsername="coder_admin",
        ManageMasterUserPassword=True,
        ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 1},
    )
    database.serve(name)
    database.leaves(lambda: str(database.cluster(name)["MasterUserSecret"]["SecretStatus"]), "creating")
    secret = database.secret(database.cluster(name)["MasterUserSecret"]["SecretArn"])
    assert database.sql(name, "select 1", password=secret["password"]) == [[1]]
    database.discard(name)


def test_a_restored_cluster_takes_the_password_of_the_secret_that_is_there(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot)
    begun = database.rds.modify_db_cluster(
        DBClusterIdentifier=copy, MasterUserPassword="the-secrets-password", ApplyImmediately=True
    )["DBCluster"]
    assert begun["Status"] == "resetting-master-credentials"
    assert "MasterUserSecret" not in begun
    assert database.leaves(lambda: str(database.cluster(copy)["Status"]), begun["Status"]) == "available"
    database.serve(copy)
    assert database.sql(copy, "select 1", password="the-secrets-password") == [[1]]
    with pytest.raises(Exception, match="28P01"):
        database.sql(copy, "select 1", password=FIRST_PASSWORD)
    database.discard(copy)


def test_one_does_not_set_a_password_that_rds_manages(database: Database, snapshot: str) -> None:
    copy = database.restore(snapshot)
    modify = database.rds.modify_db_cluster
    both = {"ManageMasterUserPassword": True, "MasterUserPassword": "a-password"}
    refused("InvalidParameterCombination", lambda: modify(DBClusterIdentifier=copy, **both))
    modify(DBClusterIdentifier=copy, ManageMasterUserPassword=True)
    refused("InvalidDBClusterStateFault", lambda: modify(DBClusterIdentifier=copy, DeletionProtection=True))
    database.leaves(lambda: str(database.cluster(copy)["Status"]), "resetting-master-credentials")
    refused("InvalidParameterCombination", lambda: modify(DBClusterIdentifier=copy, MasterUserPassword="a-password"))
    database.discard(copy)


def test_the_superuser_of_the_server_does_not_log_in_by_network(database: Database, source: str) -> None:
    with pytest.raises(Exception, match="28000"):
        database.sql(source, "select 1", user="rdsadmin")
