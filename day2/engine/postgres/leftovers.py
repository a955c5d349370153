"""End the servers that a killed engine left behind. PostgreSQL's own pid files tell which they are."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ELSEWHERE = "postgres-is-at"
"""A file in the engine's folder that names the servers' folder where it had to lie elsewhere."""

PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.05
_SOCKETS_LINE = 4
"""Of postmaster.pid, counted from 0."""


def stop_all(folder: Path) -> int:
    """Stop every server whose data lie below `folder`, delete their data, and return how many were running."""
    ended = 0
    for place in _places(folder):
        for pid_file in list(_pid_files(place)):
            ended += _stop(pid_file)
        if place != folder:
            shutil.rmtree(place, ignore_errors=True)
    (folder / ELSEWHERE).unlink(missing_ok=True)
    return ended


def _places(folder: Path) -> Iterator[Path]:
    yield folder
    with contextlib.suppress(OSError):
        yield Path((folder / ELSEWHERE).read_text(encoding="utf-8").strip())


def _pid_files(place: Path) -> Iterator[Path]:
    for found, below, files in os.walk(place):
        if "PG_VERSION" in files:
            below.clear()
            if "postmaster.pid" in files:
                yield Path(found) / "postmaster.pid"


def _stop(pid_file: Path) -> bool:
    lines = pid_file.read_text(encoding="utf-8").splitlines()
    pid, data = int(lines[0]), pid_file.parent
    running = _is_server_of(pid, data)
    if running:
        # The number could have been given to another process since; its command line says that it was not.
        for how in (signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
            if _gone(pid, data):
                break
    if len(lines) > _SOCKETS_LINE and Path(lines[_SOCKETS_LINE]).name.startswith("day2-"):
        shutil.rmtree(lines[_SOCKETS_LINE], ignore_errors=True)
    shutil.rmtree(data.parent, ignore_errors=True)
    return running


def _gone(pid: int, data: Path) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if not _is_server_of(pid, data):
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _is_server_of(pid: int, data: Path) -> bool:
    return str(data) in _command_line(pid)


def _command_line(pid: int) -> str:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    asked = ["/bin/ps", "-p", str(pid), "-o", "command="]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout  # noqa: S603 fixed arguments
