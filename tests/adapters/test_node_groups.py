"""The doors to node groups and their instances against stubbed clients: sizes, updates, and the end of one instance."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lambdas.adapters.fleet import Failure, Fleet, Member
from lambdas.adapters.node_groups import NodeGroups
from lambdas.errors import AccessRefused, GroupUpdating, RequestRefused, ServiceBusy
from lambdas.scaling.contracts import Group, Sizes

NOW = datetime(2026, 11, 26, 10, 45, tzinfo=UTC)
INSTANCE = "i-0123456789abcdef0"
GROUP = Group(
    name="coder-prod-ws",
    role="workspace",
    sizes=Sizes(smallest=10, desired=12, largest=200),
    status="ACTIVE",
    auto_scaling_group="eks-coder-prod-ws-1",
)
TOLD = {
    "nodegroupName": "coder-prod-ws",
    "status": "ACTIVE",
    "scalingConfig": {"minSize": 10, "maxSize": 200, "desiredSize": 12},
    "resources": {"autoScalingGroups": [{"name": "eks-coder-prod-ws-1"}]},
}
MEMBER = {"LifecycleState": "InService", "HealthStatus": "Healthy", "ProtectedFromScaleIn": False}


def _client(service: str) -> Any:
    make: Any = boto3.client
    return make(service, region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture(scope="module")
def eks() -> Any:
    return _client("eks")


@pytest.fixture(scope="module")
def autoscaling() -> Any:
    return _client("autoscaling")


@pytest.fixture
def groups(eks: Any) -> Iterator[Stubber]:
    with Stubber(eks) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


@pytest.fixture
def fleet(autoscaling: Any) -> Iterator[Stubber]:
    with Stubber(autoscaling) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


def update(status: str, *errors: dict[str, Any]) -> dict[str, Any]:
    return {"update": {"id": "an-update", "status": status, "type": "ConfigUpdate", "errors": list(errors)}}


def test_a_group_is_told_with_its_sizes_and_its_auto_scaling_group(eks: Any, groups: Stubber) -> None:
    groups.add_response(
        "describe_nodegroup", {"nodegroup": TOLD}, {"clusterName": "coder-prod", "nodegroupName": "coder-prod-ws"}
    )
    assert NodeGroups(eks).group("coder-prod", "coder-prod-ws", "workspace") == GROUP


def test_a_group_that_is_not_there_sends_the_operator_to_the_settings(eks: Any, groups: Stubber) -> None:
    groups.add_client_error("describe_nodegroup", "ResourceNotFoundException", "No node group found", 404)
    with pytest.raises(RequestRefused, match=r"coder-prod/night.*Correct the settings' scaling.groups"):
        NodeGroups(eks).group("coder-prod", "night", "workspace")


def test_sizes_are_ordered_all_three_together_and_once_by_their_token(eks: Any, groups: Stubber) -> None:
    asked = {
        "clusterName": "coder-prod",
        "nodegroupName": "coder-prod-ws",
        "scalingConfig": {"minSize": 10, "desiredSize": 50, "maxSize": 200},
        "clientRequestToken": "s-1",
    }
    groups.add_response("update_nodegroup_config", update("InProgress"), asked)
    ordered = NodeGroups(eks).resize(
        GROUP, Sizes(smallest=10, desired=50, largest=200), cluster="coder-prod", token="s-1"
    )
    assert (ordered.id, ordered.status) == ("an-update", "InProgress")


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ResourceInUseException", 409, GroupUpdating),
        ("InvalidParameterException", 400, RequestRefused),
        ("AccessDeniedException", 403, AccessRefused),
        ("ThrottlingException", 400, ServiceBusy),
    ],
)
def test_a_refused_order_is_one_of_our_errors(
    eks: Any, groups: Stubber, code: str, status: int, error: type[Exception]
) -> None:
    groups.add_client_error("update_nodegroup_config", code, "no", status)
    with pytest.raises(error, match="coder-prod/coder-prod-ws"):
        NodeGroups(eks).resize(GROUP, GROUP.sizes, cluster="coder-prod", token="s-1")


def test_a_failed_update_tells_its_errors(eks: Any, groups: Stubber) -> None:
    error = {
        "errorCode": "InsufficientFreeAddresses",
        "errorMessage": "One or more subnets have no free addresses.",
        "resourceIds": ["subnet-1", "subnet-2"],
    }
    groups.add_response(
        "describe_update",
        update("Failed", error),
        {"name": "coder-prod", "nodegroupName": "coder-prod-ws", "updateId": "an-update"},
    )
    assert NodeGroups(eks).update("coder-prod", "coder-prod-ws", "an-update").errors == (
        "InsufficientFreeAddresses: One or more subnets have no free addresses. [subnet-1, subnet-2]",
    )


def test_instances_are_told_with_where_they_are_and_whether_they_serve(autoscaling: Any, fleet: Stubber) -> None:
    told = {
        "AutoScalingGroupName": "asg",
        "MinSize": 0,
        "MaxSize": 9,
        "DesiredCapacity": 1,
        "DefaultCooldown": 300,
        "AvailabilityZones": ["eu-west-1a"],
        "HealthCheckType": "EC2",
        "CreatedTime": NOW,
        "Instances": [{"InstanceId": INSTANCE, "AvailabilityZone": "eu-west-1a", **MEMBER}],
    }
    fleet.add_response(
        "describe_auto_scaling_groups", {"AutoScalingGroups": [told]}, {"AutoScalingGroupNames": ["asg"]}
    )
    assert Fleet(autoscaling).members("asg") == (Member(instance=INSTANCE, zone="eu-west-1a", state="InService"),)


def test_exactly_one_instance_ends_and_is_not_replaced(autoscaling: Any, fleet: Stubber) -> None:
    asked = {"InstanceId": INSTANCE, "ShouldDecrementDesiredCapacity": True}
    fleet.add_response("terminate_instance_in_auto_scaling_group", {}, asked)
    assert Fleet(autoscaling).terminate(INSTANCE)


def test_an_instance_that_is_gone_already_is_no_error(autoscaling: Any, fleet: Stubber) -> None:
    message = f"Instance Id not found - No managed instance found for instance ID: {INSTANCE}"
    fleet.add_client_error("terminate_instance_in_auto_scaling_group", "ValidationError", message, 400)
    assert not Fleet(autoscaling).terminate(INSTANCE)


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        (
            "ValidationError",
            (
                "Currently, desiredSize equals minSize (10). Terminating instance without replacement will violate "
                "group's min size constraint."
            ),
            RequestRefused,
        ),
        ("ValidationError", f"Instance {INSTANCE} is protected from termination.", RequestRefused),
        ("ScalingActivityInProgress", "a scaling activity is in progress", ServiceBusy),
        ("AccessDenied", "not authorized", AccessRefused),
    ],
)
def test_an_instance_that_may_not_end_is_one_of_our_errors(
    autoscaling: Any, fleet: Stubber, code: str, message: str, error: type[Exception]
) -> None:
    fleet.add_client_error("terminate_instance_in_auto_scaling_group", code, message, 400)
    with pytest.raises(error, match=INSTANCE):
        Fleet(autoscaling).terminate(INSTANCE)


def activity(minutes_ago: int, status: str, why: str = "") -> dict[str, Any]:
    return {
        "ActivityId": f"activity-{minutes_ago}",
        "AutoScalingGroupName": "asg",
        "Cause": "a difference between desired and actual capacity",
        "StartTime": NOW - timedelta(minutes=minutes_ago),
        "StatusCode": status,
        "StatusMessage": why or "none",
        "Description": "Launching a new EC2 instance",
    }


def test_failed_activities_are_told_as_far_back_as_they_are_asked_for(autoscaling: Any, fleet: Stubber) -> None:
    why = "We currently do not have sufficient m7i.2xlarge capacity in the Availability Zone you requested."
    first = [activity(1, "Failed", why), activity(2, "Successful")]
    fleet.add_response("describe_scaling_activities", {"Activities": first, "NextToken": "more"})
    fleet.add_response(
        "describe_scaling_activities", {"Activities": [activity(90, "Failed", "older")], "NextToken": "and more"}
    )
    found = Fleet(autoscaling).failures("asg", since=NOW - timedelta(minutes=30))
    assert found == (Failure(at=NOW - timedelta(minutes=1), what="Launching a new EC2 instance", why=why),)
