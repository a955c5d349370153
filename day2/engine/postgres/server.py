"""One PostgreSQL server: made, started, asked, stopped."""

import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from day2.engine.postgres import binaries
from day2.engine.postgres.account import Account, ProgramFailed, current
from day2.engine.postgres.addresses import choose
from day2.engine.postgres.configuration import (
    SUPERUSER,
    WAL_SEGMENT_MEGABYTES,
    Configuration,
    Recovery,
    identities,
    tail_of,
)

BUILTIN_LOCALES = 17
"""The major version from which PostgreSQL brings C.UTF-8 itself."""

LONGEST_SOCKET_FOLDER = 70
"""The path of a socket holds at most 103 characters (macOS), the folder made here and its name included."""

START_SECONDS = 600
_POLL_SECONDS = 0.02


class Server:
    """A server in `home`: `home/data`, `home/postgres.log`, and its certificate.

    It belongs to whoever made it: `stop` it. `user` and `password` are those that `create_master` was given.
    Without an `address` it takes a free one. What is set to another one counts from the next start on.
    """

    def __init__(
        self,
        home: Path,
        *,
        address: tuple[str, int] | None = None,
        installation: binaries.Binaries | None = None,
    ) -> None:
        self.account: Account = current()
        self.home = self.account.folder(home)
        self.installation = installation or usable_installation(self.account, copy_to=self.home.parent)
        self.data = home / "data"
        self.log = home / "postgres.log"
        self.host, self.port = address or choose()
        self.user, self.password, self.database = "", "", "postgres"
        self.archive: Path | None = None
        self.certificate: tuple[Path, Path] | None = None
        self.ca_file: Path | None = None
        self.tls_only = True
        self._sockets: Path | None = None

    @property
    def dsn(self) -> str:
        """`postgresql://user:password@host:port/database` of the master user."""
        return f"postgresql://{quote(self.user)}:{quote(self.password)}@{self.host}:{self.port}/{quote(self.database)}"

    def initialise(self) -> None:
        """Make an empty database cluster: UTF-8, checksums on."""
        if self.installation.version[0] >= BUILTIN_LOCALES:
            self._initdb("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
            return
        try:
            self._initdb("--locale=C.UTF-8")
        except ProgramFailed as failure:
            if "locale" not in str(failure):
                raise
            self._initdb("--locale=C")

    def _initdb(self, *locale: str) -> None:
        self.account.run(
            [
                self.installation.tool("initdb"),
                f"--pgdata={self.data}",
                f"--username={SUPERUSER}",
                "--auth=reject",  # replaced at each start
                "--encoding=UTF8",
                "--data-checksums",
                f"--wal-segsize={WAL_SEGMENT_MEGABYTES}",
                "--no-sync",
                *locale,
            ]
        )

    def use_certificate(self, certificate: Path, key: Path, *, ca_file: Path) -> None:
        """Offer TLS with these files from the next start on. They are copied: PostgreSQL wants a key of its own."""
        mine = self.home / "server.pem", self.home / "server.key"
        for given, kept in zip((certificate, key), mine, strict=True):
            self.account.write(kept, given.read_text())
        self.certificate, self.ca_file = mine, ca_file

    def start(self, *, listening: bool = True, recovery: Recovery | None = None) -> None:
        """Start, and return when it answers and, where it recovers, has ended its recovery.

        Raises:
            ProgramFailed: it did not come up; the text holds the end of its log.
        """
        configuration = Configuration(
            host=self.host,
            port=self.port,
            sockets=self.open_sockets(),
            listening=listening,
            archive=None if recovery else self.archive,
            certificate=self.certificate,
            tls_only=self.tls_only,
            recovery=recovery,
        )
        self.account.write(self.data / "postgresql.conf", configuration.settings())
        self.account.write(self.data / "pg_hba.conf", configuration.authentication())
        self.account.write(self.data / "pg_ident.conf", identities(self.account.name))
        if recovery:
            self.account.write(self.data / "recovery.signal", "")
        try:
            self._pg_ctl("start", f"--log={self.log}", f"--timeout={START_SECONDS}")
            if recovery:
                self._await_promotion()
        except ProgramFailed as failure:
            raise ProgramFailed(f"{failure}\n{tail_of(self.log)}") from failure

    def _await_promotion(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self.sql("select pg_is_in_recovery()") != "f":
            if time.monotonic() > deadline:
                raise ProgramFailed(f"recovery did not end within {START_SECONDS} s")
            time.sleep(_POLL_SECONDS)

    def stop(self, *, mode: str = "fast") -> None:
        """Stop it, if it runs. `immediate` loses nothing that anyone needs when the data go with it."""
        if self.running:
            self._pg_ctl("stop", f"--mode={mode}")
        if self._sockets:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None

    @property
    def running(self) -> bool:
        """Whether a postmaster holds the data folder."""
        return (self.data / "postmaster.pid").exists()

    def open_sockets(self) -> Path:
        """The folder of its socket, outside `home`: made when it is asked for, removed by `stop`."""
        self._sockets = self._sockets or self._new_socket_folder()
        return self._sockets

    def _pg_ctl(self, action: str, *options: str) -> None:
        self.account.run([self.installation.tool("pg_ctl"), action, f"--pgdata={self.data}", "--wait", *options])

    def sql(self, text: str, *, database: str = "postgres") -> str:
        """Run SQL as the superuser on the local socket; the rows as `a|b` lines.

        Raises:
            ProgramFailed: the server refused a statement.
        """
        return self.account.run(
            [self.installation.tool("psql"), *self.reach, "-d", database, "-qAtX", "-v", "ON_ERROR_STOP=1"], given=text
        ).rstrip("\n")

    @property
    def reach(self) -> list[str]:
        """The options by which PostgreSQL's programs reach this server as its superuser."""
        return ["-h", str(self._sockets), "-p", str(self.port), "-U", SUPERUSER]

    def create_master(self, user: str, password: str, *, database: str = "") -> None:
        """Make the master user and, where named, its first database.

        A superuser here, which RDS's master is not: PostgreSQL lets nobody else create the extension amcheck,
        which RDS allows its master.
        """
        self.user, self.password = user, password
        self.sql(f"create role {identifier(user)} login superuser password {literal(password)};")
        if database:
            self.database = database
            self.sql(f"create database {identifier(database)} owner {identifier(user)};")

    def set_password(self, user: str, password: str) -> None:
        """Give a role another password."""
        self.sql(f"alter role {identifier(user)} password {literal(password)};")

    def destroy(self) -> None:
        """Stop it and delete everything that it kept."""
        self.stop(mode="immediate")
        shutil.rmtree(self.home, ignore_errors=True)

    def _new_socket_folder(self) -> Path:
        for place in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 mkdtemp makes a folder of its own in it
            if len(place) <= LONGEST_SOCKET_FOLDER and self.account.enters(Path(place)):
                made = Path(tempfile.mkdtemp(prefix="day2-", dir=place))
                self.account.own(made)
                return made
        raise ProgramFailed(
            f"No folder for sockets: {tempfile.gettempdir()} and /tmp are closed to {self.account.name}."
        )


def identifier(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """`value` as an SQL string."""
    # psql's own variables and backslashes play no part: standard strings, and no colon is interpolated inside quotes.
    return "'" + value.replace("'", "''") + "'"


@contextlib.contextmanager
def throwaway(database: str = "coder") -> Iterator[Server]:
    """A server with one empty database, ready in some two seconds and gone at the end.

    It takes connections with and without TLS; `ca_file` verifies it in full.
    """
    from day2.engine.authority import Authority  # noqa: PLC0415 only here: a Server is handed its certificate

    account = current()
    home = scratch_folder(account)
    try:
        server = Server(home / "server")
        authority = Authority.at(home / "authority")
        server.use_certificate(*authority.issue([server.host]), ca_file=authority.ca_file)
        server.tls_only = False
        try:
            server.initialise()
            server.start()
            server.create_master("coder_admin", secrets.token_urlsafe(18), database=database)
            yield server
        finally:
            server.destroy()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def usable_installation(account: Account, *, copy_to: Path) -> binaries.Binaries:
    """The PostgreSQL of this machine, copied to `copy_to` where the servers' user cannot reach it."""
    return binaries.within_reach(binaries.find(), account, copy_to=copy_to)


def scratch_folder(account: Account) -> Path:
    """A new folder that the servers' user can reach, wherever this process keeps its temporary files."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 mkdtemp makes a folder of its own in it
        if account.enters(Path(place)) and os.access(place, os.W_OK):
            made = Path(tempfile.mkdtemp(prefix="day2-postgres-", dir=place))
            account.own(made)
            return made
    raise ProgramFailed(f"No temporary folder is open to the user {account.name}. Set TMPDIR to one that is.")
