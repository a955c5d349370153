"""Fake node groups in virtual time, called so: EKS's sizes and updates, Auto Scaling's instances, Kubernetes' nodes.

It is there to be watched: `killed` is every workspace whose node ended under it, `lowered` every order of EKS that
would have ended nodes of its own choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from day2.engine.fake_kubernetes.store import Store

from .cloud_rds import REGION, Refusal
from .virtual_time import VirtualTime

Json = dict[str, Any]
ROOM = 14
ZONES = tuple(f"{REGION}{letter}" for letter in "abc")
SIZES = ("minSize", "maxSize", "desiredSize")


@dataclass
class Instance:
    """One EC2 instance and its node. `ends_at`: terminated, and gone then."""

    id: str
    group: str
    zone: str
    born: datetime
    ends_at: datetime | None = None

    @property
    def node(self) -> str:
        return f"ip-{self.id[-4:]}.{REGION}.compute.internal"


@dataclass
class Update:
    """One update of a node group: over at `ends_at`, failed where it has errors."""

    id: str
    group: str
    ends_at: datetime
    errors: list[Json]


@dataclass
class NodesFake:
    """See the module.

    refuses   why no instance starts (Auto Scaling's words); empty: they start
    fails     the errors with which the next updates end
    joins_seconds, ends_seconds, updates_seconds  what a node takes to be Ready and to be gone, and an update
    """

    time: VirtualTime
    store: Store
    refuses: str = ""
    fails: list[Json] = field(default_factory=list)
    joins_seconds: float = 180
    ends_seconds: float = 60
    updates_seconds: float = 20
    sizes: dict[str, Json] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    updates: dict[str, Update] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    activities: list[Json] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    lowered: list[Json] = field(default_factory=list)
    _made: int = 0

    # What a test sets up and asks.

    def make_group(self, name: str, *, desired: int, smallest: int = 0, largest: int = 200) -> None:
        """A group whose nodes are Ready, an hour old, and older by a minute each."""
        self.sizes[name] = {"minSize": smallest, "maxSize": largest, "desiredSize": desired}
        for _ in range(desired):
            self._launch(name, age=timedelta(hours=1, minutes=self._made))
        self.proceed()

    def start(self, workspace: str, node: str | None = None) -> str:
        """A workspace's pod on the first node that takes it, the fullest first; on none it waits. The node's name."""
        self.proceed()
        where = node or next((name for name in self._by_room() if self.takes(name)), "")
        labels = {"com.coder.workspace.id": workspace}
        key = ("pods", "coder-ws", workspace)
        spec = {"nodeName": where} if where else {}
        self.store.put(key, {"metadata": {"name": workspace, "namespace": "coder-ws", "labels": labels}, "spec": spec})
        self.store.set_status(key, {"phase": "Running" if where else "Pending"})
        return where

    def stop(self, workspace: str) -> None:
        """Its pod is gone."""
        self.store.drop(("pods", "coder-ws", workspace))

    def workspaces(self) -> dict[str, str]:
        """Workspace -> node, of all pods."""
        pods = (each for each in self.store.contents("pods") if each["metadata"]["namespace"] == "coder-ws")
        return {each["metadata"]["name"]: each.get("spec", {}).get("nodeName", "") for each in pods}

    def nodes(self, group: str) -> list[str]:
        """The names of the nodes that Kubernetes has of a group."""
        self.proceed()
        found = (each for each in self.store.contents("nodes"))
        label = "eks.amazonaws.com/nodegroup"
        return [each["metadata"]["name"] for each in found if each["metadata"]["labels"][label] == group]

    def cordoned(self) -> list[str]:
        """The nodes that take no pods."""
        found = self.store.contents("nodes")
        return [each["metadata"]["name"] for each in found if each.get("spec", {}).get("unschedulable")]

    # The APIs

    def answer(self, service: str, operation: str, asked: Mapping[str, Any]) -> Json | None:
        """What either service answers; None: it is not about node groups."""
        return self.eks(operation, asked) if service == "eks" else self.autoscaling(operation, asked)

    def eks(self, operation: str, asked: Mapping[str, Any]) -> Json | None:
        """What EKS answers of node groups; None: it is about something else."""
        self.proceed()
        match operation:
            case "DescribeNodegroup":
                return {"nodegroup": self._told(asked["nodegroupName"])}
            case "UpdateNodegroupConfig":
                return {"update": self._update(asked)}
            case "DescribeUpdate":
                return {"update": self._update_told(asked["updateId"])}
            case _:
                return None

    def autoscaling(self, operation: str, asked: Mapping[str, Any]) -> Json:
        """What Auto Scaling answers."""
        self.proceed()
        match operation:
            case "DescribeAutoScalingGroups":
                groups = [each.removeprefix("eks-") for each in asked["AutoScalingGroupNames"]]
                return {"AutoScalingGroups": [self._fleet(each) for each in groups if each in self.sizes]}
            case "TerminateInstanceInAutoScalingGroup":
                return self._terminate(asked["InstanceId"])
            case "DescribeScalingActivities":
                return {"Activities": list(reversed(self.activities))}
            case _:
                raise NotImplementedError(operation)

    def _told(self, name: str) -> Json:
        if name not in self.sizes:
            raise Refusal("ResourceNotFoundException")
        return {
            "nodegroupName": name,
            "status": self.status.get(name, "ACTIVE"),
            "scalingConfig": dict(self.sizes[name]),
            "resources": {"autoScalingGroups": [{"name": f"eks-{name}"}]},
        }

    def _update(self, asked: Mapping[str, Any]) -> Json:
        name, sizes = asked["nodegroupName"], dict(asked["scalingConfig"])
        token = asked.get("clientRequestToken", "")
        if token in self.tokens:
            return self._update_told(self.tokens[token])
        if self.status.get(name) == "UPDATING":
            raise Refusal("ResourceInUseException")
        assert set(sizes) == set(SIZES), "min, desired and max are sent together"
        if not 0 <= sizes["minSize"] <= sizes["desiredSize"] <= sizes["maxSize"]:
            raise Refusal("InvalidParameterException")
        if sizes["desiredSize"] < self.sizes[name]["desiredSize"]:
            self.lowered.append(sizes)
        self._made += 1
        update = Update(
            id=f"update-{self._made}",
            group=name,
            ends_at=self.time.now + timedelta(seconds=self.updates_seconds),
            errors=list(self.fails),
        )
        self.updates[update.id] = update
        self.tokens[token] = update.id
        self.status[name] = "UPDATING"
        if not self.fails:
            self.sizes[name] = sizes
            self._follow(name)
        return self._update_told(update.id)

    def _update_told(self, id_: str) -> Json:
        if id_ not in self.updates:
            raise Refusal("ResourceNotFoundException")
        update = self.updates[id_]
        over = self.time.now >= update.ends_at
        status = "InProgress" if not over else "Failed" if update.errors else "Successful"
        return {"id": id_, "status": status, "type": "ConfigUpdate", "errors": update.errors if over else []}

    def _fleet(self, name: str) -> Json:
        sizes = self.sizes[name]
        return {
            "AutoScalingGroupName": f"eks-{name}",
            "MinSize": sizes["minSize"],
            "MaxSize": sizes["maxSize"],
            "DesiredCapacity": sizes["desiredSize"],
            "Instances": [
                {
                    "InstanceId": each.id,
                    "AvailabilityZone": each.zone,
                    "LifecycleState": "Terminating" if each.ends_at else "InService",
                }
                for each in self.instances.values()
                if each.group == name
            ],
        }

    def _terminate(self, id_: str) -> Json:
        instance = self.instances.get(id_)
        if instance is None:
            raise Refusal("ValidationError", "Instance Id not found - No managed instance found for instance ID")
        sizes = self.sizes[instance.group]
        if sizes["desiredSize"] <= sizes["minSize"]:
            raise Refusal("ValidationError", "Terminating instance will violate group's min size constraint.")
        assert instance.ends_at is None, f"{id_} was terminated twice: desired would be lowered twice"
        sizes["desiredSize"] -= 1
        self._end(instance)
        return {}

    # The controllers

    def proceed(self) -> None:
        """Let instances, nodes and updates be what their time makes of them."""
        now = self.time.now
        for update in self.updates.values():
            if now >= update.ends_at and self.status.get(update.group) == "UPDATING":
                running = (each for each in self.updates.values() if each.group == update.group)
                if all(now >= each.ends_at for each in running):
                    self.status[update.group] = "ACTIVE"
        for instance in [each for each in self.instances.values() if each.ends_at and each.ends_at <= now]:
            del self.instances[instance.id]
            self.store.drop(("nodes", "", instance.node))
        for instance in self.instances.values():
            ready = now >= instance.born + timedelta(seconds=self.joins_seconds)
            condition = {"type": "Ready", "status": "True" if ready else "False"}
            self.store.set_status(("nodes", "", instance.node), {"conditions": [condition]})

    def _follow(self, name: str) -> None:
        """As many instances as desired. Too many: EKS ends the oldest, whatever runs on them."""
        mine = [each for each in self.instances.values() if each.group == name and each.ends_at is None]
        wanted = self.sizes[name]["desiredSize"]
        for _ in range(wanted - len(mine)):
            if self.refuses:
                self._fail_to_launch()
            else:
                self._launch(name)
        for instance in sorted(mine, key=lambda each: each.born)[: max(0, len(mine) - wanted)]:
            self._end(instance)

    def _fail_to_launch(self) -> None:
        self.activities.append(
            {
                "ActivityId": f"activity-{len(self.activities)}",
                "AutoScalingGroupName": "eks",
                "Cause": "desired and actual capacity differ",
                "StartTime": self.time.now,
                "StatusCode": "Failed",
                "StatusMessage": self.refuses,
                "Description": "Launching a new EC2 instance",
            }
        )

    def _launch(self, group: str, *, age: timedelta = timedelta(0)) -> None:
        self._made += 1
        instance = Instance(
            id=f"i-{self._made:017x}", group=group, zone=ZONES[self._made % 3], born=self.time.now - age
        )
        self.instances[instance.id] = instance
        labels = {"eks.amazonaws.com/nodegroup": group, "topology.kubernetes.io/zone": instance.zone}
        body = {
            "metadata": {"name": instance.node, "labels": labels},
            "spec": {"providerID": f"aws:///{instance.zone}/{instance.id}"},
        }
        status, told = self.store.answer("POST", "/api/v1/nodes", body=body)
        assert status == 201, told

    def _end(self, instance: Instance) -> None:
        """It ends, and every pod on it at once."""
        instance.ends_at = self.time.now + timedelta(seconds=self.ends_seconds)
        for workspace, node in self.workspaces().items():
            if node == instance.node:
                self.killed.append(workspace)
                self.stop(workspace)

    def _by_room(self) -> list[str]:
        on: dict[str, int] = {each.node: 0 for each in self.instances.values() if each.ends_at is None}
        for node in self.workspaces().values():
            if node in on:
                on[node] += 1
        return sorted((name for name, count in on.items() if count < ROOM), key=lambda name: (-on[name], name))

    def takes(self, node: str) -> bool:
        """Whether a pod may come to the node."""
        content = self.store.content(("nodes", "", node)) or {}
        conditions = content.get("status", {}).get("conditions", [])
        ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
        return ready and not content.get("spec", {}).get("unschedulable")
