"""Which node a pod is bound to. No threads here: `controller` calls it when something has changed.

Only pods with a nodeSelector are scheduled; all others run beside the nodes, as they do on a cluster that has none. A
node takes a pod that selects its labels while it is Ready, not cordoned, and has fewer pods than it may have; nothing
else counts, no requests, taints or affinities. Of several the fullest takes it, as a scheduler does that scores
MostAllocated (https://kubernetes.io/docs/concepts/scheduling-eviction/resource-bin-packing/): Kubernetes' own default
spreads pods, by which no node would ever be empty.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from day2.engine.fake_kubernetes.objects import now
from day2.engine.fake_kubernetes.requests import Object
from day2.engine.fake_kubernetes.store import Key, Store

_OVER = ("Succeeded", "Failed")


@dataclass(slots=True, kw_only=True)
class Room:
    """A node that takes pods: its labels, and how many more and how many it has."""

    name: str
    labels: Mapping[str, str]
    left: int
    taken: int

    def takes(self, selector: Mapping[str, str]) -> bool:
        return self.left > 0 and selector.items() <= self.labels.items()


def is_waiting(pod: Object) -> bool:
    """Whether it is to be on a node and is on none."""
    spec = pod.get("spec", {})
    return bool(spec.get("nodeSelector")) and not spec.get("nodeName")


def schedule(store: Store) -> None:
    """Bind every waiting pod for which there is room, and say of the others that there is none. The lock is held."""
    pods = store.contents("pods")
    if not (waiting := [each for each in pods if is_waiting(each) and not _ends(each)]):
        return
    nodes = store.contents("nodes")
    rooms = _rooms(nodes, pods)
    for pod in sorted(waiting, key=lambda each: str(each["metadata"]["creationTimestamp"])):
        node = _choice(rooms, pod["spec"]["nodeSelector"])
        key = _key(pod)
        if node is None:
            store.set_status(key, _without_node(pod, len(nodes)))
            continue
        node.left, node.taken = node.left - 1, node.taken + 1
        store.bind(key, node.name)
        if not store.is_managed(key):
            store.set_status(key, _running(pod))


def _choice(rooms: Sequence[Room], selector: Mapping[str, str]) -> Room | None:
    return max((each for each in rooms if each.takes(selector)), key=lambda each: each.taken, default=None)


def _rooms(nodes: Sequence[Object], pods: Sequence[Object]) -> list[Room]:
    """The nodes that take pods, by name."""
    bound = Counter(each.get("spec", {}).get("nodeName") for each in pods if not _is_over(each))
    return [
        Room(
            name=each["metadata"]["name"],
            labels=each["metadata"].get("labels", {}),
            left=int(each.get("status", {}).get("allocatable", {}).get("pods", 0)) - bound[each["metadata"]["name"]],
            taken=bound[each["metadata"]["name"]],
        )
        for each in nodes
        if _is_ready(each) and not each.get("spec", {}).get("unschedulable")
    ]


def _is_ready(node: Object) -> bool:
    conditions = node.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _is_over(pod: Object) -> bool:
    return pod.get("status", {}).get("phase") in _OVER


def _ends(pod: Object) -> bool:
    return _is_over(pod) or "deletionTimestamp" in pod["metadata"]


def _key(pod: Object) -> Key:
    return "pods", pod["metadata"]["namespace"], pod["metadata"]["name"]


def _running(pod: Object) -> Object:
    """Kubelet's word at once: an image that is pulled for minutes is nothing that anybody here looks at."""
    return {
        "phase": "Running",
        "startTime": now(),
        "conditions": [{"type": name, "status": "True"} for name in ("PodScheduled", "Ready", "ContainersReady")],
        "containerStatuses": [
            {"name": each["name"], "ready": True, "restartCount": 0, "state": {"running": {}}}
            for each in pod["spec"].get("containers") or ()
        ],
    }


def _without_node(pod: Object, nodes: int) -> Object:
    """In the scheduler's words; the moment since when is kept."""
    held = pod.get("status", {}).get("conditions") or ()
    since = next((each["lastTransitionTime"] for each in held if each.get("reason") == "Unschedulable"), None)
    return {
        "phase": "Pending",
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": f"0/{nodes} nodes are available: none of those that match the pod's node selector has room.",
                "lastTransitionTime": since or now(),
            }
        ],
    }
