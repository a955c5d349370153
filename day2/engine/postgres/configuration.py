"""What each server is told: its settings, and who may log in from where."""

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

SUPERUSER = "rdsadmin"
"""The role that owns every server, as on RDS. It logs in on the local socket only, as the servers' system user."""

WAL_SEGMENT_MEGABYTES = 4
"""Small, because each forced switch archives a whole segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Replay of archived WAL over a base backup, up to the last commit that is not after `until`."""

    archive: Path
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One server's settings.

    listening      False: only the local socket answers, as a cluster that has no instance yet
    archive        where finished WAL segments are copied to; None archives nothing
    certificate    (certificate, key) of `host`; None offers no TLS
    tls_only       refuse connections without TLS
    """

    host: str
    port: int
    sockets: Path
    listening: bool
    archive: Path | None = None
    certificate: tuple[Path, Path] | None = None
    tls_only: bool = True
    recovery: Recovery | None = None

    def settings(self) -> str:
        """The text of postgresql.conf."""
        given: dict[str, str | int] = {
            "listen_addresses": self.host if self.listening else "",
            "port": self.port,
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": 100,
            "shared_buffers": "128MB",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # The machine's disk is not what is tested here; a server that dies with it is made anew.
            "fsync": "off",
            "wal_level": "replica",
            "max_wal_senders": 4,
            "min_wal_size": f"{WAL_SEGMENT_MEGABYTES * 2}MB",
        }
        if self.certificate:
            given |= {"ssl": "on", "ssl_cert_file": str(self.certificate[0]), "ssl_key_file": str(self.certificate[1])}
        if self.archive:
            given |= {"archive_mode": "on", "archive_command": _archiving(self.archive), "archive_timeout": "10s"}
        if self.recovery:
            given |= {
                "restore_command": f"cp {_for_shell(self.recovery.archive)}/%f %p",
                "recovery_target_time": self.recovery.until.astimezone(UTC).isoformat(),
                "recovery_target_action": "promote",
            }
        return "".join(f"{name} = {_quoted(value)}\n" for name, value in given.items())

    def authentication(self) -> str:
        """The text of pg_hba.conf: passwords for everyone but the superuser, who never comes by network."""
        over_network = "hostssl" if self.certificate and self.tls_only else "host"
        return (
            f"local all {SUPERUSER} peer map=owner\n"
            f"local replication {SUPERUSER} peer map=owner\n"
            f"host all {SUPERUSER} all reject\n"
            f"{over_network} all all 127.0.0.0/8 scram-sha-256\n"
        )


def identities(system_user: str) -> str:
    """The text of pg_ident.conf: which system user may be the superuser."""
    return f'owner "{system_user}" {SUPERUSER}\n'


def tail_of(log: Path, characters: int = 1500) -> str:
    """The end of a server's log, for an error's text."""
    return log.read_text(errors="replace")[-characters:].strip() if log.exists() else "(no log)"


def now() -> datetime:
    """The clock that the servers' commits are stamped with: the machine's own."""
    return datetime.now(UTC)


def _archiving(folder: Path) -> str:
    # Renaming at the end: a segment in the archive is a whole one, whenever it is looked at.
    kept = _for_shell(folder)
    return f"cp %p {kept}/%f.partial && mv {kept}/%f.partial {kept}/%f"


def _for_shell(folder: Path) -> str:
    return shlex.quote(str(folder)).replace("%", "%%")


def _quoted(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
