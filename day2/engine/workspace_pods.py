"""The pods of workspaces: one for each workspace that Coder's database says runs, and which of them ended how.

They are objects only; no container runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from day2.engine.nodes.registration import ENDED_WITH_NODE
from day2.engine.seed import psql as door
from lambdas.adapters.kubernetes import Kubernetes

MOST = 2000
"""At most so many pods of workspaces: all of the small seed's and of the large one's (1,458, made in a second)."""
WORKSPACE_LABEL = "com.coder.workspace.id"

_RUNNING = """\
SELECT w.id, w.name, w.owner_id FROM workspaces AS w
CROSS JOIN LATERAL (SELECT transition, job_id FROM workspace_builds WHERE workspace_id = w.id
                    ORDER BY build_number DESC LIMIT 1) AS b
JOIN provisioner_jobs AS j ON j.id = b.job_id
WHERE NOT w.deleted AND b.transition = 'start' AND j.job_status = 'succeeded' ORDER BY w.id LIMIT :pods;
"""
# As the Terraform states of the seed have it.
_DEV = {
    "name": "dev",
    "image": "codercom/enterprise-base:ubuntu",
    "resources": {"limits": {"cpu": "4", "memory": "8Gi"}, "requests": {"cpu": "250m", "memory": "512Mi"}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace by its row."""

    id: str
    name: str
    owner: str


def running(dsn: str, *, psql: Path) -> tuple[Workspace, ...]:
    """Those whose latest build is a start that succeeded, MOST at most."""
    rows = door.run(dsn, _RUNNING, psql=psql, variables={"pods": MOST})
    found = (line.split("\t") for line in rows.splitlines())
    return tuple(Workspace(id=id_, name=name, owner=owner) for id_, name, owner in found)


def name_of(workspace: str) -> str:
    """The pod's name, by the workspace's id."""
    return f"coder-{workspace}"


def pod(workspace: Workspace, *, place: Mapping[str, Any]) -> dict[str, Any]:
    """With the labels of Coder's Kubernetes template. `place`: what of its spec says on which nodes it may be."""
    labels = {
        "app.kubernetes.io/name": "coder-workspace",
        "app.kubernetes.io/instance": f"coder-workspace-{workspace.id}",
        "app.kubernetes.io/part-of": "coder",
        "com.coder.resource": "true",
        WORKSPACE_LABEL: workspace.id,
        "com.coder.workspace.name": workspace.name,
        "com.coder.user.id": workspace.owner,
    }
    runs = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    return {
        "metadata": {"name": name_of(workspace.id), "labels": labels},
        "spec": {"containers": [_DEV], **place},
        "status": {"phase": "Pending"} if place else runs,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """A workspace whose pod ended with its node, at `at` (RFC 3339)."""

    workspace: str
    node: str
    at: str


def killed(kubernetes: Kubernetes, namespace: str) -> tuple[Killed, ...]:
    """Every workspace that ended because its node did, since the cluster began."""
    events = kubernetes.pages(f"/api/v1/namespaces/{namespace}/events", {"labelSelector": WORKSPACE_LABEL})
    return tuple(
        Killed(
            workspace=each["metadata"]["labels"][WORKSPACE_LABEL],
            node=each["source"]["host"],
            at=each["firstTimestamp"],
        )
        for each in events
        if each["reason"] == ENDED_WITH_NODE
    )
