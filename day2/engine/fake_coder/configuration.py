"""What a fake Coder is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from day2.engine.fake_coder.release import VERSION, schema_of

_POSTGRES = 5432
_SSL_MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")


class Misconfigured(Exception):
    """The environment holds what coderd would not start with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """What CODER_PG_CONNECTION_URL names. `ca_file` verifies the server for verify-ca and verify-full."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)
    sslmode: str
    ca_file: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One replica.

    host, port  where it listens: CODER_HTTP_ADDRESS
    version     FAKE_CODER_VERSION, in coderd's form (`v2.29.1`)
    schema      the migration that this version brings
    replica     HOSTNAME, which in a pod is the pod's name
    time_scale  FAKE_CODER_TIME_SCALE, a factor on coderd's own intervals (> 0; 1 is real time)
    """

    database: Database
    host: str
    port: int
    version: str
    schema: int
    replica: str
    time_scale: float


def read(environment: Mapping[str, str] = os.environ) -> Configuration:
    """The configuration. Raises Misconfigured, whose text holds no password."""
    version = environment.get("FAKE_CODER_VERSION", VERSION)
    host, _, port = environment.get("CODER_HTTP_ADDRESS", "127.0.0.1:3000").rpartition(":")
    try:
        return Configuration(
            database=_database(environment),
            host=host,
            port=int(port),
            version=version,
            schema=schema_of(version),
            replica=environment.get("HOSTNAME", "fake-coder"),
            time_scale=float(environment.get("FAKE_CODER_TIME_SCALE", "1")),
        )
    except ValueError as fault:
        raise Misconfigured(str(fault)) from None


def _database(environment: Mapping[str, str]) -> Database:
    url = environment.get("CODER_PG_CONNECTION_URL", "")
    try:
        parts = urlsplit(url)
        port = parts.port or _POSTGRES
    except ValueError:
        raise Misconfigured("connect to postgres: the connection URL is none") from None
    if parts.scheme not in ("postgres", "postgresql") or not parts.hostname or not parts.username:
        raise Misconfigured("connect to postgres: the connection URL names no scheme postgres://, no host or no user")
    options = dict(parse_qsl(parts.query))
    # Of the Go driver that coderd uses, and not libpq's `prefer`.
    sslmode = options.get("sslmode", "require")
    if sslmode not in _SSL_MODES:
        raise Misconfigured(f"connect to postgres: sslmode {sslmode} is none of {', '.join(_SSL_MODES)}")
    user = unquote(parts.username)
    return Database(
        host=parts.hostname,
        port=port,
        name=unquote(parts.path.removeprefix("/")) or user,
        user=user,
        password=unquote(parts.password or ""),
        sslmode=sslmode,
        ca_file=options.get("sslrootcert") or environment.get("PGSSLROOTCERT"),
    )
