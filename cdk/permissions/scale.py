"""A scaling: the roles that may change the size of a node group, and the only one that may end an instance.

A node group is known to EKS by its ARN, and its Auto Scaling group, whose name EKS makes up, by the tags that EKS puts
on it. Both are those of the settings: nothing of the control group, or of another cluster, can be ordered or ended.
"""

from cdk.names import SCALE, Names
from cdk.permissions.evidence import ledger
from cdk.permissions.statement import Statement

claim = ledger("ClaimTheScaling", "PutItem", why="a schedule's slot or an alarm's transition")
hold = ledger("HoldTheNodeGroup", "GetItem", "PutItem", why="the group's lock, and what was said of it")
enter = ledger(
    "EnterTheDecision",
    "PutItem",
    "UpdateItem",
    why="the decision, what a person ordered until when, and what a schedule wants",
)
note = ledger("NoteTheChange", "UpdateItem", why="when the group last grew or shrank")
free = ledger("FreeTheNodeGroup", "DeleteItem", why="the group's lock")
read_standing = ledger("ReadTheStanding", "GetItem", why="what a person said of the group, and when it last changed")
close = ledger("CloseTheScaling", "DeleteItem", "PutItem", why="the scaling's end and the group's lock")


def look_at_groups(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtNodeGroups",
            actions=("eks:DescribeNodegroup",),
            resources=names.scaled_groups,
            why="The node groups that the settings scale, by cluster and name; EKS adds an id.",
        ),
    )


def look_at_fleets(_names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtFleets",
            actions=("autoscaling:DescribeAutoScalingGroups",),
            resources=("*",),
            why="Auto Scaling's describes take no resource; instances and desired size are read.",
        ),
    )


def look_at_activities(_names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtActivities",
            actions=("autoscaling:DescribeScalingActivities",),
            resources=("*",),
            why="Auto Scaling's describes take no resource; why no instance started is read.",
        ),
    )


def look_at_scalings(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtScalings",
            actions=("states:DescribeExecution",),
            resources=(names.executions_arn(SCALE),),
            why="Executions of the scaling machine: whether the one that holds the lock still runs.",
        ),
    )


def look_at_alarms(_names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtAlarms",
            actions=("cloudwatch:DescribeAlarms",),
            resources=("*",),
            why="How an alarm stands now. CloudWatch shows a composite alarm only to whom it shows all of them.",
        ),
    )


def start(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="StartScalings",
            actions=("states:StartExecution",),
            resources=(names.machine_arn(SCALE),),
            why="The scaling machine, and no other.",
        ),
    )


def order(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="OrderSizes",
            actions=("eks:UpdateNodegroupConfig",),
            resources=names.scaled_groups,
            why="The node groups that the settings scale. Sizes are all that the step orders.",
        ),
    )


def follow(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="FollowUpdates",
            actions=("eks:DescribeUpdate",),
            resources=(*names.scaled_groups, names.kubernetes_cluster),
            why="Updates of the node groups that the settings scale; EKS asks for the cluster too.",
        ),
    )


def terminate(names: Names) -> tuple[Statement, ...]:
    return tuple(
        Statement(
            sid=f"EndInstancesOf{role.capitalize()}",
            actions=("autoscaling:TerminateInstanceInAutoScalingGroup",),
            resources=(names.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/eks-*"),),
            conditions={
                "StringEquals": {
                    "autoscaling:ResourceTag/eks:cluster-name": names.kubernetes_name,
                    "autoscaling:ResourceTag/eks:nodegroup-name": group,
                }
            },
            why=f"The Auto Scaling group that EKS has made for {group}, known by EKS's tags, as its name is made up.",
        )
        for role, group in names.node_groups.items()
    )
