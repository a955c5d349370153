"""A pod of a Deployment as its controller keeps it: its container, its status, its environment."""

import http.client
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from day2.engine.fake_kubernetes import workloads
from day2.engine.fake_kubernetes.containers import Container
from day2.engine.fake_kubernetes.environments import resolve
from day2.engine.fake_kubernetes.front import Address
from day2.engine.fake_kubernetes.requests import Object
from day2.engine.fake_kubernetes.store import Key, Store

_PROBE_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class Pod:
    """A pod of a Deployment. Without a container process it is an object only, ready at `ready_at`.

    Its end began at `ending_since`, by the store's clock.
    """

    owner: str
    revision: str
    spec: Object
    address: Address
    container: Container | None
    ready_at: float
    ready: bool = False
    ending: bool = False
    ending_since: float = 0.0
    probe_at: float = 0.0


def status(pod: Pod) -> Object:
    """As the API tells it."""
    state: Object = {"state": {"running": {}}} if pod.ready else {}
    if pod.container:
        state = pod.container.state()
    return workloads.pod_status(
        ready=pod.ready,
        container=pod.spec,
        state=state,
        restarts=pod.container.restarts if pod.container else 0,
        address=pod.address[0],
    )


def environment(key: Key, pod: Pod, store: Store) -> dict[str, str]:
    """As the container has it, and what only the engine knows: where the replica listens, and what it is."""
    _, namespace, name = key
    fields = {"metadata.name": name, "metadata.namespace": namespace, "status.podIP": pod.address[0]}
    found = resolve(pod.spec, secrets=lambda secret: store.content(("secrets", namespace, secret)), fields=fields)
    told: dict[str, Any] = {"HOSTNAME": name, "CODER_HTTP_ADDRESS": "{}:{}".format(*pod.address)}
    if version := workloads.image_version(pod.spec["image"]):
        told["FAKE_CODER_VERSION"] = version
    return found | told


def answers(address: Address) -> bool:
    """The readiness probe of Coder's chart: GET /healthz of this replica, which listens once it is connected."""
    asked = http.client.HTTPConnection(*address, timeout=_PROBE_SECONDS)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()
