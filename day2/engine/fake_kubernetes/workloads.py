"""What a Deployment of Coder's image means: which pods there shall be, and how its rollout stands. No processes here.

The rule: an image is Coder's when the last part of its name, without tag and digest, contains `coder`
(`ghcr.io/coder/coder:v2.29.1`, `registry.example.com/our-coder`; not `registry.example.com/coder/nginx`). Such a
Deployment has pods. A pod's container is a coderd, and runs as a process, when it is told to do nothing else: its
command and arguments are at most the program and `server`. A provisioner (`provisionerd start`) is an object only.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from day2.engine.fake_kubernetes.requests import Object

_CODER = "coder"
_HASH_LABEL = "pod-template-hash"
_COST = "controller.kubernetes.io/pod-deletion-cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A pod as its Deployment counts it. `updated`: made from the present template; `cost`: of its deletion."""

    name: str
    updated: bool
    ready: bool
    ending: bool
    cost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a Deployment does next: how many pods it makes, and which it ends."""

    make: int
    end: tuple[str, ...]


def has_pods(deployment: Object) -> bool:
    """Whether one of its containers is of Coder's image."""
    return container_of(deployment) is not None


def container_of(deployment: Object) -> Object | None:
    """The container of Coder's image."""
    containers = deployment.get("spec", {}).get("template", {}).get("spec", {}).get("containers") or []
    return next((each for each in containers if _CODER in image_name(each.get("image", ""))), None)


def image_name(image: str) -> str:
    """`coder` of `ghcr.io/coder/coder:v2.29.1@sha256:...`."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def image_version(image: str) -> str | None:
    """The tag where it is a version."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return tag if tag[:1] == "v" and tag[1:2].isdigit() else None


def is_coderd(container: Object) -> bool:
    """Whether it starts the server."""
    words = [*(container.get("command") or [])[1:], *(container.get("args") or [])]
    return words in ([], ["server"])


def is_provisioner(container: Object) -> bool:
    """Whether it starts a provisioner daemon."""
    return "provisionerd" in [*(container.get("command") or []), *(container.get("args") or [])]


def template_hash(deployment: Object) -> str:
    """Of the pod template: another hash is another revision."""
    template = json.dumps(deployment["spec"].get("template", {}), sort_keys=True)
    return hashlib.sha256(template.encode()).hexdigest()[:10]


def plan(replicas: int, pods: Sequence[Seen]) -> Plan:
    """The next step of a rolling update with Kubernetes' defaults: at most a quarter more, at most a quarter less.

    Rounded up and down, so that of two replicas both serve until a third one is ready. Of too many those go first that
    are not ready, then the cheapest (https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost).
    """
    standing = [each for each in pods if not each.ending]
    fresh = sorted((each for each in standing if each.updated), key=lambda each: (not each.ready, -each.cost))
    old = sorted((each for each in standing if not each.updated), key=lambda each: each.ready)
    surplus = [each.name for each in fresh[replicas:]]
    dispensable = len(standing) - (replicas - replicas // 4) - sum(not each.ready for each in fresh)
    outdated = [each.name for each in old[: max(0, dispensable)]]
    most = replicas + math.ceil(replicas / 4)
    return Plan(make=max(0, min(replicas - len(fresh), most - len(standing))), end=(*surplus, *outdated))


def deletion_cost(pod: Object) -> int:
    """By its annotation; 0 where that is missing or no number."""
    written = pod["metadata"].get("annotations", {}).get(_COST, "0")
    return int(written) if written.removeprefix("-").isdigit() else 0


def status(deployment: Object, pods: Sequence[Seen]) -> Object:
    """The Deployment's status. Pods that are ending count no more."""
    wanted = deployment["spec"]["replicas"]
    standing = [each for each in pods if not each.ending]
    updated = [each for each in standing if each.updated]
    ready = sum(each.ready for each in standing)
    complete = len(standing) == len(updated) == ready == wanted
    progressing = "NewReplicaSetAvailable" if complete else "ReplicaSetUpdated"
    available = ready >= wanted - wanted // 4
    return {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": len(standing),
        "updatedReplicas": len(updated),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(0, wanted - ready),
        "conditions": [
            {"type": "Progressing", "status": "True", "reason": progressing},
            {
                "type": "Available",
                "status": str(available),
                "reason": "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable",
            },
        ],
    }


def new_pod(deployment: Object, name: str) -> Object:
    """A pod of the present template. Its owner is the ReplicaSet that would stand between, which the fake has not."""
    revision, template = template_hash(deployment), deployment["spec"]["template"]
    metadata: dict[str, Any] = template.get("metadata", {})
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": f"{deployment['metadata']['name']}-{revision}",
        "uid": str(uuid5(NAMESPACE_OID, deployment["metadata"]["uid"] + revision)),
        "controller": True,
    }
    return {
        "metadata": {
            "name": name,
            "labels": {**metadata.get("labels", {}), _HASH_LABEL: revision},
            "annotations": dict(metadata.get("annotations", {})),
            "ownerReferences": [owner],
        },
        "spec": dict(template["spec"]),
        "status": pod_status(ready=False, container=container_of(deployment) or {}, state={}, restarts=0),
    }


def pod_status(*, ready: bool, container: Object, state: Object, restarts: int, address: str = "") -> Object:
    """A pod's status. `state` is its container's: running, or waiting for a reason; empty while it is created."""
    shown = state or {"state": {"waiting": {"reason": "ContainerCreating"}}}
    return {
        "phase": "Running" if "running" in shown["state"] or "lastState" in shown else "Pending",
        "conditions": [{"type": name, "status": str(ready)} for name in ("Ready", "ContainersReady")],
        "containerStatuses": [
            {
                "name": container.get("name", ""),
                "image": container.get("image", ""),
                "ready": ready,
                "started": "running" in shown["state"],
                "restartCount": restarts,
                **shown,
            }
        ],
        **({"podIP": address} if address else {}),
    }
