"""The door to psql: one script, one connection, an error as one sentence."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from lambdas.errors import Refused

# What a script of the seed may rely on. JIT and parallel plans cost more than they save in short statements,
# and a parallel scan would write rows in another order each time.
_PREAMBLE = """\
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET search_path = public;
SET synchronous_commit = off;
SET jit = off;
SET max_parallel_workers_per_gather = 0;
SET max_parallel_maintenance_workers = 0;
SET work_mem = '64MB';
SET maintenance_work_mem = '128MB';
"""


class SeedFailed(Refused):
    """The database refused a script of the seed; the message holds PostgreSQL's own first line."""


def run(dsn: str, script: str, *, psql: Path, variables: Mapping[str, object] | None = None) -> str:
    """Runs `script` on one connection to its end or first error; the rows of its queries, unaligned, tab-separated.

    The password travels in the child's environment, so that no process list shows it.
    """
    arguments = [
        os.fspath(psql),
        "--no-psqlrc",
        "--quiet",
        "--tuples-only",
        "--no-align",
        "--field-separator=\t",
        "--set=ON_ERROR_STOP=1",
        *(f"--set={name}={value}" for name, value in (variables or {}).items()),
        "--file=-",
    ]
    done = subprocess.run(  # noqa: S603 (our own scripts, the caller's psql)
        arguments,
        input=_PREAMBLE + script,
        env=environment(dsn),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise SeedFailed(
            _first_error(done.stderr) or f"{psql} ended with {done.returncode} and said nothing",
            resource="the seeded database",
            next_step="Read PostgreSQL's words; a full disk is told here too.",
        )
    return done.stdout


def _first_error(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR:" in line or "error:" in line or "FATAL:" in line]
    return (errors or lines or [""])[0]


def environment(dsn: str) -> dict[str, str]:
    """The variables of libpq for a `postgresql://` URL. ValueError for anything else."""
    parts = urlsplit(dsn)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError("a seed is applied to a URL that starts with postgresql://")
    query = dict(parse_qsl(parts.query))
    named = {
        "PGHOST": query.get("host") or parts.hostname,
        "PGPORT": query.get("port") or (str(parts.port) if parts.port else None),
        "PGUSER": unquote(parts.username) if parts.username else query.get("user"),
        "PGPASSWORD": unquote(parts.password) if parts.password else query.get("password"),
        "PGDATABASE": unquote(parts.path.lstrip("/")) or query.get("dbname"),
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return (
        kept
        | {name: value for name, value in named.items() if value}
        | {"PGAPPNAME": "coder-day2 seed", "PGCLIENTENCODING": "UTF8", "LC_ALL": "C"}
    )
