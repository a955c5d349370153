"""The door to EC2 Auto Scaling: the instances behind a node group, and their end one by one.

EKS chooses which node ends when the desired size is lowered, whatever runs on it; this is how we choose.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from lambdas.adapters import aws
from lambdas.errors import RequestRefused, ServiceBusy

_BUSY = frozenset({"ScalingActivityInProgress", "ResourceContention"})
_GONE = "No managed instance found"
"""How a ValidationError says that the instance is no member of a group any more. The same code refuses an end that the
group's minimum or a protection from scale-in forbids, so that nothing less than these words is taken for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An instance of a group. `state`: Pending, InService, Terminating, ... (LifecycleState)."""

    instance: str
    zone: str
    state: str

    @property
    def stays(self) -> bool:
        """In service or on its way there, and not on its way out."""
        return self.state == "InService" or self.state.startswith("Pending")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A scaling activity that failed: what it meant to do, and why not, in Auto Scaling's words."""

    at: datetime
    what: str
    why: str


@cache
def door() -> "Fleet":
    """This function's door, one client for the life of the process."""
    return Fleet(aws.client("autoscaling"))


class Fleet:
    """The Auto Scaling groups of one account and Region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def members(self, group: str) -> tuple[Member, ...]:
        """The instances of a group, those that come or go among them. Raises RequestRefused when there is no group."""
        return tuple(
            Member(instance=each["InstanceId"], zone=each["AvailabilityZone"], state=each["LifecycleState"])
            for each in self._group(group).get("Instances", ())
        )

    def desired(self, group: str) -> int:
        """How many instances are wanted now: a termination lowers it here first. As `members`."""
        return int(self._group(group)["DesiredCapacity"])

    def _group(self, name: str) -> Any:
        with aws.asking(name):
            found = self._client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
        if not found:
            raise RequestRefused(
                "There is no such Auto Scaling group.",
                resource=name,
                next_step="See in EKS whether the node group is healthy: it names its Auto Scaling group.",
            )
        return found[0]

    def terminate(self, instance: str) -> bool:
        """End exactly this instance and want one fewer. False: it is no member of a group any more.

        Not for one that ends already, which would be wanted one fewer for again: see `members` first.

        Raises:
            ServiceBusy: another activity of the group must end first.
            RequestRefused: the group would fall below its minimum.
        """
        with aws.asking(instance, next_step="See the minimum of the node group, and start again."):
            try:
                self._client.terminate_instance_in_auto_scaling_group(
                    InstanceId=instance, ShouldDecrementDesiredCapacity=True
                )
            except ClientError as refusal:
                if aws.code(refusal) in _BUSY:
                    raise ServiceBusy(
                        "Another activity of the Auto Scaling group runs.",
                        resource=instance,
                        next_step="Nothing to do: the step is tried again.",
                    ) from refusal
                if _is_gone(refusal):
                    return False
                raise
        return True

    def failures(self, group: str, *, since: datetime) -> tuple[Failure, ...]:
        """The activities that failed since then, the latest first."""
        with aws.asking(group):
            pages = self._client.get_paginator("describe_scaling_activities").paginate(AutoScalingGroupName=group)
            return tuple(_failed(pages, since))


def _failed(pages: Any, since: datetime) -> Iterator[Failure]:
    """Activities are told latest first, six weeks of them: no page is asked for beyond `since`."""
    for page in pages:
        for each in page["Activities"]:
            if each["StartTime"] < since:
                return
            if each["StatusCode"] in ("Failed", "Cancelled"):
                yield Failure(
                    at=each["StartTime"], what=each.get("Description", ""), why=each.get("StatusMessage", "no message")
                )


def _is_gone(refusal: ClientError) -> bool:
    message = str(refusal.response.get("Error", {}).get("Message", ""))
    return aws.code(refusal) == "ValidationError" and _GONE in message
