"""What a workspace holds about its engine, and how what is left of one is cleared. Standard library only.

The operator's side, and the guard that outlives a killed engine, change it one at a time: inside `alone`.
"""

import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from day2.engine import settings as engine_settings
from day2.engine.leftovers import Leftovers
from day2.engine.processes import Process, members_of_group, wait_until_gone
from day2.engine.settings import EngineSettings

STOP_SECONDS = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An engine that was begun: its process, and what with.

    ready   it may be used; until then whoever began it still furnishes it
    seed    what its platform was seeded with, in the word of whoever began it
    """

    process: Process
    settings: EngineSettings
    ready: bool
    seed: str = ""


def write(begun: Begun) -> None:
    """Note an engine in its workspace."""
    content = {
        "pid": begun.process.pid,
        "started": begun.process.started,
        "settings": engine_settings.write(begun.settings),
        "ready": begun.ready,
        "seed": begun.seed,
    }
    file = _file(begun.settings.workspace)
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(content))
    beside.replace(file)  # whole or not at all, also on a full disk


def noted(workspace: Path) -> Begun | None:
    """The engine that the state file names, alive or not."""
    try:
        content = json.loads(_file(workspace).read_text())
    except (FileNotFoundError, ValueError):  # not there, or cut off: nothing is noted
        return None
    return Begun(
        process=Process(content["pid"], content["started"]),
        settings=engine_settings.read(content["settings"]),
        ready=content.get("ready", True),
        seed=content.get("seed", ""),
    )


def living(workspace: Path) -> Begun | None:
    """The engine of `workspace` whose process lives."""
    begun = noted(workspace)
    return begun if begun is not None and begun.process.alive else None


@contextmanager
def alone(workspace: Path) -> Iterator[None]:
    """One at a time begins or clears an engine: two at once would each take the other for what a crash left."""
    folder = os.open(workspace, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def clear(workspace: Path) -> bool:
    """End the engine of `workspace` and all that it started, after a crash too; False when none was running.

    To be called inside `alone`.
    """
    begun = noted(workspace)
    was_running = begun is not None and begun.process.alive
    if begun is not None:
        begun.process.send(signal.SIGTERM)
        wait_until_gone([begun.process], seconds=STOP_SECONDS)
        begun.process.send(signal.SIGKILL)
        workers = members_of_group(begun.process.pid, naming=workspace)
        for worker in workers:
            worker.send(signal.SIGKILL)
        wait_until_gone([begun.process, *workers], seconds=STOP_SECONDS)
    Leftovers.of(workspace).clear()
    for name in ("tmp", "home"):
        shutil.rmtree(workspace / name, ignore_errors=True)
    _file(workspace).unlink(missing_ok=True)
    return was_running


def _file(workspace: Path) -> Path:
    return workspace / "state.json"
