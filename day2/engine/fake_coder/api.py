"""What the fake answers to a GET. No sockets here."""

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from day2.engine.fake_coder import rows
from day2.engine.fake_coder.answers import HIDDEN, Query, Refused, documents, page
from day2.engine.fake_coder.database import DatabaseUnavailable, Pool
from day2.engine.fake_coder.identity import Caller, Sees, Unauthenticated, of_token
from day2.engine.fake_coder.provisioning import Provisioning

STATUSES = (
    "pending", "starting", "running", "stopping", "stopped", "failed", "canceling", "canceled", "deleting", "deleted",
)  # fmt: skip
_COUNTED_AS = {
    "pending": "pending", "starting": "building", "stopping": "building", "deleting": "building",
    "running": "running", "failed": "failed", "stopped": "stopped",
}  # fmt: skip
_LATENCY_LIMIT_MS = 15
_OF_ORGANIZATION = re.compile(
    r"/api/v2/organizations/(?P<organization>[^/]+)/(?P<what>provisionerjobs|provisionerdaemons)"
)

Answer = Callable[[Caller, Query], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One replica's answers. `deployment_id` was read at the start, as coderd does."""

    pool: Pool
    version: str
    deployment_id: str
    provisioning: Provisioning

    def get(self, path: str, query: Query, token: str) -> tuple[HTTPStatus, Any]:
        """The status and the JSON document of a request; an error is `{message}`."""
        if path == "/api/v2/buildinfo":
            return HTTPStatus.OK, self._build_info()
        if (answer := self._route(path)) is None:
            return HTTPStatus.NOT_FOUND, {"message": "Route not found."}
        return _told(lambda: answer(of_token(token, self.pool), query))

    def enrol(self, names: list[str]) -> tuple[HTTPStatus, Any]:
        """The engine's word for the daemons whose pods are ready; no route of coderd's."""
        return _told(lambda: self.provisioning.enrol(names))

    def _route(self, path: str) -> Answer | None:
        if path == "/api/v2/organizations":
            return self.provisioning.organizations
        if found := _OF_ORGANIZATION.fullmatch(path):
            jobs = found["what"] == "provisionerjobs"
            return partial(self.provisioning.jobs if jobs else self.provisioning.daemons, found["organization"])
        route = _ROUTES.get(path)
        return partial(route, self) if route else None

    def _build_info(self) -> Any:
        return {
            "version": self.version,
            "deployment_id": self.deployment_id,
            "external_url": "https://github.com/coder/coder (this is a fake)",
        }

    def health(self, caller: Caller, _query: Query) -> Any:
        """Whether the database answers, and how soon."""
        if not caller.may(Sees.DEBUG):
            raise Refused(HTTPStatus.NOT_FOUND, HIDDEN)
        began = time.monotonic()
        self.pool.rows(rows.ALIVE)
        latency = round((time.monotonic() - began) * 1000)
        severity = "warning" if latency > _LATENCY_LIMIT_MS else "ok"
        database = {"reachable": True, "healthy": True, "severity": severity, "latency_ms": latency}
        return {
            "time": _now(),
            "healthy": True,
            "severity": severity,
            "database": {**database, "threshold_ms": _LATENCY_LIMIT_MS, "error": None},
            "coder_version": self.version,
        }

    def users(self, caller: Caller, query: Query) -> Any:
        """Neither deleted ones nor Coder's own; a member sees themselves."""
        found = self.pool.rows(rows.USERS, all=caller.may(Sees.USERS), caller=caller.user_id)
        names = ("id", "username", "status", "roles")
        return {"users": documents(names, page(found, query)), "count": len(found)}

    def templates(self, caller: Caller, _query: Query) -> Any:
        """A member sees those of their organizations."""
        found = self.pool.rows(rows.TEMPLATES, all=caller.may(Sees.TEMPLATES), caller=caller.user_id)
        return documents(("id", "name", "organization_id", "active_version_id"), found)

    def groups(self, caller: Caller, _query: Query) -> Any:
        """A Premium feature: 403 without a licence that is still in force."""
        if not self.pool.rows(rows.LICENSED)[0][0]:
            raise Refused(HTTPStatus.FORBIDDEN, "Template RBAC is a Premium feature. Contact sales!")
        found = self.pool.rows(rows.GROUPS, all=caller.may(Sees.GROUPS), caller=caller.user_id)
        return documents(("id", "name", "display_name", "organization_id", "quota_allowance", "source"), found)

    def workspaces(self, caller: Caller, query: Query) -> Any:
        """Those of a status. Who may not read them all sees none here; Coder would show them their own."""
        wanted = _wanted_status(query.get("q", ""))
        everything = self.pool.rows(rows.WORKSPACES) if caller.may(Sees.WORKSPACES) else []
        found = [each for each in everything if not wanted or each[-1] == wanted]
        told = [
            {
                "id": id_,
                "name": name,
                "owner_id": owner,
                "template_id": template,
                "latest_build": {"status": status, "deadline": deadline.isoformat() if deadline else None},
            }
            for id_, name, owner, template, deadline, status in page(found, query)
        ]
        return {"workspaces": told, "count": len(found)}

    def stats(self, caller: Caller, _query: Query) -> Any:
        """How many workspaces stand how. coderd answers from a cache, the fake does not."""
        if not caller.may(Sees.STATS):
            raise Refused(HTTPStatus.FORBIDDEN, "Forbidden.")
        counted = Counter(_COUNTED_AS.get(each[-1]) for each in self.pool.rows(rows.WORKSPACES))
        names = ("pending", "building", "running", "failed", "stopped")
        return {"collected_at": _now(), "workspaces": {name: counted[name] for name in names}}


_ROUTES: Mapping[str, Callable[[Api, Caller, Query], Any]] = {
    "/api/v2/debug/health": Api.health,
    "/api/v2/users": Api.users,
    "/api/v2/templates": Api.templates,
    "/api/v2/groups": Api.groups,
    "/api/v2/workspaces": Api.workspaces,
    "/api/v2/deployment/stats": Api.stats,
}


def _wanted_status(search: str) -> str:
    """The status of a search `status:running`; empty for an empty one. Refused for any other."""
    if not search:
        return ""
    name, _, value = search.partition(":")
    if name != "status" or value not in STATUSES:
        raise Refused(HTTPStatus.BAD_REQUEST, f"Invalid workspace search query: the fake takes status:X, not {search}")
    return value


def _told(answer: Callable[[], Any]) -> tuple[HTTPStatus, Any]:
    """An answer with its status; an error is `{message}`."""
    try:
        return HTTPStatus.OK, answer()
    except Unauthenticated as nobody:
        return HTTPStatus.UNAUTHORIZED, {"message": str(nobody)}
    except Refused as refused:
        return refused.status, {"message": str(refused)}
    except DatabaseUnavailable as fault:
        return HTTPStatus.INTERNAL_SERVER_ERROR, {"message": "An internal server error occurred.", "detail": f"{fault}"}


def _now() -> str:
    return datetime.now(UTC).isoformat()
