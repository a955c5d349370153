"""Instances as nodes of the fake Kubernetes API: kubelet, which registers them, and the cloud's controller.

A node goes with its instance, and the pods that were bound to it go with the node: each leaves an Event, by which it
is known that it did not end by itself. A node that EKS is draining is cordoned first.
"""

from datetime import datetime

from day2.engine.fake_kubernetes.objects import now as written_now
from day2.engine.fake_kubernetes.objects import written
from day2.engine.fake_kubernetes.requests import Object
from day2.engine.fake_kubernetes.store import Store
from day2.engine.nodes import machines
from day2.engine.nodes.instances import Instance
from day2.engine.nodes.scaling_group import ScalingGroup

ENDED_WITH_NODE = "EndedWithNode"
"""The reason of such an Event. It is the fake's own: Kubernetes' pod garbage collector leaves a log line only."""
ROOM_LABEL = "coder-day2.fake/pods"
"""A node group's label: how many pods a node of it takes. On AWS that follows from instance type and requests."""
GROUP_LABEL = "eks.amazonaws.com/nodegroup"
_MERGE = "application/merge-patch+json"
_NODES = "/api/v1/nodes"
_OVER = ("Succeeded", "Failed")


def register(store: Store, group: ScalingGroup, now: datetime, *, pods: int) -> None:
    """Bring the nodes of a group up to now. `pods` is how many a node takes, unless its label says otherwise."""
    room = int(group.labels.get(ROOM_LABEL, pods))
    with store.lock:
        joined = {each.node: each for each in group.instances if each.joined(now)}
        present = {each["metadata"]["name"]: each for each in store.contents("nodes") if _is_of(each, group)}
        for name in present.keys() - joined.keys():
            _remove(store, name)
        for name, instance in joined.items():
            if name not in present:
                store.answer("POST", _NODES, body=_node(instance, group))
            store.set_status(("nodes", "", name), _status(instance, group.instance_type, pods=room))
            if instance.leaving and not present.get(name, {}).get("spec", {}).get("unschedulable"):
                store.answer("PATCH", f"{_NODES}/{name}", body={"spec": {"unschedulable": True}}, content_type=_MERGE)


def unregister(store: Store, group: ScalingGroup) -> None:
    """The group is gone, and its nodes with it."""
    with store.lock:
        for each in store.contents("nodes"):
            if _is_of(each, group):
                _remove(store, each["metadata"]["name"])


def _is_of(node: Object, group: ScalingGroup) -> bool:
    return bool(node["metadata"].get("labels", {}).get(GROUP_LABEL) == group.node_group)


def _remove(store: Store, name: str) -> None:
    for pod in store.contents("pods"):
        if pod.get("spec", {}).get("nodeName") == name:
            metadata = pod["metadata"]
            if "deletionTimestamp" not in metadata and pod.get("status", {}).get("phase") not in _OVER:
                store.answer("POST", f"/api/v1/namespaces/{metadata['namespace']}/events", body=_ended(pod, name))
            store.drop(("pods", metadata["namespace"], metadata["name"]))
    store.drop(("nodes", "", name))


def _ended(pod: Object, node: str) -> Object:
    """The Event of a pod that ended with its node, with the pod's labels."""
    metadata = pod["metadata"]
    return {
        "metadata": {"name": f"{metadata['name']}.{metadata['uid'][:8]}", "labels": metadata.get("labels", {})},
        "involvedObject": {
            "kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"],
        },
        "type": "Warning",
        "reason": ENDED_WITH_NODE,
        "message": f"ended with its node {node}, whose instance was terminated",
        "source": {"component": "fake-kubernetes", "host": node},
        "firstTimestamp": written_now(),
        "lastTimestamp": written_now(),
        "count": 1,
    }  # fmt: skip


def _node(instance: Instance, group: ScalingGroup) -> Object:
    zone = instance.subnet.zone
    labels = {
        **group.labels,
        GROUP_LABEL: group.node_group,
        "eks.amazonaws.com/capacityType": "ON_DEMAND",
        "kubernetes.io/hostname": instance.node,
        "node.kubernetes.io/instance-type": group.instance_type,
        "topology.kubernetes.io/region": zone[:-1],
        "topology.kubernetes.io/zone": zone,
    }
    return {
        "metadata": {"name": instance.node, "labels": labels},
        "spec": {"providerID": f"aws:///{zone}/{instance.id}"},
    }


def _status(instance: Instance, instance_type: str, *, pods: int) -> Object:
    ready = instance.ready
    condition = {
        "type": "Ready",
        "status": str(ready),
        "reason": "KubeletReady" if ready else "KubeletNotReady",
        "message": "kubelet is posting ready status"
        if ready
        else "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
        "message:Network plugin returns error: cni plugin not initialized",
        "lastTransitionTime": written(instance.ready_at if ready else instance.joins_at),
    }
    return {
        "addresses": [
            {"type": "InternalIP", "address": str(instance.address)},
            {"type": "Hostname", "address": instance.node},
        ],
        "capacity": machines.capacity(instance_type, pods=pods),
        "allocatable": machines.allocatable(instance_type, pods=pods),
        "conditions": [condition],
    }
