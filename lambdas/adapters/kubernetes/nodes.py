"""Nodes: who they are, what is bound to them, and whether anything new may be."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lambdas import payload
from lambdas.adapters.kubernetes.client import MERGE_PATCH, Client
from lambdas.scaling.contracts import Node

GROUP_LABEL = "eks.amazonaws.com/nodegroup"
ZONE_LABEL = "topology.kubernetes.io/zone"
CORDONED_BY = "coder-day2/cordoned-by"
"""Annotation: the scaling that cordoned a node, by which it is told from one that a person cordoned."""


class Nodes(Client):
    """The nodes of one cluster."""

    def nodes(self, group: str) -> tuple[Node, ...]:
        """The nodes of a managed node group, with nothing on them yet: see `lambdas.scaling.placing`."""
        found = self.pages("/api/v1/nodes", {"labelSelector": f"{GROUP_LABEL}={group}"})
        return tuple(_node(each) for each in found)

    def cordon(self, node: str, *, by: str) -> bool:
        """Let nothing new onto the node, in the name of a scaling. False: there is no such node."""
        return self._mark(node, unschedulable=True, by=by)

    def uncordon(self, node: str) -> bool:
        """Let pods onto the node again. False: there is no such node."""
        return self._mark(node, unschedulable=None, by=None)

    def _mark(self, node: str, *, unschedulable: bool | None, by: str | None) -> bool:
        body = {"metadata": {"annotations": {CORDONED_BY: by}}, "spec": {"unschedulable": unschedulable}}
        return not self.call("PATCH", f"/api/v1/nodes/{quote(node)}", body, kind=MERGE_PATCH).not_found


def _node(told: Mapping[str, Any]) -> Node:
    metadata, spec, status = told["metadata"], told.get("spec", {}), told.get("status", {})
    conditions = {each.get("type"): each.get("status") for each in status.get("conditions") or ()}
    return Node(
        name=metadata["name"],
        # aws:///eu-central-1a/i-0123456789abcdef0
        instance=str(spec.get("providerID", "")).rpartition("/")[2],
        zone=(metadata.get("labels") or {}).get(ZONE_LABEL, ""),
        created_at=payload.parse_instant(metadata["creationTimestamp"]),
        ready=conditions.get("Ready") == "True",
        cordoned=bool(spec.get("unschedulable")),
        cordoned_by=(metadata.get("annotations") or {}).get(CORDONED_BY, ""),
    )
