"""Scaling activities, as DescribeScalingActivities tells them.

The wording is AWS's: "Verify a scaling activity for an Auto Scaling group" in its guide, and the activities quoted in
github.com/kubernetes/autoscaler/issues/1263.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from day2.engine.nodes.instances import Instance, Subnet

_RUNNING_PROGRESS, _DONE = 50, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One launch or termination. `failure` is the message of one that failed."""

    description: str
    cause: str
    subnet: Subnet
    started_at: datetime
    ends_at: datetime
    failure: str = ""
    id: str = field(default_factory=lambda: str(uuid4()))

    def shown(self, group: str, now: datetime) -> Mapping[str, object]:
        """The Activity of the API, without the members that it has not."""
        over = now >= self.ends_at
        status = "Failed" if self.failure else "Successful" if over else "InProgress"
        return {
            "ActivityId": self.id,
            "AutoScalingGroupName": group,
            "Description": self.description,
            "Cause": self.cause,
            # Of the two only this one has milliseconds, as in the guide's examples.
            "StartTime": f"{self.started_at:%Y-%m-%dT%H:%M:%S}.{self.started_at.microsecond // 1000:03}Z",
            **({"EndTime": written(self.ends_at)} if over else {}),
            "StatusCode": status,
            **({"StatusMessage": self.failure} if self.failure else {}),
            "Progress": _DONE if over else _RUNNING_PROGRESS,
            "Details": json.dumps({"Subnet ID": self.subnet.id, "Availability Zone": self.subnet.zone}),
        }


def launch(instance: Instance, *, before: int, now: datetime) -> Activity:
    """One that brings an instance to a group of `before`."""
    return Activity(
        description=f"Launching a new EC2 instance: {instance.id}",
        cause=_increasing(before, now),
        subnet=instance.subnet,
        started_at=now,
        ends_at=instance.in_service_at,
    )


def failed_launch(subnet: Subnet, why: str, *, before: int, now: datetime) -> Activity:
    return Activity(
        description=f"Launching a new EC2 instance.  Status Reason: {why}",
        cause=_increasing(before, now),
        subnet=subnet,
        started_at=now,
        ends_at=now,
        failure=why,
    )


def termination(instance: Instance, cause: str, *, now: datetime) -> Activity:
    return Activity(
        description=f"Terminating EC2 instance: {instance.id}",
        cause=cause,
        subnet=instance.subnet,
        started_at=now,
        ends_at=instance.gone_at or now,
    )


def by_request(instance: Instance, *, before: int, shrinking: bool, now: datetime) -> str:
    """Why: somebody named this instance."""
    rest = f", shrinking the capacity from {before} to {before - 1}" if shrinking else ""
    return f"At {written(now)} instance {instance.id} was taken out of service in response to a user request{rest}."


def by_size(instance: Instance, *, before: int, desired: int, now: datetime) -> str:
    """Why: the group is larger than desired, and it chose this one."""
    at = written(now)
    return (
        f"At {at} an instance was taken out of service in response to a difference between desired and actual "
        f"capacity, shrinking the capacity from {before} to {desired}.  At {at} instance {instance.id} was selected "
        "for termination."
    )


def _increasing(before: int, now: datetime) -> str:
    return (
        f"At {written(now)} an instance was started in response to a difference between desired and actual capacity, "
        f"increasing the capacity from {before} to {before + 1}."
    )


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
