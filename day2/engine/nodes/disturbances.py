"""What can be made to go wrong with node groups, on order (`day2.engine.disturbances`)."""

from enum import StrEnum


class NodeDisturbance(StrEnum):
    """Faults of EKS and Auto Scaling."""

    UPDATE_FAILS = "node-group-update-fails"
    """The next UpdateNodegroupConfig ends `Failed`, and the group keeps its sizes. One occasion."""
    UPDATE_HANGS = "node-group-update-hangs"
    """Updates stay `InProgress`. Lasting."""
    NO_CAPACITY = "instances-no-capacity"
    """No instance is launched: EC2 has none of the type. Lasting."""
    OVER_QUOTA = "instances-over-quota"
    """No instance is launched: the account's vCPUs are used up. Lasting."""
    NO_ADDRESSES = "instances-no-addresses"
    """No instance is launched: the subnets are full. Lasting."""
    NODES_NOT_READY = "nodes-not-ready"
    """Nodes join the cluster and stay NotReady. Lasting."""
    TERMINATION_REFUSED = "instance-termination-refused"
    """TerminateInstanceInAutoScalingGroup is answered with ResourceContention. Lasting."""
