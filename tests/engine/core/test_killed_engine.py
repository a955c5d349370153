"""What an engine began ends with it also when it, or whoever started it, is killed and can clear up nothing."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from core_bench import Workbench, eventually

from day2.engine import engine as engines
from day2.engine.engine import Engine
from day2.engine.leftovers import Leftovers
from day2.engine.processes import Process, members_of_group
from day2.engine.settings import EngineSettings

BUSY = """
import pathlib, time

def handler(event, context):
    pathlib.Path(event).touch()
    time.sleep(600)
"""

LOG_AND_SETTINGS = {"engine.log", "settings.json", "tls"}


def files(workspace: Path) -> set[str]:
    return {file.name for file in workspace.iterdir()}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "engine"
    yield folder
    engines.down(folder)


@dataclass(frozen=True)
class AtWork:
    """An engine, the process of a function in the middle of a call, a process of its own session, and a folder."""

    engine: Process
    function: Process
    server: Process
    folder: Path

    @property
    def left(self) -> bool:
        return self.function.alive or self.server.alive or self.folder.exists()


@pytest.fixture
def at_work(workspace: Path, tmp_path: Path) -> Iterator[AtWork]:
    engine = Engine(EngineSettings(workspace=workspace)).up()
    pid = engines.status(workspace).pid
    bench, called = Workbench(engine), tmp_path / "called"
    engine.client("lambda").invoke(
        FunctionName=bench.function(BUSY, timeout=600), InvocationType="Event", Payload=f'"{called}"'
    )
    eventually(called.exists)
    (function,) = (each for each in members_of_group(pid, naming=workspace) if each.pid != pid)
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    server, killed = Process.of(started.pid), Process.of(pid)
    assert server
    assert killed
    folder = tmp_path / "outside"
    folder.mkdir()
    notes = Leftovers.of(workspace)
    notes.note_process(server.pid)
    notes.note_folder(folder)
    yield AtWork(engine=killed, function=function, server=server, folder=folder)
    started.kill()
    started.wait()


def guard_of(workspace: Path, at_work: AtWork) -> Process:
    """The one process that an engine notes which is neither a function's nor of this test."""
    notes = Leftovers.of(workspace).folder.glob("process-*.json")
    pids = {int(note.stem.removeprefix("process-")) for note in notes}
    (guard,) = (Process.of(pid) for pid in pids - {at_work.server.pid})
    assert guard
    return guard


def test_all_that_a_killed_engine_began_ends_although_nobody_clears_up(workspace: Path, at_work: AtWork) -> None:
    guard = guard_of(workspace, at_work)
    at_work.engine.send(signal.SIGKILL)
    eventually(lambda: not at_work.left)
    eventually(lambda: not guard.alive)
    assert files(workspace) == LOG_AND_SETTINGS


def test_what_a_killed_engine_left_without_its_guard_is_ended_by_the_next_one(workspace: Path, at_work: AtWork) -> None:
    guard_of(workspace, at_work).send(signal.SIGKILL)
    at_work.engine.send(signal.SIGKILL)
    eventually(lambda: not at_work.engine.alive)  # it answers no more some time before it is gone
    assert at_work.left
    with Engine(EngineSettings(workspace=workspace)):
        assert not at_work.left


def test_a_guard_leaves_the_next_engine_of_its_workspace_alone(workspace: Path, at_work: AtWork) -> None:
    """It is late: stopped until another engine has been begun there."""
    guard = guard_of(workspace, at_work)
    Leftovers.of(workspace).forget_process(guard.pid)
    guard.send(signal.SIGSTOP)
    at_work.engine.send(signal.SIGKILL)
    eventually(lambda: not at_work.engine.alive)
    with Engine(EngineSettings(workspace=workspace)) as another:
        guard.send(signal.SIGCONT)
        eventually(lambda: not guard.alive)
        assert engines.status(workspace).running
        assert another.client("sts").get_caller_identity()
        assert (workspace / "leftovers").exists()


@pytest.mark.parametrize("way", ["engine", "engine.coming_up()"])
def test_an_engine_ends_with_the_process_that_starts_it(workspace: Path, way: str) -> None:
    program = f"""
import os, signal
from pathlib import Path
from day2.engine.engine import Engine
from day2.engine.settings import EngineSettings

workspace = Path({str(workspace)!r})
engine = Engine(EngineSettings(workspace=workspace))
way = {way}
way.__enter__()
print((workspace / "state.json").read_text(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, check=False, capture_output=True, cwd=engines.REPOSITORY).stdout  # noqa: S603  above
    assert b'"pid"' in said
    eventually(lambda: files(workspace) == LOG_AND_SETTINGS)
