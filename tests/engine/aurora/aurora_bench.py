"""A database on the engine, and the calls that tests make again and again."""

import json
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from itertools import count
from typing import Any

import pg8000.native
import pytest
from botocore.exceptions import ClientError

from day2.engine.engine import Engine

ENGINE = "aurora-postgresql"
MASTER = "coder_admin"
FIRST_PASSWORD = "the-first-password"
SCALING = {"MinCapacity": 0.5, "MaxCapacity": 1.0}
PATIENCE_SECONDS = 30.0
_NUMBERS = count(1)


def new_name(kind: str = "copy") -> str:
    """An identifier that no other test uses."""
    return f"{kind}-{next(_NUMBERS)}"


class Database:
    """The RDS calls of one engine, with the waiting that belongs to them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.rds = engine.client("rds")

    def cluster(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
        return found

    def instance(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        return found

    def snapshot(self, name: str) -> dict[str, Any]:
        answer = self.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=name)
        found: dict[str, Any] = answer["DBClusterSnapshots"][0]
        return found

    def create(self, name: str, **more: Any) -> dict[str, Any]:
        """A cluster with a database and one instance, serving."""
        asked = {
            "DBClusterIdentifier": name,
            "Engine": ENGINE,
            "DatabaseName": "coder",
            "MasterUsername": MASTER,
            "MasterUserPassword": FIRST_PASSWORD,
            "ServerlessV2ScalingConfiguration": SCALING,
        }
        self.rds.create_db_cluster(**{**asked, **more})
        return self.serve(name)

    def serve(self, name: str) -> dict[str, Any]:
        """Add the one instance, and return the cluster when it answers."""
        self.rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-writer",
            DBClusterIdentifier=name,
            Engine=ENGINE,
            DBInstanceClass="db.serverless",
        )
        assert self.leaves(lambda: self.instance(f"{name}-writer")["DBInstanceStatus"], "creating") == "available"
        return self.cluster(name)

    def settled(self, name: str) -> str:
        """The status that a cluster reaches after `creating`."""
        return self.leaves(lambda: str(self.cluster(name)["Status"]), "creating")

    def take_snapshot(self, cluster: str, **more: Any) -> str:
        name: str = more.pop("name", None) or new_name("snapshot")
        self.rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=name, DBClusterIdentifier=cluster, **more)
        assert self.leaves(lambda: str(self.snapshot(name)["Status"]), "creating") == "available"
        return name

    def restore(self, snapshot: str, **more: Any) -> str:
        """A copy of a snapshot, available and without instances."""
        name = new_name()
        asked = {
            "DBClusterIdentifier": name,
            "SnapshotIdentifier": snapshot,
            "Engine": ENGINE,
            "ServerlessV2ScalingConfiguration": SCALING,
        }
        self.rds.restore_db_cluster_from_snapshot(**{**asked, **more})
        assert self.settled(name) == "available"
        return name

    def restore_to(self, **source_and_time: Any) -> str:
        """A copy as of a time, available and without instances."""
        name = new_name()
        self.rds.restore_db_cluster_to_point_in_time(
            DBClusterIdentifier=name, ServerlessV2ScalingConfiguration=SCALING, **source_and_time
        )
        assert self.settled(name) == "available"
        return name

    def delete(self, name: str, **more: Any) -> None:
        """Delete a cluster with its instances, and return when it is gone."""
        self.discard(name, **more)
        self.gone(name)

    def discard(self, name: str, **more: Any) -> None:
        """Begin to delete a cluster with its instances."""
        for instance in self.cluster(name)["DBClusterMembers"]:
            self.rds.delete_db_instance(DBInstanceIdentifier=instance["DBInstanceIdentifier"], SkipFinalSnapshot=True)
        self.rds.delete_db_cluster(DBClusterIdentifier=name, **{"SkipFinalSnapshot": True, **more})

    def gone(self, name: str) -> None:
        """Return when describing the cluster is refused as not found."""
        until(lambda: code_of(lambda: self.cluster(name)) == "DBClusterNotFoundFault")

    def leaves(self, ask: Callable[[], str], status: str) -> str:
        """The first answer that is another than `status`."""
        seen: list[str] = []

        def left() -> bool:
            seen.append(ask())
            return seen[-1] != status

        until(left)
        return seen[-1]

    def secret(self, arn: str) -> dict[str, str]:
        text = self.engine.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
        read: dict[str, str] = json.loads(text)
        return read

    def sql(self, cluster: str, statement: str, *, user: str = MASTER, password: str = FIRST_PASSWORD) -> list[Any]:
        """Run SQL as the master user at the writer endpoint, TLS verified in full."""
        found = self.cluster(cluster)
        trust = ssl.create_default_context(cafile=str(self.engine.settings.certificates / "ca.pem"))
        connection = pg8000.native.Connection(
            user, host=found["Endpoint"], port=found["Port"], database="coder", password=password, ssl_context=trust
        )
        with closing(connection):
            return connection.run(statement) or []


def until(holds: Callable[[], bool]) -> None:
    """Return when it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def code_of(call: Callable[[], object]) -> str:
    """The error code that a call is refused with; empty when it succeeds."""
    try:
        call()
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return ""


def refused(code: str, call: Callable[[], object]) -> str:
    """Assert that a call is refused with this code; the message."""
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])
