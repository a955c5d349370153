"""`pods/proxy`: a GET of a pod's own HTTP through the API server. Whose pod it is is looked up; who answers is real."""

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from day2.engine.fake_kubernetes.front import Address
from day2.engine.fake_kubernetes.requests import Refusal

_PATH = re.compile(
    r"/api/v1/namespaces/(?P<namespace>[^/]+)/pods/(?:https?:)?(?P<pod>[^/:]+)(?::(?P<port>\d+))?:?/proxy/(?P<path>.*)"
)
_SECONDS = 10.0
# What belongs to this hop, and the token, which the API server keeps to itself.
_KEPT_BACK = frozenset({"authorization", "host", "connection", "content-length", "accept-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of a pod. `port` 0: the first of its container."""

    namespace: str
    pod: str
    port: int
    path: str

    @property
    def key(self) -> tuple[str, str, str]:
        return "pods", self.namespace, self.pod


def parse(path: str) -> Wanted | None:
    """The request of a path of the API; None where it is none of pods/proxy."""
    taken = _PATH.fullmatch(path)
    if taken is None:
        return None
    return Wanted(
        namespace=taken["namespace"], pod=taken["pod"], port=int(taken["port"] or 0), path=f"/{taken['path']}"
    )


def relay(address: Address, path: str, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
    """Status, content type and body of the pod's answer. Raises Refusal when it is silent, as the API server does."""
    asked = http.client.HTTPConnection(*address, timeout=_SECONDS)
    try:
        asked.request("GET", path, headers={k: v for k, v in headers.items() if k.lower() not in _KEPT_BACK})
        answer = asked.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()
    except (OSError, http.client.HTTPException) as fault:
        raise unreachable(fault) from fault
    finally:
        asked.close()


def unreachable(why: object) -> Refusal:
    """503, in the API server's words."""
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", f"error trying to reach service: {why}")
