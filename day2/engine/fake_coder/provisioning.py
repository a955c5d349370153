"""Organizations, their provisioner jobs and their provisioner daemons.

A daemon is a row that its pod keeps fresh. In the engine that pod is an object only, for which the engine speaks: it
enrols the pods that are ready, as each would by its connection to coderd. It learns by that which of them run a build.

Rights and statuses: coderd/provisionerjobs.go and provisionerdaemons.go of release 2.29.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from day2.engine.fake_coder import rows
from day2.engine.fake_coder.answers import HIDDEN, Query, Refused, documents, page
from day2.engine.fake_coder.database import Pool
from day2.engine.fake_coder.identity import Caller, Sees

STALE_SECONDS = 90.0
"""A daemon that has not been seen for so long is offline; coderd's own interval."""
SHORTEST_STALE_SECONDS = 3.0
JOB_STATUSES = frozenset({"pending", "running", "succeeded", "canceling", "canceled", "failed", "unknown"})
_MOST = "50"
"""The limit of whoever names none."""

_JOB = (
    "id", "created_at", "started_at", "completed_at", "canceled_at", "error", "status", "worker_id", "worker_name",
    "type", "initiator_id", "input", "organization_id",
)  # fmt: skip
_DAEMON = ("id", "name", "created_at", "last_seen_at", "version", "api_version", "key_id", "status", "organization_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioning:
    """One replica's answers."""

    pool: Pool
    version: str
    stale_seconds: float

    def organizations(self, caller: Caller, _query: Query) -> Any:
        """A member sees their own."""
        found = self.pool.rows(rows.ORGANIZATIONS, all=caller.may(Sees.ORGANIZATIONS), caller=caller.user_id)
        return documents(("id", "name", "display_name", "is_default"), found)

    def jobs(self, organization: str, caller: Caller, query: Query) -> Any:
        """The latest first, of the statuses that are asked for. Nothing but 404 for whoever may not see them."""
        id_ = self._organization(organization, caller)
        if not caller.may(Sees.JOBS):
            raise Refused(HTTPStatus.NOT_FOUND, HIDDEN)
        wanted = _listed(query.get("status", ""))
        if not JOB_STATUSES.issuperset(wanted):
            raise Refused(HTTPStatus.BAD_REQUEST, "Query parameters have invalid values.")
        found = self.pool.rows(rows.JOBS, organization=id_, every=not wanted, statuses=wanted)
        return [_written(each) for each in documents(_JOB, page(found, {"limit": _MOST, **query}))]

    def daemons(self, organization: str, caller: Caller, query: Query) -> Any:
        """Those of the organization; of those that are offline only where the query asks for them."""
        id_ = self._organization(organization, caller)
        found = self.pool.rows(
            rows.DAEMONS,
            organization=id_,
            stale=self.stale_seconds,
            offline=query.get("offline") == "true" or "offline" in _listed(query.get("status", "")),
        )
        return [_written(each) for each in documents(_DAEMON, page(found, {"limit": _MOST, **query}))]

    def enrol(self, names: Sequence[str]) -> Any:
        """Keep these daemons alive, in the default organization; tell which of all run a build."""
        self.pool.rows(rows.ENROL, names=list(names), version=self.version)
        return {"busy": [name for (name,) in self.pool.rows(rows.BUSY)]}

    def _organization(self, wanted: str, caller: Caller) -> str:
        """The id of an organization that the caller sees, by its id or its name."""
        for each in self.organizations(caller, {}):
            if wanted in (each["id"], each["name"]):
                return str(each["id"])
        raise Refused(HTTPStatus.NOT_FOUND, HIDDEN)


def _listed(written: str) -> list[str]:
    return [each for each in written.split(",") if each]


def _written(document: dict[str, Any]) -> dict[str, Any]:
    """As JSON takes it; what is not there is left out, as Go does with `omitempty`."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in document.items()
        if value is not None
    }
