"""The platform's managed node groups on the engine, as Terraform would have built them.

The control group, and those that the settings scale. Their nodes bear the label by which pods choose them.
"""

import json
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cdk.settings import Scaling
from day2.engine.cluster_door import door_to
from day2.engine.failures import PreparationFailed
from day2.engine.nodes.registration import ROOM_LABEL
from day2.engine.platform import SUBNETS, Clients
from lambdas.adapters.kubernetes import Kubernetes

NODE_TYPE = "coder.com/node-type"
CONTROL, WORKSPACE, PROVISIONER = "control", "workspace", "provisioner"

_INSTANCES = {CONTROL: "m7i.xlarge", WORKSPACE: "m7i.2xlarge", PROVISIONER: "c7i.xlarge"}
_CONTROL_NODES, _MOST_CONTROL_NODES = 2, 3
_START_SECONDS = 30.0
_POLL_SECONDS = 0.05
_EC2_MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeGroup:
    """One group to build. Sizes are nodes, `node_type` the value of the label NODE_TYPE.

    `room`: how many pods a node takes; None: as many as the engine's settings say.
    """

    name: str
    node_type: str
    smallest: int
    desired: int
    largest: int
    room: int | None = None

    @property
    def labels(self) -> dict[str, str]:
        return {NODE_TYPE: self.node_type, **({} if self.room is None else {ROOM_LABEL: str(self.room)})}


def selecting(node_type: str) -> dict[str, Any]:
    """What of a pod's spec binds it to the nodes of one kind."""
    return {"nodeSelector": {NODE_TYPE: node_type}}


def planned(scaling: Scaling, *, workspaces: int, pods_per_node: int) -> tuple[NodeGroup, ...]:
    """The groups of the settings: within their limits, with room for so many running workspaces and a node more."""
    needed = {WORKSPACE: math.ceil(workspaces / pods_per_node) + 1, PROVISIONER: 1}
    control = NodeGroup(
        name=scaling.control,
        node_type=CONTROL,
        smallest=_CONTROL_NODES,
        desired=_CONTROL_NODES,
        largest=_MOST_CONTROL_NODES,
    )
    scaled = (
        NodeGroup(
            name=group.node_group,
            node_type=role,
            smallest=group.floor,
            desired=min(max(group.floor, needed[role]), group.ceiling),
            largest=group.ceiling,
            room=group.pods_per_node,
        )
        for role, group in scaling.groups.items()
    )
    return control, *scaled


def build(clients: Clients, cluster: str, groups: Iterable[NodeGroup]) -> None:
    """Ask for the groups; their nodes come later."""
    role = clients("iam").create_role(RoleName=f"{cluster}-nodes", AssumeRolePolicyDocument=json.dumps(_EC2_MAY_ASSUME))
    for each in groups:
        clients("eks").create_nodegroup(
            clusterName=cluster,
            nodegroupName=each.name,
            scalingConfig={"minSize": each.smallest, "desiredSize": each.desired, "maxSize": each.largest},
            subnets=list(SUBNETS),
            nodeRole=role["Role"]["Arn"],
            instanceTypes=[_INSTANCES[each.node_type]],
            labels=each.labels,
        )


def await_ready(clients: Clients, cluster: str, groups: Iterable[NodeGroup]) -> None:
    """Return when every node of these groups is Ready. Raises PreparationFailed."""
    kubernetes, deadline = door_to(clients, cluster), time.monotonic() + _START_SECONDS
    for each in groups:
        while _ready(kubernetes, each) < each.desired:
            if time.monotonic() > deadline:
                raise PreparationFailed("Its nodes did not become Ready.", resource=f"{cluster}/{each.name}")
            time.sleep(_POLL_SECONDS)


def _ready(kubernetes: Kubernetes, group: NodeGroup) -> int:
    return sum(each.ready for each in kubernetes.nodes(group.name))
