"""Temporary workspaces, of which nothing is left: not by their own process, and if that was killed, by the next one."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from day2.engine.engine import down
from day2.engine.processes import Process

_PREFIX = "day2-"
_OWNER = "owner.json"


@contextmanager
def workspace() -> Iterator[Path]:
    """A temporary workspace for the length of the block; those that killed processes left are removed before."""
    remove_abandoned()
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        _claim(Path(folder))
        yield Path(folder)


def remove_abandoned() -> None:
    """End and remove every temporary workspace of this user whose process is gone."""
    for owner in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_OWNER}"):
        folder = owner.parent
        if _is_mine(folder) and not _lives(owner):
            down(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _claim(folder: Path) -> None:
    process = Process.of(os.getpid())
    beside = folder / f"{_OWNER}.new"
    beside.write_text(json.dumps({"pid": os.getpid(), "started": process.started if process else ""}))
    beside.replace(folder / _OWNER)  # whole or not at all


def _is_mine(folder: Path) -> bool:
    """Made by this user, and no link: others may put what they like into the machine's temporary folder."""
    try:
        return not folder.is_symlink() and folder.stat().st_uid == os.geteuid()
    except FileNotFoundError:  # its process has just removed it
        return False


def _lives(owner: Path) -> bool:
    """Whether the process that claimed the workspace lives; a claim that is not readable counts as one that does."""
    try:
        claim = json.loads(owner.read_text())
        return Process(claim["pid"], claim["started"]).alive
    except (OSError, ValueError, KeyError):
        return True
