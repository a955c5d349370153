"""The engine's platform as its people see it: by Coder's API, and by the database that the connection secret names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import urllib3

from day2.engine import coder
from day2.engine.engine import Engine
from day2.engine.furnishing import production
from day2.engine.seed import live_on
from day2.engine.seed import psql as door

TOKEN = "coder/local/day2-token"  # noqa: S105  a secret's name

# An operator's script that meant to tidy up; its first row is when it began.
ACCIDENT = """\
SELECT to_json(clock_timestamp())#>>'{}';
DELETE FROM group_members;
DELETE FROM groups;
UPDATE templates SET deleted = true;
"""
_COUNTS = """\
SELECT json_build_object(
  'users', (SELECT count(*) FROM users WHERE NOT deleted), 'groups', (SELECT count(*) FROM groups),
  'templates', (SELECT count(*) FROM templates WHERE NOT deleted),
  'workspaces', (SELECT count(*) FROM workspaces WHERE NOT deleted), 'audit rows', (SELECT count(*) FROM audit_logs));
"""
# The seed dates what goes on back into the quarter of an hour before; these people have only just done it.
_JUST_NOW = """\
UPDATE audit_logs SET "time" = clock_timestamp()
WHERE xmin = (SELECT xmin FROM audit_logs ORDER BY ctid DESC LIMIT 1);
"""

# Nobody signs in any more, and nobody stays: the master user of this engine is a superuser, whom no limit would stop.
_CUT_OFF = """\
ALTER ROLE CURRENT_USER NOLOGIN;
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid();
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What Coder's API says, and what the database behind the connection secret holds."""

    api: Mapping[str, int]
    database: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform on one engine."""

    engine: Engine
    psql: Path

    @property
    def dsn(self) -> str:
        """Production's database, as the connection secret names it now."""
        found = production(self.engine)
        assert found is not None  # noqa: S101  a furnished engine has one
        return found

    def sql(self, statements: str) -> list[str]:
        """The rows that production's database answers with."""
        return door.run(self.dsn, statements, psql=self.psql).splitlines()

    def look(self) -> Seen:
        """The counts, by both."""
        return Seen(
            api={
                "users": self._ask("/api/v2/users?limit=1", "count"),
                "templates": self._ask("/api/v2/templates"),
                "groups": self._ask("/api/v2/groups"),
            },
            database=json.loads(self.sql(_COUNTS)[0]),
        )

    def go_on(self) -> None:
        """Let people go on working for a while, now."""
        live_on(self.dsn, psql=self.psql, as_of=datetime.now(UTC))
        self.sql(_JUST_NOW)

    def break_down(self) -> None:
        """Make the database that serves now one that lets nobody in."""
        self.sql(_CUT_OFF)

    def _ask(self, path: str, field: str | None = None) -> int:
        base = coder.url(self.engine.settings)
        token = self.engine.client("secretsmanager").get_secret_value(SecretId=TOKEN)["SecretString"]
        answer = urllib3.request("GET", f"{base}{path}", headers={"Coder-Session-Token": token}, timeout=10.0)
        told: Any = answer.json()
        return int(told[field]) if field else len(told)
