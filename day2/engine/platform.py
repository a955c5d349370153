"""A Coder platform on the engine, as Terraform would have built it: what a drill finds when it arrives.

The network is the engine's default VPC with its subnets behind a route table of their own, without a route to
the internet. The database is a real PostgreSQL behind the Aurora calls, empty until it is seeded.
"""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from day2.engine.failures import PreparationFailed

Clients = Callable[[str], Any]

SUBNETS = ("subnet-00000001", "subnet-00000002", "subnet-00000003")
VPC = "vpc-00000001"
MASTER_USER = "coder_admin"
ENGINE = "aurora-postgresql"
_EKS_MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The platform's names, from the environment's settings."""

    cluster: str
    database: str
    subnet_group: str
    connection_secret: str
    kubernetes_cluster: str | None
    engine_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The platform that was built. `dsn` is its database as master user, TLS required."""

    names: Names
    cluster_arn: str
    host: str
    port: int
    password: str

    @property
    def dsn(self) -> str:
        return _dsn(
            user=MASTER_USER, password=self.password, host=self.host, port=self.port, database=self.names.database
        )


def connection_url(clients: Clients, names: Names) -> str | None:
    """Production as the connection secret has it now; None where the engine holds no such secret."""
    secrets_manager = clients("secretsmanager")
    try:
        held = json.loads(secrets_manager.get_secret_value(SecretId=names.connection_secret)["SecretString"])
    except secrets_manager.exceptions.ResourceNotFoundException:
        return None
    return _dsn(
        user=held["username"],
        password=held["password"],
        host=held["host"],
        port=held["port"],
        database=held["database"],
    )


def _dsn(*, user: str, password: str, host: str, port: int, database: str) -> str:
    return f"postgresql://{quote(user)}:{quote(password)}@{host}:{port}/{quote(database)}?sslmode=require"


def build(clients: Clients, names: Names) -> Platform:
    """Network, database, secret and Kubernetes cluster; returns when the database answers."""
    _close_network(clients("ec2"))
    password = secrets.token_urlsafe(24)
    rds = clients("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName=names.subnet_group,
        DBSubnetGroupDescription="Private subnets of the platform",
        SubnetIds=list(SUBNETS),
    )
    rds.create_db_cluster(
        DBClusterIdentifier=names.cluster,
        Engine=ENGINE,
        EngineVersion=names.engine_version,
        DatabaseName=names.database,
        MasterUsername=MASTER_USER,
        MasterUserPassword=password,
        DBSubnetGroupName=names.subnet_group,
        ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 16},
        BackupRetentionPeriod=35,
        DeletionProtection=True,
        StorageEncrypted=True,
        EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=["postgresql"],
    )
    rds.create_db_instance(
        DBInstanceIdentifier=f"{names.cluster}-1",
        DBClusterIdentifier=names.cluster,
        Engine=ENGINE,
        DBInstanceClass="db.serverless",
        PubliclyAccessible=False,
    )
    cluster = _available(rds, names.cluster)
    clients("secretsmanager").create_secret(
        Name=names.connection_secret,
        SecretString=json.dumps(
            {
                "username": MASTER_USER,
                "password": password,
                "host": cluster["Endpoint"],
                "port": cluster["Port"],
                "database": names.database,
            }
        ),
    )
    if names.kubernetes_cluster:
        role = clients("iam").create_role(
            RoleName=names.kubernetes_cluster, AssumeRolePolicyDocument=json.dumps(_EKS_MAY_ASSUME)
        )
        clients("eks").create_cluster(
            name=names.kubernetes_cluster,
            roleArn=role["Role"]["Arn"],
            resourcesVpcConfig={"subnetIds": list(SUBNETS)},
        )
    return Platform(
        names=names,
        cluster_arn=cluster["DBClusterArn"],
        host=cluster["Endpoint"],
        port=cluster["Port"],
        password=password,
    )


def take_snapshot(clients: Clients, names: Names, snapshot: str) -> dict[str, Any]:
    """Take a snapshot of the database and return when it is available."""
    rds = clients("rds")
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=snapshot, DBClusterIdentifier=names.cluster)
    return _until(
        lambda: rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=snapshot)["DBClusterSnapshots"][0],
        name=snapshot,
    )


def _close_network(ec2: Any) -> None:
    table = ec2.create_route_table(VpcId=VPC)["RouteTable"]["RouteTableId"]
    for subnet in SUBNETS:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)


def _available(rds: Any, cluster: str) -> dict[str, Any]:
    _until(
        lambda: {
            "Status": rds.describe_db_instances(DBInstanceIdentifier=f"{cluster}-1")["DBInstances"][0][
                "DBInstanceStatus"
            ]
        },
        name=f"{cluster}-1",
    )
    return _until(lambda: rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0], name=cluster)


def _until(look: Callable[[], dict[str, Any]], *, name: str, seconds: float = 60) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = look()
        if seen["Status"] == "available":
            return seen
        if seen["Status"] == "failed":
            break
        time.sleep(0.1)
    raise PreparationFailed(f"The engine's {name} did not become available (it is {seen['Status']}).", resource=name)
