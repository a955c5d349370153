"""Node groups of an engine, as EKS, Auto Scaling and Kubernetes show them."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from day2.engine.cluster_door import door_to
from day2.engine.engine import Engine
from day2.engine.platform import SUBNETS
from lambdas.adapters.kubernetes import Kubernetes

_TRUSTED = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}


def eventually(look: Callable[[], Any], *, seconds: float = 10.0) -> Any:
    """The first truthy thing that `look` sees."""
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert seen, "it did not come in time"
    return seen


def is_ready(node: dict[str, Any]) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"]["conditions"])


@dataclass(frozen=True)
class Group:
    """One node group of a cluster."""

    engine: Engine
    cluster: str
    name: str
    door: Kubernetes

    def described(self) -> dict[str, Any]:
        told = self.engine.client("eks").describe_nodegroup(clusterName=self.cluster, nodegroupName=self.name)
        return dict(told["nodegroup"])

    def sizes(self) -> tuple[int, int, int]:
        """Smallest, desired and largest by EKS."""
        told = self.described()["scalingConfig"]
        return told["minSize"], told["desiredSize"], told["maxSize"]

    def ask(self, **sizes: int) -> str:
        """Begin an update; its id."""
        told = self.engine.client("eks").update_nodegroup_config(
            clusterName=self.cluster, nodegroupName=self.name, scalingConfig=sizes
        )
        return str(told["update"]["id"])

    def update(self, update: str) -> dict[str, Any]:
        told = self.engine.client("eks").describe_update(name=self.cluster, nodegroupName=self.name, updateId=update)
        return dict(told["update"])

    def finish(self, update: str) -> dict[str, Any]:
        """The update once it is over."""

        def look() -> dict[str, Any] | None:
            seen = self.update(update)
            return None if seen["status"] == "InProgress" else seen

        return dict(eventually(look))

    @property
    def scaling_group(self) -> str:
        """The name of its Auto Scaling group."""
        return str(self.described()["resources"]["autoScalingGroups"][0]["name"])

    def scaled(self) -> dict[str, Any]:
        """Its Auto Scaling group."""
        found = self.engine.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.scaling_group]
        )
        return dict(found["AutoScalingGroups"][0])

    def instances(self) -> list[dict[str, Any]]:
        return list(self.scaled()["Instances"])

    def activities(self) -> list[dict[str, Any]]:
        found = self.engine.client("autoscaling").describe_scaling_activities(AutoScalingGroupName=self.scaling_group)
        return list(found["Activities"])

    def nodes(self) -> list[dict[str, Any]]:
        selector = f"eks.amazonaws.com/nodegroup={self.name}"
        return list(self.door.call("GET", f"/api/v1/nodes?labelSelector={selector}").body["items"])

    def await_ready(self, count: int) -> list[dict[str, Any]]:
        """The nodes, once there are so many and all are Ready."""

        def look() -> list[dict[str, Any]] | None:
            seen = self.nodes()
            return seen if len(seen) == count and all(map(is_ready, seen)) else None

        return list(eventually(look) if count else (eventually(lambda: not self.nodes()) and []))


@dataclass(frozen=True)
class Nodes:
    """Makes clusters and groups."""

    engine: Engine

    def role(self, *statements: dict[str, Any]) -> str:
        name, iam = f"role-{uuid4().hex[:8]}", self.engine.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUSTED))["Role"]["Arn"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=policy)
        return arn

    def cluster(self) -> str:
        name = f"cluster-{uuid4().hex[:8]}"
        self.engine.client("eks").create_cluster(
            name=name, roleArn=self.role(), resourcesVpcConfig={"subnetIds": list(SUBNETS)}
        )
        return name

    def group(
        self, cluster: str, *, smallest: int = 1, desired: int = 3, largest: int = 9, node_type: str = "workspace"
    ) -> Group:
        name = f"group-{uuid4().hex[:8]}"
        self.engine.client("eks").create_nodegroup(
            clusterName=cluster,
            nodegroupName=name,
            scalingConfig={"minSize": smallest, "maxSize": largest, "desiredSize": desired},
            subnets=list(SUBNETS),
            nodeRole=self.role(),
            instanceTypes=["m6i.2xlarge"],
            labels={"coder.com/node-type": node_type},
        )
        return Group(self.engine, cluster, name, door_to(self.engine.client, cluster))
