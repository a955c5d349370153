"""Signs in, with TLS as asked and every limit set."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Literal

from pg8000 import native

from lambdas.adapters.postgres.server import Server, Tls, authorities
from lambdas.adapters.postgres.session import Session, sqlstate_of
from lambdas.errors import AccessRefused, DatabaseNotReachable, Day2Error, VerificationFailed

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
    wire = _wire(server)
    try:
        return native.Connection(
            server.user,
            host=server.host,
            database=server.database,
            password=server.password,
            sock=wire,
            ssl_context=tls,
            application_name=APPLICATION,
        )
    except BaseException:
        wire.close()
        raise


def _wire(server: Server) -> socket.socket:
    """pg8000's own would wait 40 ms while signing in: it writes twice, and the server is slow to acknowledge once."""
    wire = socket.create_connection((server.host, server.port), CONNECT_SECONDS)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return wire


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
            return _verifying(server)


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


def _verifying(server: Server) -> ssl.SSLContext:
    file = server.ca_file or authorities()
    try:
        return _context(server.tls, file)
    except OSError as unusable:  # ssl.SSLError, of a file that holds no certificates, is one
        missing = isinstance(unusable, FileNotFoundError)
        raise VerificationFailed(
            f"the file of certificates {file} {'does not exist' if missing else 'holds none that can be read'}",
            resource=server.name,
            next_step="Correct DATABASE_CA_FILE or sslrootcert, and start again.",
        ) from unusable


@contextmanager
def _connecting(server: Server) -> Iterator[None]:
    try:
        yield
    except native.DatabaseError as refused:
        raise _not_let_in(sqlstate_of(refused), server=server) from None
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
    except OSError as broken:
        raise _unreachable(server, broken.strerror or str(broken) or type(broken).__name__) from broken
    except (ValueError, AttributeError) as broken:
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
