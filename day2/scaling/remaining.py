"""Scheduled actions that are left on the node groups' Auto Scaling groups: they undo what was ordered.

A scheduled action sets minimum, maximum and desired size behind EKS at its time, whoever has ordered what before.
"""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from day2.asking import as_operator
from day2.doctor.findings import Finding
from day2.drill.deployment import Clients
from lambdas.adapters.node_groups import NodeGroups
from lambdas.scaling.contracts import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One scheduled action. `when`: its recurrence or its one time, in Auto Scaling's words; `sizes` what it sets."""

    name: str
    auto_scaling_group: str
    node_group: str
    when: str
    sizes: str


def actions(clients: Clients, cluster: str, node_group: str, role: str) -> tuple[Action, ...]:
    """Those of one node group's Auto Scaling group.

    Raises:
        AccessRefused, RequestRefused, ServiceBusy: EKS or Auto Scaling does not tell.
    """
    as_role: Role = "workspace" if role == "workspace" else "provisioner"
    with as_operator(f"{cluster}/{node_group}", action="eks:DescribeNodegroup"):
        group = NodeGroups(clients("eks")).group(cluster, node_group, as_role).auto_scaling_group
    if not group:
        return ()
    with as_operator(group, action="autoscaling:DescribeScheduledActions"):
        pages = clients("autoscaling").get_paginator("describe_scheduled_actions").paginate(AutoScalingGroupName=group)
        return tuple(_action(each, group, node_group) for page in pages for each in page["ScheduledUpdateGroupActions"])


def _action(told: Any, group: str, node_group: str) -> Action:
    sizes = (("MinSize", "minimum"), ("DesiredCapacity", "desired"), ("MaxSize", "maximum"))
    when = told.get("Recurrence") or str(told.get("StartTime") or told.get("Time") or "an unknown time")
    zone = told.get("TimeZone") or "UTC"
    return Action(
        name=told["ScheduledActionName"],
        auto_scaling_group=group,
        node_group=node_group,
        when=f"{when} ({zone})",
        sizes=", ".join(f"{word} {told[field]}" for field, word in sizes if field in told) or "nothing",
    )


def findings(found: Iterable[Action], *, check: str, region: str) -> Iterator[Finding]:
    """Each with the command that removes it."""
    for each in found:
        yield Finding(
            check=check,
            what=f"Scheduled action {each.name} sets {each.sizes} at {each.when}: it undoes what was ordered.",
            resource=f"{each.node_group} ({each.auto_scaling_group})",
            next_step=removal(each, region=region),
        )


def removal(action: Action, *, region: str) -> str:
    """The command that removes it, to be typed as it is."""
    return shlex.join(
        (
            *("aws", "autoscaling", "delete-scheduled-action", "--region", region),
            *("--auto-scaling-group-name", action.auto_scaling_group),
            *("--scheduled-action-name", action.name),
        )
    )
