"""Why an instance is not launched, in the words of Auto Scaling and of EKS.

EKS tells it as an issue of the node group's health, with a code of NodegroupIssueCode. The messages are as quoted
in github.com/kubernetes/autoscaler/issues/4811 (capacity), github.com/bentoml/bentoctl/issues/202 (quota) and
github.com/PrairieLearn/PrairieLearn/issues/3271 (addresses).
"""

from dataclasses import dataclass

from day2.engine.disturbances import Disturbances
from day2.engine.nodes.disturbances import NodeDisturbance
from day2.engine.nodes.instances import Subnet

_ENDING = "Launching EC2 instance failed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The last launch's failure: EKS's issue code, and the message that both services tell."""

    code: str
    message: str


def trouble(disturbances: Disturbances, *, subnet: Subnet, instance_type: str) -> Trouble | None:
    """What is in the way of a launch in this subnet, if anything."""
    if disturbances.lasts(NodeDisturbance.NO_CAPACITY):
        return Trouble(
            code="AsgInstanceLaunchFailures",
            message=f"Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have "
            f"sufficient {instance_type} capacity in the Availability Zone you requested ({subnet.zone}). "
            f"Our system will be working on provisioning additional capacity. {_ENDING}",
        )
    if disturbances.lasts(NodeDisturbance.OVER_QUOTA):
        return Trouble(
            code="AsgInstanceLaunchFailures",
            message="Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity "
            "than your current vCPU limit of 32 allows for the instance bucket that the specified instance type "
            "belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this "
            f"limit. {_ENDING}",
        )
    if disturbances.lasts(NodeDisturbance.NO_ADDRESSES):
        return Trouble(
            code="InsufficientFreeAddresses",
            message=f"There are not enough free addresses in subnet '{subnet.id}' to satisfy the requested number of "
            f"instances. {_ENDING}",
        )
    return None
