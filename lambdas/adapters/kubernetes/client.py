"""One request to the API of one cluster, and what its answer means."""

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from lambdas.errors import Day2Error, KubernetesUnavailable, ServiceBusy

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"

NOT_FOUND, CONFLICT, BUSY, SERVER_ERROR = 404, 409, 429, 500
TIMEOUT = urllib3.Timeout(connect=3, read=8)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_OK = 300
_LONGEST_MESSAGE = 300
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An API answer that is no error to the caller: 2xx, 404 or 409."""

    status: int
    body: Mapping[str, Any]

    @property
    def not_found(self) -> bool:
        """404."""
        return self.status == NOT_FOUND

    @property
    def conflict(self) -> bool:
        """409: it exists already, or is not the one that was meant."""
        return self.status == CONFLICT


class Client:
    """One cluster's API. `authority` is its CA certificate in PEM; without it only the loopback is spoken to."""

    def __init__(self, *, name: str, endpoint: str, authority: str | None, token: Callable[[], str]) -> None:
        self._name = name
        self._endpoint = endpoint.rstrip("/")
        self._token = token
        self._http = urllib3.PoolManager(timeout=TIMEOUT, retries=False, ssl_context=self._trust(authority))

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, kind: str = JSON, secret: bool = False
    ) -> Answer:
        """One request. Its answer when that is 2xx, 404 or 409.

        kind    the body's content type: a PATCH is a merge patch here, MERGE_PATCH
        secret  the API's message may quote what was sent, so that only its reason is told
        """
        headers = {"Accept": JSON}
        sent = None
        if body is not None:
            headers["Content-Type"] = kind
            sent = json.dumps(body).encode()
        status, data = self.exchange(method, path, sent, headers=headers)
        told = document(data)
        if status < _OK or status in (NOT_FOUND, CONFLICT):
            return Answer(status=status, body=told)
        raise refusal(status, told, method=method, where=self.where(path), secret=secret)

    def pages(self, path: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """Every item of a list, page by page; none of what does not exist."""
        asked = {**query, "limit": str(_PAGE)}
        while True:
            page = self.call("GET", f"{path}?{urlencode(asked)}").body
            yield from page.get("items") or ()
            if not (more := page.get("metadata", {}).get("continue")):
                return
            asked["continue"] = more

    def create(self, path: str, item: Mapping[str, Any], *, secret: bool = False) -> Mapping[str, Any] | None:
        """What was created; None when its name is taken."""
        answer = self.call("POST", path, item, secret=secret)
        if answer.not_found:
            raise KubernetesUnavailable(
                "There is nothing to create it in: the path was answered with 404.",
                resource=self.where(path),
                next_step="See whether the namespace was deleted meanwhile; a new run makes its own.",
            )
        return None if answer.conflict else answer.body

    def exchange(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str],
        timeout: urllib3.Timeout = TIMEOUT,
    ) -> tuple[int, bytes]:
        """Status and body as they come; a redirect is not followed. ServiceBusy when nobody answers."""
        try:
            response = self._http.request(
                method,
                f"{self._endpoint}{path}",
                body=body,
                headers={"Authorization": f"Bearer {self._token()}", **headers},
                timeout=timeout,
                redirect=False,
            )
        except HTTPError as fault:
            raise ServiceBusy(
                f"The Kubernetes API did not answer: {type(fault).__name__}.",
                resource=self.where(path),
                next_step="If it stays so: see whether the function's subnets and security group reach the endpoint.",
            ) from fault
        return response.status, response.data

    def where(self, path: str) -> str:
        """The resource of an error: cluster and path, without the query."""
        return f"{self._name}{path.partition('?')[0]}"

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


def document(data: bytes) -> Mapping[str, Any]:
    """The JSON object of a body; empty where it is none."""
    try:
        body = json.loads(data or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def refusal(status: int, body: Mapping[str, Any], *, method: str, where: str, secret: bool = False) -> Day2Error:
    """The error that an answer of the API server is."""
    message = body.get("reason", "no reason") if secret else str(body.get("message", "no message"))[:_LONGEST_MESSAGE]
    told = f"{method} was answered with {status}: {message}"
    if status == BUSY or status >= SERVER_ERROR:
        return ServiceBusy(told, resource=where, next_step="Nothing to do: the step is tried again.")
    return KubernetesUnavailable(
        told,
        resource=where,
        next_step="See whether the function's role has an EKS access entry and the RBAC rights for this.",
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
