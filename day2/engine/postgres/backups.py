"""Base backups, and the continuous archive that a server is recovered from to any time within it."""

import shutil
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from day2.engine.postgres.account import current
from day2.engine.postgres.configuration import Recovery, now
from day2.engine.postgres.server import Server

ARCHIVE_SECONDS = 60
_POLL_SECONDS = 0.01

_CLOSE_SEGMENT = "select pg_walfile_name(pg_switch_wal() - 1);"
"""Less one, because `archive_timeout` may have closed the marker's segment just before. Nothing is switched then, and
what comes back is the start of the next segment: that one's name since PostgreSQL 17, and it is not archived for long.
"""


class NotRestorable(ValueError):
    """The time asked for lies outside what base backup and archive cover."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseBackup:
    """A copy of a server's data. It is whole as of `consistent_at`, and of no earlier time."""

    folder: Path
    consistent_at: datetime

    def delete(self) -> None:
        """Delete the copy."""
        shutil.rmtree(self.folder, ignore_errors=True)


def take(server: Server, folder: Path) -> BaseBackup:
    """Copy a running server into `folder`, which must not exist, with the WAL that makes the copy whole."""
    server.account.run(
        [
            server.installation.tool("pg_basebackup"),
            *server.reach,
            f"--pgdata={folder}",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--no-sync",
            "--no-password",
        ]
    )
    return BaseBackup(folder=folder, consistent_at=now())


def lay_down(backup: BaseBackup, server: Server) -> None:
    """Make `backup` the data of a server that has none yet."""
    server.account.run(["cp", "-Rp", str(backup.folder), str(server.data)])


class ContinuousBackup:
    """One server's base backups and archived WAL in a folder that outlives the server.

    A time is restorable when a base backup was whole by then and the archive holds a commit after it. That commit
    is a marker of our own, written and archived whenever the end of the window is asked for: else an idle
    database's window would stand still, and PostgreSQL refuses a target that lies behind the last commit it has.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = current().folder(folder)
        self.wal = current().folder(folder / "wal")
        self.bases: list[BaseBackup] = []
        self._lock = threading.Lock()
        self._marked: list[tuple[datetime, Path]] = []
        self._latest: datetime | None = None

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """Its earliest and latest time as of the last `extend`, in whole milliseconds; None where there is none yet."""
        if not self.bases or self._latest is None:
            return None
        earliest = _next_millisecond(min(base.consistent_at for base in self.bases))
        return (earliest, self._latest) if earliest <= self._latest else None

    def take_base(self, server: Server) -> BaseBackup:
        """Add a base backup, and extend the window behind it."""
        base = take(server, self.folder / f"base-{len(self.bases) + 1}")
        self.bases.append(base)
        self.extend(server)
        return base

    def lend(self, base: BaseBackup) -> None:
        """Let recovery begin at a backup that is kept elsewhere, a snapshot: less to replay."""
        self.bases.append(base)

    def take_back(self, base: BaseBackup) -> None:
        """Undo `lend`, before that backup is deleted."""
        self.bases = [kept for kept in self.bases if kept is not base]

    def extend(
        self, server: Server, *, unless_within: timedelta = timedelta(), patience: float = ARCHIVE_SECONDS
    ) -> None:
        """Bring the window's end up to now, unless it is younger than `unless_within`.

        What was committed before the call is then within the window.
        Waits up to `patience` seconds for the archiver; what it has not archived by then counts later.
        """
        with self._lock:
            self._settle()
            last = self._marked[-1][0] if self._marked else self._latest
            if last is None or now() - last >= unless_within:
                self._marked.append(_mark(server, self.wal))
            deadline = time.monotonic() + patience
            while self._marked and time.monotonic() < deadline:
                self._settle()
                time.sleep(_POLL_SECONDS if self._marked else 0)

    def _settle(self) -> None:
        while self._marked and self._marked[0][1].exists():
            self._latest = self._marked.pop(0)[0]

    def recover(self, server: Server, *, until: datetime) -> None:
        """Lay down the newest base backup that was whole by `until`, and replay to that time. The server then runs.

        Raises:
            NotRestorable: `until` is outside the window.
            ProgramFailed: the recovery itself failed.
        """
        usable = [base for base in self.bases if base.consistent_at <= until]
        if not usable or self._latest is None or until > self._latest:
            raise NotRestorable(f"{until:%FT%TZ} is outside the restorable window.")
        lay_down(max(usable, key=lambda base: base.consistent_at), server)
        server.start(listening=False, recovery=Recovery(archive=self.wal, until=until))

    def delete(self) -> None:
        """Delete base backups and archive."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _mark(server: Server, wal: Path) -> tuple[datetime, Path]:
    """Commit a marker and close the segment that holds it; the time before the marker, and the segment's place.

    The time is the next whole millisecond: rounded down for the window, it would lie before commits that are over.
    """
    before = _next_millisecond(now())
    while (early := (before - now()).total_seconds()) > 0:
        time.sleep(early)
    segment = server.sql("select from pg_current_xact_id();\n" + _CLOSE_SEGMENT).strip()
    return before, wal / segment


def _next_millisecond(moment: datetime) -> datetime:
    """The time itself where it is a whole millisecond."""
    return moment + timedelta(microseconds=-moment.microsecond % 1000)
