"""The door to coderd's HTTP API, over whatever fetches from a replica: the Kubernetes API server's pods/proxy.

A right that is missing, a licence or a token is an answer here: `Skipped`, with its reason. So is `Broken`: a replica
that does not answer, or answers what coderd does not. Nothing of this door raises, but for what its `fetch` does.

Paths, rights and fields: Coder's API reference, releases 2.0 to 2.34.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal, Protocol, TypeVar
from urllib.parse import quote

from lambdas import payload
from lambdas.platform.answers import Broken, Build, DatabaseHealth, Skipped

T = TypeVar("T")

TOKEN_HEADER = "Coder-Session-Token"  # noqa: S105  a header's name
MOST_JOBS = 100
"""As many waiting jobs are told apart; what there are more of changes no decision."""
MOST_DAEMONS = 1_000
MOST_DEADLINES = 5_000
_PAGE = 250
_NEVER = 1
"""The year of a deadline that is none: Go's zero time."""
_LONGEST_MESSAGE = 200
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
_REDIRECTS = range(300, 400)


class Fetched(Protocol):
    """An answer of a replica."""

    @property
    def status(self) -> int: ...
    @property
    def text(self) -> str: ...
    def document(self) -> Any: ...


Fetch = Callable[[str, Mapping[str, str]], Fetched]
"""GET a path (with its query) of a replica with these headers."""


class Coder:
    """One replica of coderd, asked with a session token, or without one for the reason that `token` then is."""

    def __init__(self, fetch: Fetch, *, token: str | Skipped) -> None:
        self._fetch = fetch
        self._token = token

    def alive(self) -> Skipped | Broken | None:
        """GET /healthz: None when it says OK. It does not look at the database."""
        answer = self._fetch("/healthz", {})
        if answer.status == HTTPStatus.FORBIDDEN:
            return Skipped(_not_let(answer, "/healthz"))
        if answer.status == HTTPStatus.OK and answer.text.strip() == "OK":
            return None
        return Broken(_unanswered("/healthz", answer.status))

    def build(self) -> Build | Skipped | Broken:
        """GET /api/v2/buildinfo, which asks for no token."""
        return _read("/api/v2/buildinfo", self._fetch("/api/v2/buildinfo", {}), _build)

    def health(self) -> DatabaseHealth | Skipped | Broken:
        """GET /api/v2/debug/health: an owner's right."""
        return self._ask("/api/v2/debug/health", _health)

    def users(self) -> int | Skipped | Broken:
        """How many users there are, neither deleted ones nor Coder's own. A member is shown fewer."""
        return self._ask("/api/v2/users?limit=1", lambda told: int(told["count"]))

    def templates(self) -> int | Skipped | Broken:
        """How many templates are listed. Coder leaves deprecated ones out unless it is asked for them."""
        return self._ask("/api/v2/templates", len)

    def groups(self) -> int | Skipped | Broken:
        """How many groups there are: 403 without the licence."""
        return self._ask("/api/v2/groups", len)

    def workspaces(self) -> Mapping[str, int] | Skipped | Broken:
        """GET /api/v2/deployment/stats: workspaces by pending, building, running, failed, stopped. coderd caches it."""
        return self._ask("/api/v2/deployment/stats", _workspaces)

    def running(self) -> int | Skipped | Broken:
        """How many running workspaces this token sees: 0 where it may see none, so compare with `workspaces`."""
        return self._ask("/api/v2/workspaces?q=status:running&limit=1", lambda told: int(told["count"]))

    def deadlines(self) -> tuple[datetime, ...] | Skipped | Broken:
        """When the running workspaces that this token sees are stopped by themselves, of MOST_DEADLINES at most."""
        found: list[datetime] = []
        for offset in range(0, MOST_DEADLINES, _PAGE):
            page = self._ask(f"/api/v2/workspaces?q=status:running&limit={_PAGE}&offset={offset}", _deadlines)
            if isinstance(page, Skipped | Broken):
                return page
            count, moments = page
            found += moments
            if offset + _PAGE >= count:
                break
        return tuple(found)

    def organizations(self) -> tuple[str, ...] | Skipped | Broken:
        """The ids of the organizations that the token sees."""
        return self._ask("/api/v2/organizations", lambda told: tuple(str(each["id"]) for each in told))

    def waiting(self, organization: str) -> tuple[datetime, ...] | Skipped | Broken:
        """When each pending provisioner job was asked for, of MOST_JOBS of an organization. Since Coder 2.19."""
        return self._ask(
            _jobs(organization, "pending"),
            lambda told: tuple(payload.parse_instant(str(each["created_at"])) for each in told),
        )

    def building(self, organization: str) -> int | Skipped | Broken:
        """How many provisioner jobs of an organization run, MOST_JOBS at most. Since Coder 2.19."""
        return self._ask(_jobs(organization, "running"), len)

    def daemons(self, organization: str) -> Mapping[str, str] | Skipped | Broken:
        """The provisioner daemons of an organization, name -> idle, busy or offline."""
        return self._ask(
            f"/api/v2/organizations/{quote(organization)}/provisionerdaemons?limit={MOST_DAEMONS}",
            lambda told: {str(each["name"]): str(each["status"]) for each in told},
        )

    def _ask(self, path: str, read: Callable[[Any], T]) -> T | Skipped | Broken:
        if isinstance(self._token, Skipped):
            return self._token
        return _read(path, self._fetch(path, {TOKEN_HEADER: self._token}), read)


def _jobs(organization: str, status: Literal["pending", "running"]) -> str:
    return f"/api/v2/organizations/{quote(organization)}/provisionerjobs?status={status}&limit={MOST_JOBS}"


def _read(path: str, answer: Fetched, read: Callable[[Any], T]) -> T | Skipped | Broken:
    where, told = path.partition("?")[0], answer.document()
    if answer.status in _REDIRECTS:
        return Skipped(f"{where} redirects to the access URL, which is not followed")
    if answer.status in _REFUSED:
        return Skipped(_not_let(answer, where))
    if answer.status != HTTPStatus.OK:
        return Broken(_unanswered(where, answer.status))
    try:
        return read(told)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Broken(f"{where} was answered with another document than coderd's")


def _not_let(answer: Fetched, where: str) -> str:
    told = answer.document()
    message = told.get("message", "") if isinstance(told, Mapping) else ""
    return f"{where} was answered with {answer.status}: {_safe(str(message))}"


def _unanswered(where: str, status: int) -> str:
    match status:
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return f"{where}: nobody answers (503)"
        case HTTPStatus.GATEWAY_TIMEOUT:
            return f"{where}: no answer in time"
        case _:
            return f"{where} was answered with {status}"


def _safe(message: str) -> str:
    """Coder's message in at most 200 characters, without what looks like an address or a token."""
    return re.sub(r"\S*[@]\S*|\S{40,}", "...", message)[:_LONGEST_MESSAGE] or "no message"


def _build(told: Any) -> Build:
    return Build(version=str(told["version"]), deployment_id=told.get("deployment_id") or None)


def _health(told: Any) -> DatabaseHealth:
    database = told["database"]
    latency = database.get("latency_ms")
    return DatabaseHealth(
        reachable=bool(database["reachable"]),
        severity=str(database.get("severity", "ok")),
        overall=str(told.get("severity", "unknown")),
        latency_ms=round(latency) if isinstance(latency, int | float) else None,
    )


def _deadlines(told: Any) -> tuple[int, list[datetime]]:
    """How many workspaces there are in all, and the deadlines of this page's."""
    written = [each["latest_build"].get("deadline") for each in told["workspaces"]]
    moments = [payload.parse_instant(str(each)) for each in written if each]
    return int(told["count"]), [each for each in moments if each.year > _NEVER]


def _workspaces(told: Any) -> Mapping[str, int]:
    return {str(name): int(count) for name, count in told["workspaces"].items() if isinstance(count, int)}
