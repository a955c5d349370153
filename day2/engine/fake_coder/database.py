"""The fake's connections to PostgreSQL: a few that stay open, as coderd's pool does."""

import queue
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

from pg8000 import native

from day2.engine.fake_coder.configuration import Database

APPLICATION = "coderd"
"""How the server shows these connections in pg_stat_activity."""

CONNECTIONS = 3
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 10.0

_HUNG_UP = ("08", "57P")
"""The SQLSTATEs with which a server ends a connection."""

Row = list[Any]


class DatabaseUnavailable(Exception):
    """The database does not answer, lets nobody in, or refuses a statement; the text is the driver's or server's."""


class _Broken(DatabaseUnavailable):
    """The connection is of no more use."""


class Pool:
    """`CONNECTIONS` connections for any number of threads. One that breaks is opened anew when it is next needed."""

    def __init__(self, database: Database) -> None:
        """Opens all of them. Raises DatabaseUnavailable."""
        self._database = database
        self._free: queue.Queue[native.Connection | None] = queue.Queue()
        opened: list[native.Connection] = []
        try:
            opened.extend(_connection(database) for _ in range(CONNECTIONS))
        except DatabaseUnavailable:
            for each in opened:
                _close(each)
            raise
        for each in opened:
            self._free.put(each)

    def rows(self, sql: str, **given: object) -> list[Row]:
        """Run one statement by itself; `:name` in it stands for what is given. Raises DatabaseUnavailable."""
        held = self._take()
        try:
            if held is not None:
                # The server may have gone and come back since: that a connection is old is no answer.
                with suppress(_Broken):
                    return _run(held, sql, given)
                _close(held)
                held = None
            held = _connection(self._database)
            return _run(held, sql, given)
        except DatabaseUnavailable:
            if held is not None:
                _close(held)
            held = None
            raise
        finally:
            self._free.put(held)

    def close(self) -> None:
        """Close those that nobody uses."""
        with suppress(queue.Empty):
            while True:
                if (held := self._free.get_nowait()) is not None:
                    _close(held)

    def _take(self) -> native.Connection | None:
        try:
            return self._free.get(timeout=STATEMENT_SECONDS)
        except queue.Empty:
            raise DatabaseUnavailable("every connection is in use") from None


def _connection(database: Database) -> native.Connection:
    modes: tuple[ssl.SSLContext | Literal[False], ...] = (_tls(database),)
    if database.sslmode == "prefer":
        modes = (*modes, False)
    for tls in modes:
        try:
            return _signed_in(database, tls)
        except native.InterfaceError as broken:
            if tls is False or modes[-1] is tls:
                raise DatabaseUnavailable(_of(broken, database)) from broken
        except native.DatabaseError as refused:
            raise DatabaseUnavailable(_said(refused)) from refused
        except (OSError, AttributeError) as broken:  # pg8000 trips over a server that hangs up in between
            raise DatabaseUnavailable(_of(broken, database)) from broken
    raise AssertionError("the last mode returns or raises")


def _signed_in(database: Database, tls: ssl.SSLContext | Literal[False]) -> native.Connection:
    connection = native.Connection(
        database.user,
        host=database.host,
        port=database.port,
        database=database.name,
        password=database.password,
        ssl_context=tls,
        timeout=CONNECT_SECONDS,
        application_name=APPLICATION,
    )
    # The private socket is pg8000's only handle on time once connected.
    connection._usock.settimeout(STATEMENT_SECONDS)  # noqa: SLF001
    return connection


def _tls(database: Database) -> ssl.SSLContext | Literal[False]:
    if database.sslmode == "disable":
        return False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = database.sslmode == "verify-full"
    if not database.sslmode.startswith("verify-"):
        context.verify_mode = ssl.CERT_NONE
    elif database.ca_file:
        try:
            context.load_verify_locations(database.ca_file)
        except OSError as unusable:
            raise DatabaseUnavailable(f"no certificates in {database.ca_file}: {unusable}") from unusable
    else:
        context.load_default_certs()
    return context


def _run(connection: native.Connection, sql: str, given: Mapping[str, object]) -> list[Row]:
    try:
        return list(connection.run(sql, **given) or ())
    except native.DatabaseError as refused:
        told = _said(refused)
        raise (_Broken if any(f"SQLSTATE {each}" in told for each in _HUNG_UP) else DatabaseUnavailable)(told) from None
    except (native.InterfaceError, OSError, AttributeError) as broken:
        raise _Broken(str(broken) or type(broken).__name__) from broken


def _of(broken: Exception, database: Database) -> str:
    return f"dial tcp {database.host}:{database.port}: {broken.__cause__ or broken}"


def _said(refused: native.DatabaseError) -> str:
    told = refused.args[0] if refused.args else {}
    return f"pq: {told.get('M', refused)} (SQLSTATE {told.get('C', '?')})" if isinstance(told, dict) else str(refused)


def _close(connection: native.Connection) -> None:
    with suppress(native.InterfaceError, OSError):
        connection.close()
