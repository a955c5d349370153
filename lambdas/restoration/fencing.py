"""What closes the old database and opens it again: its security groups, and a default of new sessions. No data."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lambdas.contracts import Credentials
from lambdas.restore_contracts import BeforeDatabase
from lambdas.settings import Settings
from lambdas.words import plural

# Client backends only: a walsender or a worker of the server's own is nobody who could write.
_OTHERS = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
# RDS's own sessions cannot be ended, and need not be.
_NOT_RDS = "AND usename IS NOT NULL AND usename NOT IN ('rdsadmin', 'rds_superuser', 'rdsproxyadmin')"
END_OTHERS = f"SELECT pg_terminate_backend(pid) {_OTHERS} {_NOT_RDS}"
CLIENTS = f"SELECT coalesce(application_name, ''), count(*) {_OTHERS} {_NOT_RDS} GROUP BY 1 ORDER BY 1"
# Whether `read_only` is in force, also where the recovery point has brought it along.
IS_READ_ONLY = (
    "SELECT 1 FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase "
    "WHERE d.datname = current_database() AND s.setrole = 0 AND 'default_transaction_read_only=on' = ANY (s.setconfig)"
)
_LONGEST_NAME = 40


def read_only(database: str) -> str:
    """New sessions of the database cannot write, unless they say so themselves, which coderd does not."""
    return f"ALTER DATABASE {quoted(database)} SET default_transaction_read_only = on"


def read_write(database: str) -> str:
    """Takes `read_only` back."""
    return f"ALTER DATABASE {quoted(database)} RESET default_transaction_read_only"


def quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def unfenced(groups: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """The security groups without the verifier's own, which a restore gives and takes. Empty: it stands fenced."""
    return tuple(each for each in groups if each != settings.database.security_group)


def clients(rows: Sequence[Sequence[Any]]) -> str:
    """Who is connected: `coderd (2 connections)`; empty when nobody is."""
    return ", ".join(
        f"{str(name)[:_LONGEST_NAME] or 'without a name'} ({plural(int(count), 'connection')})" for name, count in rows
    )


def old_credentials(restored: Credentials, before: BeforeDatabase) -> Credentials:
    """How the old database is entered: by its own endpoint, with the secret that the platform has always had."""
    return replace(restored, host=before.endpoint or "", port=before.port)
