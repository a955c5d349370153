"""A fake cluster in the test's own process whose Deployments really start the fake Coder, as tests ask it."""

import base64
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3
from replicas import QUICK, eventually

from day2.engine.fake_kubernetes.containers import Runtime
from day2.engine.fake_kubernetes.controller import Controller
from day2.engine.fake_kubernetes.front import Front
from day2.engine.fake_kubernetes.store import Store
from day2.engine.leftovers import Leftovers
from day2.engine.processes import Process
from day2.engine.settings import PhaseSeconds

MERGE = "application/merge-patch+json"
DEPLOYMENTS = "/apis/apps/v1/namespaces/coder/deployments"
PODS = "/api/v1/namespaces/coder/pods"
SECRETS = "/api/v1/namespaces/coder/secrets"
IMAGE = "ghcr.io/coder/coder:v2.29.1"
BY_KEY = [{"name": "CODER_PG_CONNECTION_URL", "valueFrom": {"secretKeyRef": {"name": "coder-db-url", "key": "url"}}}]


def deployment(*, replicas: int, name: str = "coder", image: str = IMAGE, **container: Any) -> dict[str, Any]:
    """A Deployment as Coder's chart makes it; `container` is what differs in its one container."""
    labels = {"app.kubernetes.io/name": name}
    told = {"name": name, "image": image, "args": ["server"], "env": BY_KEY, **container}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [told]}},
        },
    }


class Cluster:
    """One cluster with the namespace coder."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.leftovers = Leftovers.of(folder)
        self.store = Store(PhaseSeconds(rollout_progressing=0.05))
        runtime = Runtime(
            python=Path(sys.executable),
            given={"FAKE_CODER_TIME_SCALE": str(QUICK)},
            leftovers=self.leftovers,
            back_off=0.05,
            grace=0.4,
        )
        self.controller = Controller(self.store, runtime, Front(port))
        self.url = f"http://127.0.0.1:{port}"
        self.http = urllib3.PoolManager(retries=False)
        self.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "coder"}})

    def ask(self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None) -> Any:
        """The answer of the API, as the server gives it."""
        with self.store.lock:
            code, answer = self.store.answer(method, path, body=body, query=query, content_type=MERGE)
            assert code < 300, answer
            self.controller.look()
            return answer

    def secret(self, url: str, *, name: str = "coder-db-url", key: str = "url") -> None:
        """Make it, or give it another value."""
        data = {"data": {key: base64.b64encode(url.encode()).decode()}}
        exists = any(each["metadata"]["name"] == name for each in self.ask("GET", SECRETS)["items"])
        if exists:
            self.ask("PATCH", f"{SECRETS}/{name}", data)
        else:
            self.ask("POST", SECRETS, {"metadata": {"name": name}, **data})

    def scale(self, replicas: int) -> None:
        self.ask("PATCH", f"{DEPLOYMENTS}/coder/scale", {"spec": {"replicas": replicas}})

    def restart(self, at: str) -> None:
        """As `kubectl rollout restart` does."""
        annotations = {"kubectl.kubernetes.io/restartedAt": at}
        self.ask("PATCH", f"{DEPLOYMENTS}/coder", {"spec": {"template": {"metadata": {"annotations": annotations}}}})

    def pods(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", PODS, query={"labelSelector": "app.kubernetes.io/name=coder"})[
            "items"
        ]
        return found

    def await_rollout(self) -> None:
        """As `kubectl rollout status` does."""
        eventually(self.rolled_out)

    def rolled_out(self) -> bool:
        told = self.ask("GET", f"{DEPLOYMENTS}/coder")
        wanted, status = told["spec"]["replicas"], told.get("status", {})
        seen = [status.get(each) for each in ("updatedReplicas", "readyReplicas", "availableReplicas", "replicas")]
        return status.get("observedGeneration") == told["metadata"]["generation"] and seen == [wanted] * 4

    def one(self) -> dict[str, Any]:
        """The container's status of the only pod."""
        (pod,) = self.pods()
        status: dict[str, Any] = pod["status"]["containerStatuses"][0]
        return status

    def log(self, **query: str) -> str:
        """Of the only pod."""
        (pod,) = self.pods()
        text: str = self.ask("GET", f"{PODS}/{pod['metadata']['name']}/log", query=query)
        return text

    def processes(self) -> list[Process]:
        """What stands noted as running."""
        noted = [Process.of(int(file.stem.removeprefix("process-"))) for file in self.leftovers.folder.glob("*.json")]
        return [each for each in noted if each]
