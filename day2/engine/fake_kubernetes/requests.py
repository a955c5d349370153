"""A request to the fake Kubernetes API, taken apart, and the errors that are answered to one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource: its plural in paths, its kind, where it lives."""

    plural: str
    kind: str
    api_version: str = "v1"
    namespaced: bool = True


KINDS: Mapping[tuple[str, str], Kind] = {
    (each.api_version, each.plural): each
    for each in (
        Kind("namespaces", "Namespace", namespaced=False),
        Kind("nodes", "Node", namespaced=False),
        Kind("pods", "Pod"),
        Kind("events", "Event"),
        Kind("secrets", "Secret"),
        Kind("deployments", "Deployment", "apps/v1"),
        Kind("networkpolicies", "NetworkPolicy", "networking.k8s.io/v1"),
    )
}

_PATH = re.compile(
    r"/(?:api/(?P<core>v1)|apis/(?P<group>[a-z0-9.]+/v1))"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/[a-z]+))?"
    r"/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+)(?:/(?P<part>scale|status|eviction|log))?)?"
)


class Refusal(Exception):
    """An error as the API tells it."""

    def __init__(self, code: HTTPStatus, reason: str, message: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(message)

    @property
    def status(self) -> Object:
        """The Status object of the answer."""
        told = {"status": "Failure", "message": str(self), "reason": self.reason, "code": int(self.code)}
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, **told}


UNAUTHORIZED = Refusal(HTTPStatus.UNAUTHORIZED, "Unauthorized", "Unauthorized")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, its path taken apart."""

    method: str
    kind: Kind
    namespace: str
    name: str
    part: str
    query: Mapping[str, str]
    body: Object
    content_type: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind.plural, self.namespace, self.name


def parse(method: str, path: str, *, query: Mapping[str, str], body: Object, content_type: str) -> Request:
    taken = _PATH.fullmatch(path)
    kind = KINDS.get((taken["core"] or taken["group"], taken["plural"])) if taken else None
    if taken is None or kind is None or bool(taken["namespace"]) > kind.namespaced:
        raise Refusal(HTTPStatus.NOT_FOUND, "NotFound", "the server could not find the requested resource")
    return Request(
        method=method,
        kind=kind,
        namespace=taken["namespace"] or "",
        name=taken["name"] or "",
        part=taken["part"] or "",
        query=query,
        body=body,
        content_type=content_type.partition(";")[0],
    )
