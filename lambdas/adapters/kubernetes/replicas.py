"""What a pod says: its log, and its own HTTP through the API server, so that no other way to it is needed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from lambdas.adapters.kubernetes.client import JSON, NOT_FOUND, Client, document, refusal
from lambdas.errors import ServiceBusy

_LOG_LINES, _LOG_BYTES = 2000, 512 * 1024
_BAD_REQUEST, _BAD_GATEWAY, _UNREACHABLE, _SILENT, _OK = 400, 502, 503, 504, 300
# coderd's own look at its health takes up to ten seconds.
_PATIENT = urllib3.Timeout(connect=3, read=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxied:
    """A pod's own answer. 503: the API server does not reach it; 504: it was reached and said nothing."""

    status: int
    text: str = field(repr=False)

    def document(self) -> Any:
        """Its JSON; None where it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class Replicas(Client):
    """The pods of one cluster, spoken to."""

    def log(
        self,
        namespace: str,
        pod: str,
        *,
        container: str,
        since_seconds: int | None = None,
        previous: bool = False,
    ) -> str:
        """The end of a container's log, at most 2,000 lines and 512 KiB of it; of the run before with `previous`.

        Empty where there is none: no such pod, or not begun yet, or never ended before.
        """
        query = {"container": container, "tailLines": str(_LOG_LINES), "limitBytes": str(_LOG_BYTES)}
        if since_seconds is not None:
            query["sinceSeconds"] = str(max(1, since_seconds))
        if previous:
            query["previous"] = "true"
        path = f"{_pod(namespace, pod)}/log?{urlencode(query)}"
        status, data = self.exchange("GET", path, headers={"Accept": f"{JSON}, */*"})
        if status < _OK:
            return data.decode(errors="replace")
        if status in (_BAD_REQUEST, NOT_FOUND):
            return ""
        raise refusal(status, document(data), method="GET", where=self.where(path))

    def ask_pod(self, namespace: str, pod: str, *, port: int, path: str, headers: Mapping[str, str]) -> Proxied:
        """GET `path` (with its query) of a pod's port; `headers` go to it, but this door's own token does not.

        The API server takes the token away before it passes the request on (Kubernetes, "Access clusters using the
        Kubernetes API", pods/proxy).
        """
        where = f"{_pod(namespace, f'{pod}:{port}')}/proxy/{path.lstrip('/')}"
        try:
            status, data = self.exchange("GET", where, headers={"Accept": JSON, **headers}, timeout=_PATIENT)
        except ServiceBusy as silence:
            if isinstance(silence.__cause__, urllib3.exceptions.ReadTimeoutError):
                return Proxied(status=_SILENT, text="")
            raise
        told = document(data)
        if status < _OK or told.get("kind") != "Status" or told.get("apiVersion") != "v1":
            return Proxied(status=status, text=data.decode(errors="replace"))
        if status in (NOT_FOUND, _BAD_GATEWAY, _UNREACHABLE, _SILENT):
            return Proxied(status=_UNREACHABLE, text="")
        raise refusal(status, told, method="GET", where=self.where(where))


def _pod(namespace: str, pod: str) -> str:
    return f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod, safe=':')}"
