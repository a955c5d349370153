"""Secrets. What they hold leaves this door in `Secret.data` only: no error tells it."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from lambdas.adapters.kubernetes.client import MERGE_PATCH, Client
from lambdas.platform.cluster import Secret

_KEEPERS = (
    ("reconcile.external-secrets.io/created-by", "External Secrets"),
    ("argocd.argoproj.io/instance", "Argo CD"),
    ("kustomize.toolkit.fluxcd.io/name", "Flux"),
)


class Secrets(Client):
    """The Secrets of one cluster."""

    def secret(self, namespace: str, name: str) -> Secret | None:
        """The Secret of that name."""
        answer = self.call("GET", f"{_secrets(namespace)}/{quote(name)}", secret=True)
        return None if answer.not_found else _secret(answer.body)

    def create_immutable_secret(
        self, namespace: str, name: str, data: Mapping[str, str], *, labels: Mapping[str, str]
    ) -> bool:
        """Create one that nobody can change any more, only delete. False: the name is taken."""
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": dict(labels)},
            "type": "Opaque",
            "immutable": True,
            "data": _encoded(data),
        }
        return self.create(_secrets(namespace), body, secret=True) is not None

    def change_secret(self, secret: Secret, data: Mapping[str, str]) -> bool:
        """Give it these keys' values and leave all else as it is. False: it changed since it was read, or is gone."""
        body = {"metadata": {"resourceVersion": secret.version}, "data": _encoded(data)}
        path = f"{_secrets(secret.namespace)}/{quote(secret.name)}"
        answer = self.call("PATCH", path, body, kind=MERGE_PATCH, secret=True)
        return not (answer.conflict or answer.not_found)


def _secrets(namespace: str) -> str:
    return f"/api/v1/namespaces/{quote(namespace)}/secrets"


def _encoded(data: Mapping[str, str]) -> dict[str, str]:
    return {key: b64encode(value.encode()).decode() for key, value in data.items()}


def _secret(told: Mapping[str, Any]) -> Secret:
    metadata = told.get("metadata", {})
    return Secret(
        namespace=metadata.get("namespace", ""),
        name=metadata.get("name", ""),
        version=metadata.get("resourceVersion", ""),
        immutable=bool(told.get("immutable")),
        keeper=_keeper(metadata),
        data=dict(_texts(told.get("data") or {})),
    )


def _texts(data: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, encoded in data.items():
        try:
            yield key, b64decode(encoded).decode()
        except UnicodeDecodeError:
            continue


def _keeper(metadata: Mapping[str, Any]) -> str | None:
    for owner in metadata.get("ownerReferences") or ():
        return f"{owner.get('kind', 'its owner')} {owner.get('name', '')}".rstrip()
    labels = metadata.get("labels") or {}
    return next((f"{keeper} ({labels[label]})" for label, keeper in _KEEPERS if label in labels), None)
