"""A cluster's volume: the PostgreSQL server that holds its data, whether or not an instance makes it answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from day2.engine.leftovers import Leftovers
from day2.engine.postgres.account import ProgramFailed
from day2.engine.postgres.backups import BaseBackup, ContinuousBackup, lay_down, take
from day2.engine.postgres.server import Server

WINDOW_AGE = timedelta(seconds=2)
"""A restorable window younger than this is not extended again."""

WINDOW_PATIENCE_SECONDS = 2.0


class Volume:
    """The data of one cluster, its continuous backup, and the server over both.

    Without an instance the server answers nobody: it runs for the length of an operation, on its local socket.
    """

    def __init__(self, server: Server, backups: ContinuousBackup, leftovers: Leftovers) -> None:
        self.server = server
        self.backups = backups
        self.listening = False
        self._leftovers = leftovers
        self._lock = threading.RLock()
        server.archive = backups.wal

    @property
    def endpoint(self) -> dict[str, str | int]:
        """The members of a DBCluster that say where it answers; readers share the writer's server here."""
        return {"Endpoint": self.server.host, "ReaderEndpoint": self.server.host, "Port": self.server.port}

    def create(self, user: str, password: str, *, database: str) -> None:
        """Fill it with an empty database, and take the first base backup of that."""
        with self._lock:
            self.server.initialise()
            with self.awake():
                self.server.create_master(user, password, database=database)
                self.backups.take_base(self.server)

    def restore(self, base: BaseBackup) -> None:
        """Fill it with a snapshot's data; the passwords in it are those of its time."""
        with self._lock:
            lay_down(base, self.server)

    def recover(self, source: ContinuousBackup, *, until: datetime) -> None:
        """Fill it with another cluster's data as of `until`."""
        with self._lock:
            self._note_sockets()
            source.recover(self.server, until=until)
            self.server.stop()

    @contextmanager
    def awake(self) -> Iterator[Server]:
        """The running server, started for the length of the block where no instance keeps it running."""
        with self._lock:
            if not self.server.running:
                self._note_sockets()
                self.server.start(listening=False)
            try:
                yield self.server
            finally:
                if not self.listening:
                    self.server.stop()

    def listen(self) -> None:
        """Answer at the endpoint."""
        with self._lock:
            if not self.listening:
                self._note_sockets()
                self.server.start()
                self.listening = True

    def fall_silent(self) -> None:
        """Answer no more; what was committed is archived before."""
        with self._lock:
            if self.listening:
                if self.backups.bases:
                    self.backups.extend(self.server)
                self.server.stop()
                self.listening = False

    @contextmanager
    def offline(self) -> Iterator[Server]:
        """The stopped server, for the length of the block; who was connected is cut off. It then goes on as before."""
        with self._lock:
            listened = self.listening
            self.fall_silent()
            yield self.server
            if listened:
                self.listen()

    def snapshot(self, folder: Path) -> BaseBackup:
        """Copy the data as they are now."""
        with self.awake() as server:
            base = take(server, folder)
        self.backups.lend(base)
        return base

    def take_base_backup(self) -> None:
        """Begin a continuous backup, where none has begun."""
        with self._lock:
            if self.listening and not self.backups.bases:
                self.backups.take_base(self.server)

    def extend_window(self) -> None:
        """Bring the end of the restorable window close to now, if there is a window and a server."""
        if not (self.listening and self.backups.bases):
            return
        try:
            self.backups.extend(self.server, unless_within=WINDOW_AGE, patience=WINDOW_PATIENCE_SECONDS)
        except ProgramFailed:
            return  # the server is on its way down; the window ends where it ended

    def set_password(self, user: str, password: str) -> None:
        """Give the master user another password."""
        with self.awake() as server:
            server.set_password(user, password)

    def destroy(self) -> None:
        """Delete the data; the continuous backup stays."""
        with self._lock:
            self.listening = False
            self.server.destroy()

    def _note_sockets(self) -> None:
        """Before the server starts: it lies in a noted folder, its sockets do not."""
        self._leftovers.note_folder(self.server.open_sockets())
