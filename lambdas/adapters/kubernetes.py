"""The door to the Kubernetes API of an EKS cluster: plain JSON over urllib3, which botocore brings along.

A client library would cost a cold start 0.4 to 1 s and the bundle 8 to 99 MB, for six calls. A new kind of object is
one method more: `call` does the talking.

Errors: ServiceBusy when the API does not answer, throttles or fails; KubernetesUnavailable when it refuses, or when
the cluster cannot be found out about. "Not found" is an answer: None.
"""

import json
import ssl
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from lambdas import payload
from lambdas.adapters import aws
from lambdas.errors import AccessRefused, KubernetesUnavailable, RequestRefused, ServiceBusy

DENY_ALL = "deny-all"

_TIMEOUT = urllib3.Timeout(connect=3, read=8)
# EKS takes a token for 15 minutes whatever it says; the presigned request itself need not outlive this call.
_TOKEN_SECONDS = 60
_CLUSTER_HEADER = "x-k8s-aws-id"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_NOT_FOUND, _CONFLICT, _BUSY, _SERVER_ERROR, _OK = 404, 409, 429, 500, 300
_LONGEST_MESSAGE = 300
_PAGE = 500
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An API answer that is no error to the caller: 2xx, 404 or 409."""

    status: int
    body: Mapping[str, Any]

    @property
    def not_found(self) -> bool:
        """404."""
        return self.status == _NOT_FOUND

    @property
    def conflict(self) -> bool:
        """409: it exists already, or is not the one that was meant."""
        return self.status == _CONFLICT


@cache
def door(cluster: str) -> "Kubernetes":
    """The API of the EKS cluster of that name, with this function's own identity."""
    try:
        with aws.asking(cluster):
            told = aws.client("eks").describe_cluster(name=cluster)["cluster"]
    except (AccessRefused, RequestRefused) as refusal:
        raise KubernetesUnavailable(
            f"The cluster cannot be found out about: {refusal.what}",
            resource=cluster,
            next_step="Correct the settings' Kubernetes cluster, or allow eks:DescribeCluster on it.",
        ) from refusal
    authority = told.get("certificateAuthority", {}).get("data")
    sts = aws.client("sts")
    return Kubernetes(
        name=cluster,
        endpoint=told.get("endpoint", ""),
        authority=b64decode(authority).decode() if authority else None,
        token=lambda: bearer_token(sts, cluster),
    )


def bearer_token(sts: Any, cluster: str) -> str:
    """The token by which EKS knows an AWS identity: a presigned GetCallerIdentity that names the cluster.

    Nothing is sent to STS here: EKS sends the presigned request itself (aws-iam-authenticator, "API authorization").
    """

    def name_cluster(request: Any, **_: object) -> None:
        request.headers[_CLUSTER_HEADER] = cluster

    event = "before-sign.sts.GetCallerIdentity"
    sts.meta.events.register(event, name_cluster, unique_id="coder-day2")
    try:
        with aws.asking(cluster):
            url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=_TOKEN_SECONDS, HttpMethod="GET")
    except (AccessRefused, RequestRefused) as refusal:
        raise KubernetesUnavailable(refusal.what, resource=cluster, next_step=refusal.next_step) from refusal
    finally:
        sts.meta.events.unregister(event, unique_id="coder-day2")
    return f"k8s-aws-v1.{urlsafe_b64encode(url.encode()).decode().rstrip('=')}"


class Kubernetes:
    """One cluster's API. `authority` is its CA certificate in PEM; without it only the loopback is spoken to."""

    def __init__(self, *, name: str, endpoint: str, authority: str | None, token: Callable[[], str]) -> None:
        self._name = name
        self._endpoint = endpoint.rstrip("/")
        self._token = token
        self._http = urllib3.PoolManager(timeout=_TIMEOUT, retries=False, ssl_context=self._trust(authority))

    def namespace(self, name: str) -> Namespace | None:
        """The namespace of that name."""
        answer = self.call("GET", f"/api/v1/namespaces/{quote(name)}")
        return None if answer.not_found else _namespace(answer.body)

    def namespaces(self, labels: Mapping[str, str]) -> tuple[Namespace, ...]:
        """All namespaces that bear these labels."""
        query = {"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items()), "limit": str(_PAGE)}
        found: list[Namespace] = []
        while True:
            page = self.call("GET", f"/api/v1/namespaces?{urlencode(query)}").body
            found += [_namespace(each) for each in page.get("items", ())]
            if not (more := page.get("metadata", {}).get("continue")):
                return tuple(found)
            query["continue"] = more

    def create_namespace(
        self, name: str, *, labels: Mapping[str, str], annotations: Mapping[str, str]
    ) -> Namespace | None:
        """Create it. None: the name is taken."""
        metadata = {"name": name, "labels": dict(labels), "annotations": dict(annotations)}
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        created = self._create("/api/v1/namespaces", body)
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
        if self._create(path, policy) is not None:
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

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """One request. Its answer when that is 2xx, 404 or 409."""
        headers = {"Authorization": f"Bearer {self._token()}", "Accept": "application/json"}
        sent = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            sent = json.dumps(body).encode()
        where = f"{self._name}{path.partition('?')[0]}"
        try:
            response = self._http.request(method, f"{self._endpoint}{path}", body=sent, headers=headers)
        except HTTPError as fault:
            raise ServiceBusy(
                f"The Kubernetes API did not answer: {type(fault).__name__}.",
                resource=where,
                next_step="If it stays so: see whether the function's subnets and security group reach the endpoint.",
            ) from fault
        return _read(response.status, response.data, method=method, where=where)

    def _create(self, path: str, item: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What was created; None when its name is taken."""
        answer = self.call("POST", path, item)
        if answer.not_found:
            raise KubernetesUnavailable(
                "There is nothing to create it in: the path was answered with 404.",
                resource=f"{self._name}{path}",
                next_step="See whether the namespace was deleted meanwhile; a new drill makes its own.",
            )
        return None if answer.conflict else answer.body

    def _trust(self, authority: str | None) -> ssl.SSLContext | None:
        where = urlsplit(self._endpoint)
        if where.scheme == "https" and authority:
            return _trusting(authority)
        if where.scheme == "http" and where.hostname in _LOOPBACK:
            return None
        raise KubernetesUnavailable(
            "The cluster tells no https endpoint with its certificate authority.",
            resource=self._name,
            next_step="See whether the EKS cluster is ACTIVE.",
        )


def _trusting(authority: str) -> ssl.SSLContext:
    """A client that verifies chain and host name against this one authority.

    Not create_default_context: since Python 3.13 it is strict about RFC 5280 and wants key identifiers, which the
    authorities of EKS clusters lack (kubernetes-client/python, issue 2394).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=authority)
    return context


def _read(status: int, data: bytes, *, method: str, where: str) -> Answer:
    try:
        body = json.loads(data or b"{}")
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    if status < _OK or status in (_NOT_FOUND, _CONFLICT):
        return Answer(status=status, body=body)
    told = f"{method} was answered with {status}: {str(body.get('message', 'no message'))[:_LONGEST_MESSAGE]}"
    if status == _BUSY or status >= _SERVER_ERROR:
        raise ServiceBusy(told, resource=where, next_step="Nothing to do: the step is tried again.")
    raise KubernetesUnavailable(
        told,
        resource=where,
        next_step="See whether the function's role has an EKS access entry and the RBAC rights for this.",
    )


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
