"""The door to PostgreSQL: one session at a time, read-only unless asked otherwise, over pg8000.

Everything that can go wrong with a connection becomes one of our errors here. A statement that the server
refuses is an answer, not an accident: `Session.attempt` returns it as a `Refusal` for the caller to judge.
"""

import os
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal, cast, get_args

from pg8000 import native

from lambdas.errors import AccessRefused, DatabaseNotReachable, Day2Error, VerificationFailed

Tls = Literal["disable", "prefer", "require", "verify-ca", "verify-full"]
TLS_MODES: tuple[str, ...] = get_args(Tls)
Row = Sequence[Any]

RDS_AUTHORITIES = Path(__file__).with_name("rds-ca.pem")
APPLICATION = "coder-day2"
CONNECT_SECONDS = 10
LOCK_SECONDS = 5
# An exporting session waits for its siblings without a word of its own, at most as long as a function runs.
IDLE_SECONDS = 900
# The server looks this often whether a client that waits for a statement is still there. PostgreSQL 14 refuses the
# setting on some platforms.
LOST_CLIENT_SECONDS = 1
LOST_CLIENT_SINCE = 15
# After its statement_timeout the server answers at once; a longer silence is a lost connection.
GRACE_SECONDS = 30

_NOT_UP_YET = ("08", "57P01", "57P02", "57P03", "53300")
_NOT_LET_IN = ("28",)
_LOST = ("08", "57P01", "57P02")
_CORRUPT = ("XX001", "XX002")
_TIMED_OUT = "57014"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One database and how to sign in to it. The password never shows in a representation.

    ca_file  certificates that sign the server's, for verify-ca and verify-full; None: those of Amazon RDS
    """

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    tls: Tls = "verify-full"
    ca_file: str | None = None

    @property
    def name(self) -> str:
        """How an operator calls it in a message."""
        return f"{self.host}:{self.port}/{self.database}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server refused a statement. Its message is not kept: it may quote a row."""

    sqlstate: str

    @property
    def corrupt(self) -> bool:
        """data_corrupted or index_corrupted."""
        return self.sqlstate in _CORRUPT

    @property
    def timed_out(self) -> bool:
        return self.sqlstate == _TIMED_OUT


def authorities(environment: Mapping[str, str] = os.environ) -> str:
    """The file of certificates to trust: `DATABASE_CA_FILE` where another authority signs, else those of RDS."""
    return environment.get("DATABASE_CA_FILE") or str(RDS_AUTHORITIES)


class Session:
    """One connection. Not shared between threads, but for `abandon`."""

    def __init__(self, connection: native.Connection, *, server: Server) -> None:
        self._connection = connection
        self.server = server

    @property
    def version(self) -> int:
        """The server's major version."""
        # A beta calls itself `18beta1`.
        return int("".join(takewhile(str.isdigit, self.version_text)))

    @property
    def version_text(self) -> str:
        """The server's version as it reports it: `16.4`."""
        return str(self._connection.parameter_statuses["server_version"]).split()[0]

    def rows(self, statement: str, *, doing: str) -> list[Row]:
        """The rows of `statement`, which has to work. `doing` names it in the error.

        Raises:
            VerificationFailed: the server refused it, or the connection was lost.
        """
        answer = self._ask(statement, doing=doing)
        if isinstance(answer, Refusal):
            raise VerificationFailed(
                f"{doing}: the server refused the statement with SQLSTATE {answer.sqlstate}",
                resource=self.server.name,
                next_step="Look this SQLSTATE up in the server's log, and start again.",
            )
        return answer

    def attempt(self, statement: str, *, doing: str, seconds: float) -> list[Row] | Refusal:
        """The rows of one statement, or the server's refusal; the transaction goes on either way.

        One round trip: savepoint and time limit (`seconds`) travel with the statement.

        Raises:
            VerificationFailed: the connection was lost.
        """
        milliseconds = max(1, int(seconds * 1000))
        answer = self._ask(
            f"SET LOCAL statement_timeout = {milliseconds}; SAVEPOINT attempt; {statement}; RELEASE SAVEPOINT attempt",
            doing=doing,
        )
        if isinstance(answer, Refusal):
            self._ask("ROLLBACK TO SAVEPOINT attempt", doing=doing)
        return answer

    def execute(self, statement: str, *, doing: str) -> list[Row] | Refusal:
        """As `attempt`, outside a transaction.

        Raises:
            VerificationFailed: the connection was lost.
        """
        return self._ask(statement, doing=doing)

    def begin(self, *, snapshot: str | None = None) -> datetime:
        """Open the read-only transaction, on another session's exported snapshot if one is given; its start."""
        adopted = "" if snapshot is None else f"SET TRANSACTION SNAPSHOT {native.literal(snapshot)}; "
        opened = self.rows(
            f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {adopted}SELECT now()",
            doing="opening the read-only transaction",
        )
        return cast("datetime", opened[0][0])

    def tell(self, name: str, value: str) -> None:
        """Give the transaction's statements a setting of our own to read, such as `coder.as_of`."""
        self.rows(f"SET LOCAL {name} = {native.literal(value)}", doing=f"setting {name}")

    def export(self) -> str:
        """The snapshot of this session's transaction, for others to see the same instant."""
        return str(self.rows("SELECT pg_export_snapshot()", doing="exporting the snapshot")[0][0])

    def abandon(self) -> None:
        """Cut the connection from another thread; the server cancels what it runs for it."""
        with suppress(OSError, AttributeError):
            self._connection._usock.shutdown(socket.SHUT_RDWR)  # noqa: SLF001  pg8000 has no other way in

    def close(self) -> None:
        with suppress(native.InterfaceError, OSError, AttributeError):
            self._connection.close()

    def _ask(self, statement: str, *, doing: str) -> list[Row] | Refusal:
        try:
            return self._connection.run(statement) or []
        except native.DatabaseError as refused:
            sqlstate = _sqlstate(refused)
            if sqlstate.startswith(_LOST):
                raise self._lost(doing) from None
            return Refusal(sqlstate)
        except (native.InterfaceError, OSError, ValueError, AttributeError) as broken:
            raise self._lost(doing) from broken

    def _lost(self, doing: str) -> VerificationFailed:
        return VerificationFailed(
            f"{doing}: the connection was lost",
            resource=self.server.name,
            next_step="Look in the server's log why it ended the session, and start again.",
        )


@contextmanager
def session(server: Server, *, statement_seconds: int, writes: bool = False) -> Iterator[Session]:
    """A session that closes with the block. See `connect`."""
    opened = connect(server, statement_seconds=statement_seconds, writes=writes)
    try:
        yield opened
    finally:
        opened.close()


def connect(server: Server, *, statement_seconds: int, writes: bool = False) -> Session:
    """Sign in, with every limit set: each statement ends within `statement_seconds`, each wait for a lock in 5 s.

    Raises:
        DatabaseNotReachable: no answer, no address, or still starting up.
        AccessRefused: the user or the password is wrong.
        VerificationFailed: TLS could not be had as asked, or the database does not exist.
    """
    connection = _signed_in(server)
    # The private socket is pg8000's only handle on time once connected.
    connection._usock.settimeout(statement_seconds + GRACE_SECONDS)  # noqa: SLF001
    opened = Session(connection, server=server)
    try:
        opened.rows(
            _limits(version=opened.version, statement_seconds=statement_seconds, writes=writes), doing="setting limits"
        )
    except Day2Error:
        opened.close()
        raise
    return opened


def _signed_in(server: Server) -> native.Connection:
    try:
        with _connecting(server):
            return _connection(server, tls=_tls(server))
    except VerificationFailed as failed:
        if server.tls == "prefer" and isinstance(failed.__cause__, native.InterfaceError):
            with _connecting(server):
                return _connection(server, tls=False)
        raise


def _connection(server: Server, *, tls: ssl.SSLContext | Literal[False]) -> native.Connection:
    return native.Connection(
        server.user,
        host=server.host,
        port=server.port,
        database=server.database,
        password=server.password,
        ssl_context=tls,
        timeout=CONNECT_SECONDS,
        application_name=APPLICATION,
    )


def _limits(*, version: int, statement_seconds: int, writes: bool) -> str:
    settings = {
        "search_path": "public",
        "statement_timeout": f"{statement_seconds}s",
        "lock_timeout": f"{LOCK_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        "default_transaction_read_only": "off" if writes else "on",
        "timezone": "UTC",
        # Sessions run side by side already, and compiling pays for longer statements than these.
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
        "work_mem": "64MB",
    }
    if version >= LOST_CLIENT_SINCE:
        settings["client_connection_check_interval"] = f"{LOST_CLIENT_SECONDS}s"
    return "; ".join(f"SET {name} = '{value}'" for name, value in settings.items())


def _tls(server: Server) -> ssl.SSLContext | Literal[False]:
    """What pg8000 takes: False for none, a context to insist on it."""
    match server.tls:
        case "disable":
            return False
        case "prefer" | "require":
            return _context(server.tls, None)
        case "verify-ca" | "verify-full":
            return _context(server.tls, _trusted(server))


@cache
def _context(tls: Tls, ca_file: str | None) -> ssl.SSLContext:
    """Made once: reading RDS's certificates takes as long as all the rest of signing in."""
    # Not create_default_context: since Python 3.13 it asks of authorities what some of RDS's lack.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = tls == "verify-full"
    if ca_file is None:
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(ca_file)
    return context


def _trusted(server: Server) -> str:
    file = server.ca_file or authorities()
    if Path(file).is_file():
        return file
    raise VerificationFailed(
        f"the file of certificates {file} does not exist",
        resource=server.name,
        next_step="Correct DATABASE_CA_FILE or sslrootcert, and start again.",
    )


@contextmanager
def _connecting(server: Server) -> Iterator[None]:
    try:
        yield
    except native.DatabaseError as refused:
        raise _not_let_in(_sqlstate(refused), server=server) from None
    except ssl.SSLCertVerificationError as untrusted:
        raise VerificationFailed(
            f"the server's certificate is not trusted: {untrusted.verify_message}",
            resource=server.name,
            next_step="Name the file of the authority that signed it in DATABASE_CA_FILE, and start again.",
        ) from untrusted
    except native.InterfaceError as broken:
        if "refuses SSL" in str(broken):
            raise VerificationFailed(
                "the server offers no TLS",
                resource=server.name,
                next_step="Turn TLS on at the server; this verifier does not go on without it.",
            ) from broken
        raise _unreachable(server, str(broken.__cause__ or broken)) from broken
    except (OSError, ValueError, AttributeError) as broken:
        raise _unreachable(server, type(broken).__name__) from broken


def _not_let_in(sqlstate: str, *, server: Server) -> Day2Error:
    if sqlstate.startswith(_NOT_UP_YET):
        return _unreachable(server, f"SQLSTATE {sqlstate}")
    if sqlstate.startswith(_NOT_LET_IN):
        return AccessRefused(
            f"the server refused user {server.user} with SQLSTATE {sqlstate}",
            resource=server.name,
            next_step="Correct the user or the password, and start again.",
        )
    return VerificationFailed(
        f"the server refused the connection with SQLSTATE {sqlstate}",
        resource=server.name,
        next_step="Correct the database's name, or look in the server's log, and start again.",
    )


def _unreachable(server: Server, why: str) -> DatabaseNotReachable:
    return DatabaseNotReachable(
        f"the database does not answer: {why}",
        resource=server.name,
        next_step="Nothing to do while it starts; if it stays so, look at its address, port and security group.",
    )


def _sqlstate(refused: native.DatabaseError) -> str:
    told = refused.args[0] if refused.args else None
    return str(told.get("C", "XX000")) if isinstance(told, Mapping) else "XX000"
