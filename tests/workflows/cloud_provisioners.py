"""Fake provisioners, called so: pods of Coder's provisioner Deployments on the nodes of their group, in virtual time.

It is there to be watched: `cut` is every build that ended because its pod or its node did.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from day2.engine.fake_kubernetes.store import Store
from lambdas.adapters.kubernetes.workloads import DELETION_COST

from .cloud_nodes import NodesFake

Json = dict[str, Any]
NAMESPACE = "coder-prov"


@dataclass
class ProvisionersFake:
    """See the module.

    busy      the pods that run a build
    stubborn  which pods end is chosen whatever they cost
    places    pods of a node
    """

    store: Store
    nodes: NodesFake
    group: str
    busy: set[str] = field(default_factory=set)
    stubborn: bool = False
    places: int = 2
    cut: list[str] = field(default_factory=list)
    _made: int = 0

    def pods(self) -> dict[str, str]:
        """Pod -> node, of those that are not on their way out."""
        found = (each for each in self._pods() if "deletionTimestamp" not in each["metadata"])
        return {each["metadata"]["name"]: each["spec"].get("nodeName", "") for each in found}

    def daemons(self) -> list[Json]:
        """As coderd tells them."""
        names = [each["metadata"]["name"] for each in self._pods()]
        return [{"name": each, "status": "busy" if each in self.busy else "idle"} for each in names]

    def finish(self, pod: str) -> None:
        """Its build is over."""
        self.busy.discard(pod)

    def proceed(self) -> None:
        """Let pods follow their Deployments and their nodes."""
        there = set(self.nodes.nodes(self.group))
        for pod in self._pods():
            name, node = pod["metadata"]["name"], pod["spec"].get("nodeName", "")
            ends = "deletionTimestamp" in pod["metadata"] and name not in self.busy
            if ends or (node and node not in there):
                if name in self.busy:
                    self.cut.append(name)
                self.store.drop(("pods", NAMESPACE, name))
        for deployment in self.store.contents("deployments"):
            if deployment["metadata"]["namespace"] == NAMESPACE:
                self._follow(deployment)

    def _follow(self, deployment: Json) -> None:
        wanted = deployment["spec"]["replicas"]
        for _ in range(wanted - len(self.pods())):
            self._make(deployment)
        surplus = len(self.pods()) - wanted
        for name in sorted(self.pods(), key=self._cost)[: max(0, surplus)]:
            self.store.mark_deleted(("pods", NAMESPACE, name))
        self._place()
        count, placed = len(self.pods()), sum(bool(node) for node in self.pods().values())
        status = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": count,
            "updatedReplicas": count,
            "readyReplicas": placed,
            "availableReplicas": placed,
        }
        self.store.set_status(("deployments", NAMESPACE, deployment["metadata"]["name"]), status)

    def _make(self, deployment: Json) -> None:
        self._made += 1
        name = f"provisioner-{self._made}"
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        self.store.put(("pods", NAMESPACE, name), {"metadata": {"name": name, "labels": labels}, "spec": {}})

    def _place(self) -> None:
        """The emptiest Ready node of the group takes a pod."""
        for name, node in self.pods().items():
            on = {each: list(self.pods().values()).count(each) for each in self.nodes.nodes(self.group)}
            free = sorted((count, each) for each, count in on.items() if count < self.places and self.nodes.takes(each))
            if not node and free:
                self.store.bind(("pods", NAMESPACE, name), free[0][1])
                self.store.set_status(("pods", NAMESPACE, name), {"phase": "Running"})

    def _cost(self, name: str) -> tuple[int, str]:
        pod = self.store.content(("pods", NAMESPACE, name)) or {}
        told = pod["metadata"].get("annotations", {}).get(DELETION_COST, "0")
        return (0 if self.stubborn else int(told), name)

    def _pods(self) -> list[Json]:
        return [each for each in self.store.contents("pods") if each["metadata"]["namespace"] == NAMESPACE]
