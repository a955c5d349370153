"""A node group as it is now: limits by EKS, the desired size by Auto Scaling, where a termination lowers it first."""

from dataclasses import replace

from lambdas.adapters import fleet, node_groups
from lambdas.scaling.contracts import Group, Role


def group_of(cluster: str, node_group: str, role: Role) -> Group:
    """The group. Raises what the doors to EKS and Auto Scaling raise."""
    group = node_groups.door().group(cluster, node_group, role)
    desired = fleet.door().desired(group.auto_scaling_group)
    return replace(group, sizes=replace(group.sizes, desired=desired))
