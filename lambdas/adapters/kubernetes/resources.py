"""What nodes have for pods, and what pods ask of them: as the scheduler counts it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lambdas.adapters.kubernetes.client import Client
from lambdas.adapters.kubernetes.nodes import GROUP_LABEL
from lambdas.quantity import number
from lambdas.scaling.demand import Resources, Room

_OVER = ("Succeeded", "Failed")


class ResourcesOfNodes(Client):
    """Allocatable resources and requests in one cluster."""

    def rooms(self, group: str) -> tuple[Room, ...]:
        """The nodes of a managed node group with what each has for pods."""
        return tuple(map(_room, self.pages("/api/v1/nodes", {"labelSelector": f"{GROUP_LABEL}={group}"})))

    def requests(self, namespace: str, selector: str) -> tuple[Resources, ...]:
        """What each selected pod requests that has not ended."""
        found = self.pages(f"/api/v1/namespaces/{quote(namespace)}/pods", {"labelSelector": selector})
        return tuple(_requested(each["spec"]) for each in found if each.get("status", {}).get("phase") not in _OVER)


def _room(told: Mapping[str, Any]) -> Room:
    spec, status = told.get("spec", {}), told.get("status", {})
    conditions = {each.get("type"): each.get("status") for each in status.get("conditions") or ()}
    has = status.get("allocatable") or {}
    return Room(
        node=told["metadata"]["name"],
        ready=conditions.get("Ready") == "True",
        cordoned=bool(spec.get("unschedulable")),
        has=Resources(
            cpu=number(has.get("cpu", 0)), memory=number(has.get("memory", 0)), pods=number(has.get("pods", 0))
        ),
    )


def _requested(spec: Mapping[str, Any]) -> Resources:
    """The containers' sum, or the largest init container where that is more, and the pod's overhead.

    As kube-scheduler counts (Kubernetes, "Init Containers", "Resource sharing within containers"); a sidecar, an init
    container that keeps running, counts with the containers.
    """
    inits = spec.get("initContainers") or ()
    sidecars = [each for each in inits if each.get("restartPolicy") == "Always"]
    steady = [*(spec.get("containers") or ()), *sidecars]
    overhead = spec.get("overhead") or {}

    def of(name: str) -> float:
        largest = max((_asks(each, name) for each in inits if each not in sidecars), default=0.0)
        return max(sum(_asks(each, name) for each in steady), largest) + number(overhead.get(name, 0))

    return Resources(cpu=of("cpu"), memory=of("memory"), pods=1)


def _asks(container: Mapping[str, Any], name: str) -> float:
    return number(((container.get("resources") or {}).get("requests") or {}).get(name, 0))
