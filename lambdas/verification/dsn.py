"""Reads a `postgresql://` address. No I/O."""

from collections.abc import Mapping
from typing import cast
from urllib.parse import parse_qsl, unquote, urlsplit

from lambdas.adapters.postgres import TLS_MODES, Server, Tls
from lambdas.errors import InputRejected

_PORT = 5432
_KNOWN = ("sslmode", "sslrootcert")


def read(dsn: str, *, environment: Mapping[str, str]) -> Server:
    """The server that `postgresql://user:password@host:port/database?sslmode=...&sslrootcert=...` names.

    As with psql, `PGPASSWORD` stands in for a password that is left out, and sslmode is `prefer` by default.
    Nothing that goes wrong here quotes the address: it may hold a password.

    Raises:
        InputRejected: every fault of the address.
    """
    try:
        parts = urlsplit(dsn)
        port = parts.port or _PORT
    except ValueError:
        raise InputRejected(["the address is not a URL with a valid port"], resource="DSN") from None
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    mode = options.get("sslmode", "prefer")
    problems = [f"the option {name} is none of {', '.join(_KNOWN)}" for name in options if name not in _KNOWN]
    if parts.scheme not in ("postgresql", "postgres"):
        problems.append("the address does not begin with postgresql://")
    if not parts.hostname:
        problems.append("the address names no host")
    if not parts.username:
        problems.append("the address names no user")
    if mode not in TLS_MODES:
        problems.append(f"sslmode {mode} is none of {', '.join(TLS_MODES)}")
    if problems:
        raise InputRejected(problems, resource="DSN")
    user = unquote(parts.username or "")
    return Server(
        host=parts.hostname or "",
        port=port,
        database=unquote(parts.path.removeprefix("/")) or user,
        user=user,
        password=unquote(parts.password) if parts.password is not None else environment.get("PGPASSWORD", ""),
        tls=cast("Tls", mode),
        ca_file=options.get("sslrootcert"),
    )
