"""One connection, and what the server answers on it."""

import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any, cast

from pg8000 import native

from lambdas.adapters.postgres.server import Server
from lambdas.errors import VerificationFailed

Row = Sequence[Any]

_LOST = ("08", "57P01", "57P02")
_CORRUPT = ("XX001", "XX002")
_TIMED_OUT = "57014"


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
            sqlstate = sqlstate_of(refused)
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


def sqlstate_of(refused: native.DatabaseError) -> str:
    told = refused.args[0] if refused.args else None
    return str(told.get("C", "XX000")) if isinstance(told, Mapping) else "XX000"
