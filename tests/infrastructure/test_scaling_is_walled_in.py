"""What IAM lets a scaling do: size the scaled node groups, end their instances, and nothing else of EKS or EC2."""

import botocore.session
import pytest

from infrastructure.iam import request
from infrastructure.templates import Assembly
from lambdas.steps import SCALE_STEPS

ACCOUNT = "eu-central-1:111122223333"
WS, PROV, CONTROL = "coder-prod-ws", "coder-prod-prov", "coder-prod-control"
FLEET = f"arn:aws:autoscaling:{ACCOUNT}:autoScalingGroup:0a1b:autoScalingGroupName/eks-group-0a1b"
END = "autoscaling:TerminateInstanceInAutoScalingGroup"
STEPS = [step.name for step in SCALE_STEPS]
CHANGES = {"eks:UpdateNodegroupConfig": {"OrderSizes"}, END: {"TerminateNodes"}}


def group(name: str, *, cluster: str = "coder-prod") -> str:
    return f"arn:aws:eks:{ACCOUNT}:nodegroup/{cluster}/{name}/0a1b"


def tags(name: str, *, cluster: str = "coder-prod") -> dict[str, str]:
    """As EKS tags the Auto Scaling group of a managed node group."""
    of = "autoscaling__ResourceTag/eks:"
    return {f"{of}cluster-name": cluster, f"{of}nodegroup-name": name}


@pytest.mark.parametrize("name", [WS, PROV])
def test_the_scaled_groups_may_be_sized_and_their_instances_ended(prod: Assembly, name: str) -> None:
    """The counter-check: the walls do not stand because nothing is allowed."""
    assert prod.roles["OrderSizes"].may(request("eks:UpdateNodegroupConfig", group(name)))
    assert prod.roles["TerminateNodes"].may(request(END, FLEET, **tags(name)))


@pytest.mark.parametrize(
    ("name", "cluster"),
    [(CONTROL, "coder-prod"), (WS, "another"), ("coder-prod-ws2", "coder-prod"), ("", "coder-prod")],
)
def test_no_other_group_may_be_whatever_the_input(prod: Assembly, name: str, cluster: str) -> None:
    for step in STEPS:
        assert not prod.roles[step].may(request("eks:UpdateNodegroupConfig", group(name, cluster=cluster)))
        assert not prod.roles[step].may(request(END, FLEET, **tags(name, cluster=cluster)))


def test_an_auto_scaling_group_without_the_tags_of_eks_is_out_of_reach(prod: Assembly) -> None:
    assert not [step for step in STEPS if prod.roles[step].may(request(END, FLEET))]


@pytest.mark.parametrize("service", ["eks", "autoscaling", "ec2"])
def test_nothing_else_is_changed_there_by_any_step(prod: Assembly, service: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    changing = [name for name in model.operation_names if not name.startswith(("Describe", "List", "Get"))]
    of_lambda = {
        "AssignPrivateIpAddresses",
        "CreateNetworkInterface",
        "DeleteNetworkInterface",
        "UnassignPrivateIpAddresses",
    }
    resources = (group(WS), f"arn:aws:eks:{ACCOUNT}:cluster/coder-prod", FLEET, f"arn:aws:ec2:{ACCOUNT}:instance/i-0")
    for name in set(changing) - of_lambda:
        action = f"{service}:{name}"
        able = {
            step
            for step in STEPS
            for resource in resources
            if prod.roles[step].may(request(action, resource, **tags(WS)))
        }
        assert able == CHANGES.get(action, set()), action


def test_no_step_of_a_scaling_touches_a_database_a_secret_but_the_token_or_the_evidence(prod: Assembly) -> None:
    granted = {action.split(":")[0] for step in STEPS for action in prod.roles[step].allowed_actions()}
    assert not granted & {"rds", "s3"}
    assert {step for step in STEPS if "secretsmanager:GetSecretValue" in prod.roles[step].allowed_actions()} == {
        *("ReadNodes", "LookAgain", "LowerPods")
    }
