"""A call on a node group, or on an instance of one, is checked on the ARN that AWS checks it on.

MiniStack checks the first on the cluster and the second on `*`, so that a role for one group only could do nothing, or
had to be allowed everything. Which resources an action is authorised on: Service Authorization Reference, "Actions,
resources, and condition keys for Amazon EKS" (nodegroup), "… for Amazon EC2 Auto Scaling" (autoScalingGroup).
DescribeUpdate of a node group names it in its query. MiniStack knows no `autoscaling:ResourceTag/…`, by which a role is
given the Auto Scaling group of one node group.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import autoscaling, eks

from day2.engine.nodes.fleet import Fleet
from day2.engine.nodes.refusals import Refusal

NEEDS = (
    "core.iam_actions._query_param",
    "core.iam_actions.extract_resource_arn",
    "core.iam_evaluator.enforce",
    "services.autoscaling._asgs",
    "services.eks._nodegroup_arn",
    "services.eks._nodegroups",
)

_NODE_GROUP = re.compile(r"/clusters/(?P<cluster>[\w-]+)/node-groups/(?P<group>[\w-]+)(?:/.*)?")
_UPDATES = re.compile(r"/clusters/(?P<cluster>[\w-]+)/updates(?:/.*)?")

Extract = Callable[..., Any]


def install_on(fleet: Fleet) -> None:
    """Look at these calls before whatever looks at the others."""
    further: Extract = iam_actions.extract_resource_arn

    def extract(service: str, method: str, path: str, *rest: Any) -> str:
        if service == "eks" and (arn := _node_group(path, rest[2])):
            further(service, method, path, *rest)
            return arn
        if service == "autoscaling" and (arn := _group_of_instance(fleet, rest[2])):
            further(service, method, path, *rest)
            return arn
        return str(further(service, method, path, *rest))

    iam_actions.extract_resource_arn = extract
    check: Extract = iam_evaluator.enforce

    def enforce(key: str, action: str, service: str, region: str, **more: Any) -> Any:
        if service == "autoscaling":
            context = {**_tags(str(more.get("resource_arn", ""))), **(more.get("service_context") or {})}
            more = {**more, "service_context": context}
        return check(key, action, service, region, **more)

    iam_evaluator.enforce = enforce


def _node_group(path: str, query: Mapping[str, Any]) -> str:
    if found := _NODE_GROUP.fullmatch(path):
        cluster, group = found["cluster"], found["group"]
    elif found := _UPDATES.fullmatch(path):
        cluster, group = found["cluster"], str(iam_actions._query_param(query, "nodegroupName") or "")
    else:
        return ""
    if not group:
        return ""
    # Who may look at a group by its name is told that there is none of it, and not that they may not look.
    record = eks._nodegroups.get(f"{cluster}/{group}")
    return str(record["nodegroupArn"] if record else eks._nodegroup_arn(cluster, group))


def _group_of_instance(fleet: Fleet, parameters: Mapping[str, Any]) -> str:
    instance = str(iam_actions._query_param(parameters, "InstanceId") or "")
    if not instance:
        return ""
    try:
        group = fleet.with_instance(instance)
    except Refusal:
        return ""
    record = autoscaling._asgs.get(group.name)
    return str(record["AutoScalingGroupARN"]) if record else ""


def _tags(arn: str) -> dict[str, str]:
    """The condition keys that an Auto Scaling group's tags are."""
    name = arn.rpartition("autoScalingGroupName/")[2]
    record = autoscaling._asgs.get(name) or {}
    return {f"autoscaling:ResourceTag/{each['Key']}": str(each["Value"]) for each in record.get("Tags") or ()}
