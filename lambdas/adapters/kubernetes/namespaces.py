"""Namespaces, and the policy that closes one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from lambdas import payload
from lambdas.adapters.kubernetes.client import Client
from lambdas.errors import ServiceBusy

DENY_ALL = "deny-all"

_CLOSED = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """One namespace. `terminating`: its deletion has begun."""

    name: str
    uid: str
    terminating: bool
    created_at: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


class Namespaces(Client):
    """The namespaces of one cluster."""

    def namespace(self, name: str) -> Namespace | None:
        """The namespace of that name."""
        answer = self.call("GET", f"/api/v1/namespaces/{quote(name)}")
        return None if answer.not_found else _namespace(answer.body)

    def namespaces(self, labels: Mapping[str, str]) -> tuple[Namespace, ...]:
        """All namespaces that bear these labels."""
        query = {"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())}
        return tuple(_namespace(each) for each in self.pages("/api/v1/namespaces", query))

    def create_namespace(
        self, name: str, *, labels: Mapping[str, str], annotations: Mapping[str, str]
    ) -> Namespace | None:
        """Create it. None: the name is taken."""
        metadata = {"name": name, "labels": dict(labels), "annotations": dict(annotations)}
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        created = self.create("/api/v1/namespaces", body)
        return None if created is None else _namespace(created)

    def deny_all_traffic(self, namespace: str, *, labels: Mapping[str, str]) -> str:
        """See that a NetworkPolicy closes the namespace in both directions; its name."""
        path = f"/apis/networking.k8s.io/v1/namespaces/{quote(namespace)}/networkpolicies"
        policy: dict[str, Any] = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": DENY_ALL, "namespace": namespace, "labels": dict(labels)},
            "spec": _CLOSED,
        }
        if self.create(path, policy) is not None:
            return DENY_ALL
        present = self.call("GET", f"{path}/{DENY_ALL}").body
        if not _is_closed(present.get("spec", {})):
            policy["metadata"]["resourceVersion"] = present.get("metadata", {}).get("resourceVersion")
            if self.call("PUT", f"{path}/{DENY_ALL}", policy).conflict:
                raise ServiceBusy(
                    "The NetworkPolicy changed while it was being closed.",
                    resource=f"{namespace}/{DENY_ALL}",
                    next_step="Nothing to do: the step is tried again.",
                )
        return DENY_ALL

    def delete_namespace(self, namespace: Namespace) -> None:
        """Begin its deletion; absent is done, and another one of the same name is not touched."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": namespace.uid}}
        self.call("DELETE", f"/api/v1/namespaces/{quote(namespace.name)}", body)


def _namespace(told: Mapping[str, Any]) -> Namespace:
    metadata = told.get("metadata", {})
    created = metadata.get("creationTimestamp")
    return Namespace(
        name=metadata.get("name", ""),
        uid=metadata.get("uid", ""),
        terminating=bool(metadata.get("deletionTimestamp")) or told.get("status", {}).get("phase") == "Terminating",
        created_at=payload.parse_instant(created) if created else None,
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
    )


def _is_closed(spec: Mapping[str, Any]) -> bool:
    """Whether a policy selects every pod, in both directions, and lets nothing through."""
    return (
        not spec.get("podSelector")
        and set(spec.get("policyTypes", ())) == set(_CLOSED["policyTypes"])
        and not spec.get("ingress")
        and not spec.get("egress")
    )
