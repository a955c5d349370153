"""Node groups change their size as on EKS."""

from collections import Counter

import pytest
from botocore.exceptions import ClientError
from nodes_bench import Group, Nodes, eventually, is_ready

from day2.engine.disturbances import Disturbances
from day2.engine.engine import Engine
from day2.engine.nodes.disturbances import NodeDisturbance


def test_an_update_takes_its_time_and_ends_well(engine: Engine, group: Group) -> None:
    update = group.ask(minSize=2, desiredSize=5)
    assert group.update(update)["status"] == "InProgress"
    assert group.described()["status"] == "UPDATING"
    with pytest.raises(ClientError, match=r"ResourceInUseException.*not in Active State"):
        group.ask(desiredSize=6)
    assert group.finish(update)["status"] == "Successful"
    assert (group.described()["status"], group.sizes()) == ("ACTIVE", (2, 5, 9))
    listed = engine.client("eks").list_updates(name=group.cluster, nodegroupName=group.name)
    assert listed["updateIds"] == [update]


def test_an_update_asked_for_twice_with_one_token_is_one(engine: Engine, group: Group) -> None:
    asked = {"clusterName": group.cluster, "nodegroupName": group.name, "clientRequestToken": "once"}
    first, again = (
        engine.client("eks").update_nodegroup_config(**asked, scalingConfig={"desiredSize": 4})["update"]["id"]
        for _ in range(2)
    )
    assert first == again


@pytest.mark.parametrize(
    "wrong",
    [{"desiredSize": 0}, {"desiredSize": 10}, {"minSize": 4}, {"minSize": 10, "desiredSize": 10}],
)
def test_a_size_outside_its_own_bounds_is_refused(group: Group, wrong: dict[str, int]) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        group.ask(**wrong)


def test_what_does_not_exist_is_not_found(engine: Engine, cluster: str) -> None:
    client = engine.client("eks")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.update_nodegroup_config(clusterName=cluster, nodegroupName="none")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.describe_update(name=cluster, updateId="none")


def test_an_update_that_fails_tells_its_errors_and_leaves_the_sizes(group: Group, disturbances: Disturbances) -> None:
    disturbances.order(NodeDisturbance.UPDATE_FAILS)
    update = group.ask(desiredSize=5)
    assert group.update(update)["errors"] == []
    over = group.finish(update)
    assert over["status"] == "Failed"
    assert [(each["errorCode"], len(each["resourceIds"])) for each in over["errors"]] == [("NodeCreationFailure", 3)]
    assert (group.described()["status"], group.sizes()) == ("ACTIVE", (1, 3, 9))
    assert group.finish(group.ask(desiredSize=4))["status"] == "Successful"


def test_an_update_can_hang_until_it_is_let_go(group: Group, disturbances: Disturbances) -> None:
    disturbances.order(NodeDisturbance.UPDATE_HANGS)
    update = group.ask(desiredSize=4)
    group.await_ready(4)
    assert group.update(update)["status"] == "InProgress"
    disturbances.lift(NodeDisturbance.UPDATE_HANGS)
    assert group.finish(update)["status"] == "Successful"


def test_more_nodes_are_launched_in_all_zones_and_are_not_ready_before_they_are_ready(group: Group) -> None:
    group.ask(desiredSize=6)
    states = {each["LifecycleState"] for each in group.instances()}
    assert "Pending" in states
    seen = eventually(lambda: (found := group.nodes()) and len(found) == 6 and found)
    assert sum(map(is_ready, seen)) < 6
    zones = Counter(each["metadata"]["labels"]["topology.kubernetes.io/zone"] for each in group.await_ready(6))
    assert sorted(zones.values()) == [2, 2, 2]
    assert {each["LifecycleState"] for each in group.instances()} == {"InService"}


def test_a_node_is_its_instance(group: Group) -> None:
    for node in group.nodes():
        zone = node["metadata"]["labels"]["topology.kubernetes.io/zone"]
        assert node["metadata"]["name"].endswith(".eu-central-1.compute.internal")
        assert node["metadata"]["name"].startswith("ip-172-31-")
        assert node["metadata"]["creationTimestamp"]
        assert node["metadata"]["labels"]["eks.amazonaws.com/nodegroup"] == group.name
        assert node["metadata"]["labels"]["coder.com/node-type"] == "workspace"
        instance = node["spec"]["providerID"].removeprefix(f"aws:///{zone}/")
        assert (instance, zone) in {(each["InstanceId"], each["AvailabilityZone"]) for each in group.instances()}


def test_a_node_is_cordoned_and_uncordoned_by_a_patch(group: Group) -> None:
    path = f"/api/v1/nodes/{group.nodes()[0]['metadata']['name']}"
    patch = "application/merge-patch+json"
    assert group.door.call("PATCH", path, {"spec": {"unschedulable": True}}, kind=patch).body["spec"]["unschedulable"]
    assert group.door.call("GET", path).body["spec"]["unschedulable"]
    assert (
        "unschedulable"
        not in group.door.call("PATCH", path, {"spec": {"unschedulable": None}}, kind=patch).body["spec"]
    )


def test_fewer_nodes_by_an_update_are_the_oldest_of_the_fullest_zone_and_are_cordoned_before_they_go(
    group: Group,
) -> None:
    first = {each["metadata"]["name"] for each in group.nodes()}
    group.finish(group.ask(desiredSize=6))
    group.await_ready(6)
    group.ask(desiredSize=3)
    assert {each["metadata"]["name"] for each in group.nodes() if each["spec"].get("unschedulable")} == first
    left = group.await_ready(3)
    assert first.isdisjoint(each["metadata"]["name"] for each in left)
    zones = {each["metadata"]["labels"]["topology.kubernetes.io/zone"] for each in left}
    assert len(zones) == 3


def test_nodes_can_be_kept_from_being_ready(group: Group, disturbances: Disturbances) -> None:
    disturbances.order(NodeDisturbance.NODES_NOT_READY)
    group.finish(group.ask(desiredSize=5))
    seen = eventually(lambda: (found := group.nodes()) and len(found) == 5 and found)
    assert sum(map(is_ready, seen)) == 3
    disturbances.lift(NodeDisturbance.NODES_NOT_READY)
    group.await_ready(5)


def test_the_nodes_of_a_deleted_group_go_and_its_scaling_group(engine: Engine, nodes: Nodes, group: Group) -> None:
    other, name = nodes.group(group.cluster, desired=1), group.scaling_group
    other.await_ready(1)
    engine.client("eks").delete_nodegroup(clusterName=group.cluster, nodegroupName=group.name)
    assert group.nodes() == []
    found = engine.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    assert found["AutoScalingGroups"] == []
    assert len(other.nodes()) == 1
