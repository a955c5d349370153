"""What an API server and its controllers make of an object."""

import base64
from datetime import UTC, datetime
from typing import Any

from day2.engine.fake_kubernetes.requests import Object


def merged(present: Any, patch: Any) -> Any:
    """RFC 7396: null removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(present) if isinstance(present, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def completed(content: Object) -> Object:
    """What an API server adds to an object by its kind."""
    match content["kind"]:
        case "Namespace":
            labels = {
                **content["metadata"].get("labels", {}),
                "kubernetes.io/metadata.name": content["metadata"]["name"],
            }
            content["metadata"]["labels"] = labels
            content.setdefault("status", {"phase": "Active"})
        case "Secret":
            plain = content.pop("stringData", {})
            encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
            content["data"] = {**content.get("data", {}), **encoded}
        case "Deployment":
            content.setdefault("spec", {}).setdefault("replicas", 1)
    return content


def rollout(deployment: Object, *, settled: bool) -> Object:
    """A Deployment's status before and after its rollout is complete."""
    replicas, generation = deployment["spec"]["replicas"], deployment["metadata"]["generation"]
    reason = "NewReplicaSetAvailable" if settled else "ReplicaSetUpdated"
    progressing = {"type": "Progressing", "status": "True", "reason": reason}
    ready = replicas if settled else 0
    counts = {"replicas": replicas, "updatedReplicas": ready, "readyReplicas": ready, "availableReplicas": ready}
    return {"observedGeneration": generation, **counts, "conditions": [progressing]}


def scale(content: Object) -> Object:
    metadata = {key: content["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion")}
    replicas = {"replicas": content["spec"]["replicas"]}
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": replicas, "status": replicas}


def now() -> str:
    return written(datetime.now(UTC))


def written(moment: datetime) -> str:
    """As the API writes times: UTC, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
