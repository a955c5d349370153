"""Processes by identity: a number that the system has given to another process since is never signalled.

Standard library only. Linux is read from /proc, other systems from `ps`.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_POLL_SECONDS = 0.02
_STATE, _GROUP, _START_TIME = 0, 2, 19  # fields of /proc/<pid>/stat behind the command's name


@dataclass(frozen=True, slots=True)
class Process:
    """A process as it was when it was noted down: its number and when it started, in the system's own words."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """The living process `pid`, or None."""
        started = _started(pid)
        return cls(pid, started) if started else None

    @property
    def alive(self) -> bool:
        return _started(self.pid) == self.started

    def send(self, number: signal.Signals) -> None:
        """Signal it, unless it is gone or its number belongs to another process by now."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def wait_until_gone(processes: Iterable[Process], *, seconds: float) -> list[Process]:
    """Those still alive after at most `seconds`."""
    left = [each for each in processes if each.alive]
    deadline = time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        _reap(left)
        left = [each for each in left if each.alive]
    return left


def members_of_group(group: int, *, naming: Path) -> list[Process]:
    """The processes of a process group whose command line names the folder `naming`."""
    found = (Process.of(pid) for pid, its_group, command in _table() if its_group == group and str(naming) in command)
    return [each for each in found if each]


def servers_in(folders: Iterable[Path]) -> list[Process]:
    """The PostgreSQL servers whose data lie in one of these folders."""
    named = [f" -D {folder}/" for folder in folders]
    found = (Process.of(pid) for pid, _, command in _table() if any(each in command for each in named))
    return [each for each in found if each]


def _reap(processes: Iterable[Process]) -> None:
    """Take the exit status of own children, which would stay zombies."""
    for each in processes:
        with suppress(ChildProcessError):
            os.waitpid(each.pid, os.WNOHANG)


def _started(pid: int) -> str:
    """When `pid` started, or an empty text when there is none or it is a zombie."""
    if _PROC.joinpath("self").exists():
        fields = _stat(pid)
        return fields[_START_TIME] if fields and fields[_STATE] != "Z" else ""
    return _ps("-o", "lstart=", "-p", str(pid)).strip()


def _stat(pid: int) -> list[str]:
    try:
        text = _PROC.joinpath(str(pid), "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _table() -> Iterator[tuple[int, int, str]]:
    """Every process: number, group, command line."""
    if _PROC.joinpath("self").exists():
        for folder in _PROC.iterdir():
            if folder.name.isdigit() and (fields := _stat(int(folder.name))):
                with suppress(OSError):
                    command = folder.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    yield int(folder.name), int(fields[_GROUP]), command
        return
    for line in _ps("-axo", "pid=,pgid=,command=").splitlines():
        pid, group, command = line.split(maxsplit=2)
        yield int(pid), int(group), command


def _ps(*arguments: str) -> str:
    command = ["ps", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603  fixed words
