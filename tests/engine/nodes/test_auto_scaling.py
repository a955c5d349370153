"""The Auto Scaling group of a node group: one instance is taken away by its name, and failed launches are told."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from nodes_bench import Group, Nodes, eventually

from day2.engine.disturbances import Disturbances
from day2.engine.engine import Engine
from day2.engine.nodes.disturbances import NodeDisturbance


def end(group: Group, instance: str, *, shrinking: bool = True, client: Any = None) -> dict[str, Any]:
    told = (client or group.engine.client("autoscaling")).terminate_instance_in_auto_scaling_group(
        InstanceId=instance, ShouldDecrementDesiredCapacity=shrinking
    )
    return dict(told["Activity"])


def test_exactly_the_named_instance_goes_and_desired_with_it(group: Group) -> None:
    chosen, *stay = (each["InstanceId"] for each in group.instances())
    activity = end(group, chosen)
    assert (activity["StatusCode"], activity["AutoScalingGroupName"]) == ("InProgress", group.scaling_group)
    assert "in response to a user request, shrinking the capacity from 3 to 2" in activity["Cause"]
    assert group.scaled()["DesiredCapacity"] == 2
    assert {each["InstanceId"]: each["LifecycleState"] for each in group.instances()}[chosen] == "Terminating:Wait"
    group.await_ready(2)
    assert [each["InstanceId"] for each in group.instances()] == stay
    assert group.activities()[0]["StatusCode"] == "Successful"


def test_eks_tells_the_new_size_a_little_later(group: Group) -> None:
    end(group, group.instances()[0]["InstanceId"])
    eventually(lambda: group.sizes() == (1, 2, 9))
    assert group.described()["status"] == "ACTIVE"


def test_several_instances_go_in_one_call(engine: Engine, group: Group) -> None:
    chosen = [each["InstanceId"] for each in group.instances()[:2]]
    told = engine.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceIds=chosen, AutoScalingGroupName=group.scaling_group, ShouldDecrementDesiredCapacity=True
    )
    assert len(told["Activities"]) == 2
    group.await_ready(1)


def test_an_instance_that_is_not_given_up_is_replaced(group: Group) -> None:
    chosen = group.instances()[0]["InstanceId"]
    end(group, chosen, shrinking=False)
    eventually(lambda: len(group.instances()) == 3 and chosen not in {each["InstanceId"] for each in group.instances()})
    assert group.scaled()["DesiredCapacity"] == 3


def test_a_group_at_its_smallest_gives_none_up(nodes: Nodes, cluster: str) -> None:
    group = nodes.group(cluster, smallest=2, desired=2)
    chosen = group.instances()[0]["InstanceId"]
    with pytest.raises(ClientError, match=r"ValidationError.*desiredSize equals minSize \(2\)"):
        end(group, chosen)
    group.finish(group.ask(minSize=1, desiredSize=2, maxSize=9))
    end(group, chosen)
    group.await_ready(1)


def test_an_instance_that_is_unknown_or_leaving_is_refused(group: Group) -> None:
    with pytest.raises(ClientError, match=r"ValidationError.*No managed instance found for instance ID i-0none"):
        end(group, "i-0none")
    chosen = group.instances()[0]["InstanceId"]
    end(group, chosen)
    with pytest.raises(ClientError, match="ScalingActivityInProgress"):
        end(group, chosen)


def test_terminations_can_be_refused(group: Group, disturbances: Disturbances) -> None:
    disturbances.order(NodeDisturbance.TERMINATION_REFUSED)
    chosen = group.instances()[0]["InstanceId"]
    with pytest.raises(ClientError, match="ResourceContention"):
        end(group, chosen)
    disturbances.lift(NodeDisturbance.TERMINATION_REFUSED)
    end(group, chosen)


@pytest.mark.parametrize(
    ("cause", "code", "words"),
    [
        (NodeDisturbance.NO_CAPACITY, "AsgInstanceLaunchFailures", "InsufficientInstanceCapacity"),
        (NodeDisturbance.OVER_QUOTA, "AsgInstanceLaunchFailures", "VcpuLimitExceeded"),
        (NodeDisturbance.NO_ADDRESSES, "InsufficientFreeAddresses", "not enough free addresses in subnet 'subnet-"),
    ],
)
def test_instances_that_do_not_come_are_told_as_failed_activities_and_degrade_the_group_until_one_comes(
    group: Group, disturbances: Disturbances, cause: NodeDisturbance, code: str, words: str
) -> None:
    disturbances.order(cause)
    assert group.finish(group.ask(desiredSize=4))["status"] == "Successful"
    failed = group.activities()[0]
    assert (failed["StatusCode"], words in failed["StatusMessage"]) == ("Failed", True)
    assert failed["StatusMessage"].endswith("Launching EC2 instance failed.")
    described = group.described()
    assert (described["status"], group.sizes()) == ("DEGRADED", (1, 4, 9))
    assert [each["code"] for each in described["health"]["issues"]] == [code]
    disturbances.lift(cause)
    group.await_ready(4)
    assert (group.described()["status"], group.described()["health"]["issues"]) == ("ACTIVE", [])


def test_whoever_goes_past_eks_is_held_to_the_groups_limits_and_followed_by_eks(engine: Engine, group: Group) -> None:
    client, name = engine.client("autoscaling"), group.scaling_group
    with pytest.raises(ClientError, match="value 10 is above max value 9"):
        client.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=10)
    client.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=4)
    eventually(lambda: group.sizes() == (1, 4, 9))
    client.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=5)
    eventually(lambda: group.sizes() == (5, 5, 9))
    group.await_ready(5)


def test_a_scheduled_action_that_is_left_over_is_found(engine: Engine, group: Group) -> None:
    client, name = engine.client("autoscaling"), group.scaling_group
    client.put_scheduled_update_group_action(
        AutoScalingGroupName=name, ScheduledActionName="morning", Recurrence="45 6 * * MON-FRI", MinSize=2
    )
    found = client.describe_scheduled_actions(AutoScalingGroupName=name)["ScheduledUpdateGroupActions"]
    assert [(each["ScheduledActionName"], each["Recurrence"]) for each in found] == [("morning", "45 6 * * MON-FRI")]


def test_a_role_for_one_group_can_change_no_other(engine: Engine, nodes: Nodes, group: Group) -> None:
    other = nodes.group(group.cluster, desired=2)
    account = engine.settings.account
    only = [
        f"arn:aws:eks:eu-central-1:{account}:nodegroup/{group.cluster}/{group.name}/*",
        f"arn:aws:autoscaling:eu-central-1:{account}:autoScalingGroup:*:autoScalingGroupName/eks-{group.name}-*",
    ]
    actions = ["eks:*Nodegroup*", "eks:DescribeUpdate", "autoscaling:TerminateInstanceInAutoScalingGroup"]
    client = acting_as(engine, nodes.role({"Effect": "Allow", "Action": actions, "Resource": only}))
    eks, scaling = client("eks"), client("autoscaling")
    update = eks.update_nodegroup_config(
        clusterName=group.cluster, nodegroupName=group.name, scalingConfig={"desiredSize": 4}
    )["update"]["id"]
    assert eks.describe_update(name=group.cluster, nodegroupName=group.name, updateId=update)
    end(group, group.instances()[0]["InstanceId"], client=scaling)
    with pytest.raises(ClientError, match="AccessDenied"):
        eks.describe_nodegroup(clusterName=other.cluster, nodegroupName=other.name)
    with pytest.raises(ClientError, match="AccessDenied"):
        end(other, other.instances()[0]["InstanceId"], client=scaling)


def test_a_role_is_given_the_instances_of_one_group_by_the_tags_that_eks_puts_on_it(
    engine: Engine, nodes: Nodes, group: Group
) -> None:
    other = nodes.group(group.cluster, desired=2)
    tags = {
        "autoscaling:ResourceTag/eks:cluster-name": group.cluster,
        "autoscaling:ResourceTag/eks:nodegroup-name": group.name,
    }
    may = {
        "Effect": "Allow",
        "Action": "autoscaling:TerminateInstanceInAutoScalingGroup",
        "Resource": "*",
        "Condition": {"StringEquals": tags},
    }
    scaling = acting_as(engine, nodes.role(may))("autoscaling")
    end(group, group.instances()[0]["InstanceId"], client=scaling)
    with pytest.raises(ClientError, match="AccessDenied"):
        end(other, other.instances()[0]["InstanceId"], client=scaling)


def test_a_group_that_is_not_there_is_told_to_be_missing_to_a_role_that_may_look_at_it(
    engine: Engine, nodes: Nodes, cluster: str
) -> None:
    arn = f"arn:aws:eks:eu-central-1:{engine.settings.account}:nodegroup/{cluster}/missing/*"
    eks = acting_as(engine, nodes.role({"Effect": "Allow", "Action": "eks:DescribeNodegroup", "Resource": arn}))("eks")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        eks.describe_nodegroup(clusterName=cluster, nodegroupName="missing")
    with pytest.raises(ClientError, match="AccessDenied"):
        eks.describe_nodegroup(clusterName=cluster, nodegroupName="another")


def acting_as(engine: Engine, role: str) -> Callable[[str], Any]:
    """Clients of whoever assumes the role, by the service's name."""
    assumed = engine.client("sts").assume_role(RoleArn=role, RoleSessionName=uuid4().hex)["Credentials"]
    session = boto3.Session(
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
        region_name=engine.settings.region,
    )
    make: Any = session.client
    return lambda service: make(service, endpoint_url=engine.endpoint)
