"""What the platform's steps ask of a database: counts and ids, each in a short read-only session."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lambdas import payload
from lambdas.adapters import secrets
from lambdas.adapters.postgres import APPLICATION, Server, session
from lambdas.contracts import Credentials
from lambdas.platform.checks import Counted
from lambdas.platform.reconciliation import Workspace
from lambdas.verification import access
from lambdas.verification.structure import literal

_SECONDS = 20

_AUDIT = "SELECT count(*) FROM audit_logs WHERE time > {moment}::timestamptz"

# What a release has not yet is read out of the row as JSON, where it is absent instead of an error.
_COUNTS = """\
SELECT (SELECT count(*) FROM users AS u
        WHERE NOT deleted AND NOT coalesce((to_jsonb(u) ->> 'is_system')::boolean, false)),
       (SELECT count(*) FROM templates AS t WHERE NOT deleted AND coalesce(to_jsonb(t) ->> 'deprecated', '') = ''),
       (SELECT count(*) FROM templates WHERE NOT deleted),
       (SELECT count(*) FROM groups AS g JOIN organizations AS o ON o.id = g.organization_id
        WHERE NOT coalesce((to_jsonb(o) ->> 'deleted')::boolean, false)),
       (SELECT count(*) FROM groups)
"""

_CONNECTIONS = """\
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename = {user} AND application_name <> {own}
"""

_WORKSPACES = """\
SELECT w.id::text, w.owner_id::text,
       coalesce(b.transition = 'start' AND j.completed_at IS NOT NULL AND j.canceled_at IS NULL
                AND coalesce(j.error, '') = '', false)
FROM workspaces AS w
LEFT JOIN LATERAL (SELECT transition, job_id FROM workspace_builds WHERE workspace_id = w.id
                   ORDER BY build_number DESC LIMIT 1) AS b ON true
LEFT JOIN provisioner_jobs AS j ON j.id = b.job_id
WHERE NOT w.deleted
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the API lists, as the database has it."""

    users: Counted
    templates: Counted
    groups: Counted


class Database:
    """One database of the platform, signed in to by the connection secret.

    Every question may raise DatabaseNotReachable, AccessRefused (the login) or VerificationFailed (a statement).
    """

    def __init__(self, credentials: Credentials) -> None:
        """Read the secret. Raises AccessRefused, RequestRefused, ServiceBusy."""
        self._server: Server = access.server(credentials, secrets=secrets.door())

    def audit_rows_since(self, moment: datetime) -> int:
        """Rows of the audit log later than `moment`."""
        with session(self._server, statement_seconds=_SECONDS) as asked:
            statement = _AUDIT.format(moment=literal(payload.instant(moment)))
            return int(asked.rows(statement, doing="counting the audit log")[0][0])

    def counts(self) -> Counts:
        """Users, templates and groups."""
        with session(self._server, statement_seconds=_SECONDS) as asked:
            users, current, templates, living, groups = asked.rows(_COUNTS, doing="counting what the API lists")[0]
        return Counts(
            users=Counted(least=users, most=users),
            templates=Counted(least=current, most=templates),
            groups=Counted(least=living, most=groups),
        )

    def connections(self, user: str) -> int:
        """Connections to this database by that login, but for our own."""
        with session(self._server, statement_seconds=_SECONDS) as asked:
            statement = _CONNECTIONS.format(user=literal(user), own=literal(APPLICATION))
            return int(asked.rows(statement, doing="counting connections")[0][0])

    def workspaces(self) -> Mapping[str, Workspace]:
        """Every workspace that is not deleted, by id."""
        with session(self._server, statement_seconds=_SECONDS) as asked:
            found = asked.rows(_WORKSPACES, doing="reading the workspaces")
        return {id_: Workspace(owner=owner, running=running) for id_, owner, running in found}
