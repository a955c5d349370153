"""Node groups change their size as on EKS."""

from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from core_bench import Workbench, eventually

from day2.engine.engine import Engine


@pytest.fixture(scope="module")
def cluster(engine: Engine) -> str:
    name = f"cluster-{uuid4().hex[:8]}"
    engine.client("eks").create_cluster(
        name=name, roleArn=Workbench(engine).role(), resourcesVpcConfig={"subnetIds": ["subnet-00000001"]}
    )
    return name


@pytest.fixture
def group(engine: Engine, cluster: str) -> str:
    name = f"group-{uuid4().hex[:8]}"
    engine.client("eks").create_nodegroup(
        clusterName=cluster,
        nodegroupName=name,
        scalingConfig={"minSize": 10, "maxSize": 200, "desiredSize": 10},
        subnets=["subnet-00000001"],
        nodeRole=Workbench(engine).role(),
    )
    return name


def test_an_update_takes_its_time_and_ends_well(engine: Engine, cluster: str, group: str) -> None:
    client = engine.client("eks")
    asked = {"clusterName": cluster, "nodegroupName": group, "scalingConfig": {"minSize": 30, "desiredSize": 50}}
    update = client.update_nodegroup_config(**asked)["update"]
    assert update["status"] == "InProgress"
    assert client.describe_nodegroup(clusterName=cluster, nodegroupName=group)["nodegroup"]["status"] == "UPDATING"
    with pytest.raises(ClientError, match="ResourceInUseException"):
        client.update_nodegroup_config(**asked)

    def described() -> str:
        told = client.describe_update(name=cluster, nodegroupName=group, updateId=update["id"])
        return str(told["update"]["status"])

    eventually(lambda: described() == "Successful")
    seen = client.describe_nodegroup(clusterName=cluster, nodegroupName=group)["nodegroup"]
    assert (seen["status"], seen["scalingConfig"]) == ("ACTIVE", {"minSize": 30, "maxSize": 200, "desiredSize": 50})
    assert client.list_updates(name=cluster, nodegroupName=group)["updateIds"] == [update["id"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"desiredSize": 9},
        {"desiredSize": 201},
        {"minSize": 11},
        {"minSize": 201, "desiredSize": 201},
    ],
)
def test_a_size_outside_its_own_bounds_is_refused(
    engine: Engine, cluster: str, group: str, wrong: dict[str, int]
) -> None:
    client = engine.client("eks")
    with pytest.raises(ClientError, match="InvalidParameterException"):
        client.update_nodegroup_config(clusterName=cluster, nodegroupName=group, scalingConfig=wrong)


def test_what_does_not_exist_is_not_found(engine: Engine, cluster: str) -> None:
    client = engine.client("eks")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.update_nodegroup_config(clusterName=cluster, nodegroupName="none")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.describe_update(name=cluster, updateId="none")
