"""An engine ends with everything it started, however it ends."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from core_bench import Workbench

from day2.engine import engine as engines
from day2.engine import launcher
from day2.engine.engine import Engine, EngineNotAvailable
from day2.engine.failures import PreparationFailed
from day2.engine.leftovers import Leftovers
from day2.engine.processes import Process, members_of_group
from day2.engine.settings import EngineSettings

HELLO = "def handler(event, context): return 'hello'"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    engines.down(tmp_path)


def run_python(python: str | Path, program: str) -> str:
    """What a program printed that runs in the repository."""
    command = [python, "-c", program]
    return subprocess.run(  # noqa: S603  the program stands in the test
        command, check=False, capture_output=True, text=True, cwd=engines.REPOSITORY
    ).stdout.strip()


def at_work(engine: Engine) -> list[Process]:
    """The processes of an engine after a function has run: itself and the function's."""
    bench = Workbench(engine)
    engine.client("lambda").invoke(FunctionName=bench.function(HELLO))
    pid = engines.status(engine.settings.workspace).pid
    found = members_of_group(pid, naming=engine.settings.workspace)
    assert len(found) == 2
    return found


def test_the_block_ends_the_engine_its_functions_and_its_temporary_files(workspace: Path) -> None:
    with Engine(EngineSettings(workspace=workspace)) as engine:
        started = at_work(engine)
        assert engines.status(workspace).endpoint == engine.endpoint
    assert not any(process.alive for process in started)
    assert not engines.status(workspace).running
    assert {file.name for file in workspace.iterdir()} == {"engine.log", "settings.json", "tls"}


@pytest.mark.parametrize("moment", ["state.write", "_healthy"])
@pytest.mark.parametrize("begin", [Engine.up, Engine.__enter__])
def test_an_engine_that_is_interrupted_while_it_starts_ends(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, begin: Callable[[Engine], Engine], moment: str
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    launch = engines._launch

    def noted(*told: Any, **also: Any) -> subprocess.Popen[bytes]:
        started.append(launch(*told, **also))
        return started[-1]

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engines, "_launch", noted)
    monkeypatch.setattr(f"{engines.__name__}.{moment}", interrupted)
    with pytest.raises(KeyboardInterrupt):
        begin(Engine(EngineSettings(workspace=workspace)))
    assert started[0].poll() is not None
    assert not (workspace / "tmp").exists()


def test_an_engine_that_is_up_is_found_again_and_stays_one(workspace: Path) -> None:
    first = Engine(EngineSettings(workspace=workspace)).up()
    found = Engine.that_is_up(workspace)
    assert found
    assert found.endpoint == first.endpoint
    assert Engine.find(workspace).client("sts").get_caller_identity()["Account"] == first.settings.account
    with pytest.raises(EngineNotAvailable, match="already"), Engine(EngineSettings(workspace=workspace)):
        pass
    assert engines.status(workspace).running
    assert engines.down(workspace)
    assert not engines.down(workspace)
    with pytest.raises(EngineNotAvailable, match="No engine runs here"):
        Engine.find(workspace)
    assert Engine.that_is_up(workspace) is None


def test_of_two_engines_begun_at_once_one_runs_and_the_other_is_refused(workspace: Path) -> None:
    begin = f"""
from pathlib import Path
from day2.engine.engine import Engine, EngineNotAvailable
from day2.engine.settings import EngineSettings
try:
    Engine(EngineSettings(workspace=Path({str(workspace)!r}))).up()
    print("runs")
except EngineNotAvailable as refusal:
    print(refusal.what)
"""
    with ThreadPoolExecutor() as both:
        said = set(both.map(lambda _: run_python(sys.executable, begin), range(2)))
    assert said in ({"An engine runs here already.", "runs"}, {"The engine is still starting.", "runs"})
    assert engines.status(workspace).running


def test_a_number_that_belongs_to_another_process_by_now_is_not_signalled(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Process(other.pid, "another start").send(signal.SIGKILL)
    notes = Leftovers.of(tmp_path)
    notes.note_process(other.pid)
    note = next(notes.folder.glob("*.json"))
    note.write_text(json.dumps({**json.loads(note.read_text()), "started": "another start"}))
    notes.clear()
    assert other.poll() is None
    other.kill()
    other.wait()


def test_without_its_own_environment_the_engine_says_what_to_do(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAY2_ENGINE_PYTHON", str(workspace / "none"))
    with pytest.raises(EngineNotAvailable, match="make setup"), Engine(EngineSettings(workspace=workspace)):
        pass


def test_an_engine_that_cannot_start_says_why(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # This Python has no MiniStack, so the launcher refuses with its one sentence.
    monkeypatch.setenv("DAY2_ENGINE_PYTHON", sys.executable)
    with (
        pytest.raises(PreparationFailed, match=rf"needs MiniStack {launcher.MINISTACK} and found none"),
        Engine(EngineSettings(workspace=workspace)),
    ):
        pass


def test_a_missing_private_name_is_told_by_name(workspace: Path) -> None:
    """The launcher's check, in the engine's own Python, with an extension that needs what is not there."""
    program = """
from types import SimpleNamespace

from day2.engine import launcher

wanting = SimpleNamespace(NEEDS=("services.stepfunctions._run_execution", "services.stepfunctions._gone"))
print(list(launcher.missing_names([wanting])))
"""
    assert run_python(engines.PYTHON, program) == "['services.stepfunctions._gone']"


def test_two_engines_run_side_by_side(engine: Engine, workspace: Path) -> None:
    with Engine(EngineSettings(workspace=workspace)) as other:
        assert other.endpoint != engine.endpoint
        other.client("ssm").put_parameter(Name="/here", Value="other", Type="String")
        with pytest.raises(engine.client("ssm").exceptions.ParameterNotFound):
            engine.client("ssm").get_parameter(Name="/here")


def test_nobody_beyond_this_machine_is_listened_to(engine: Engine) -> None:
    assert engine.endpoint.startswith("http://127.0.0.1:")
    listening = subprocess.run(
        ["/bin/sh", "-c", "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null"], capture_output=True, text=True, check=False
    ).stdout
    if not listening:
        pytest.skip("no /proc here")
    port = f":{engine.settings.port:04X} "
    bound = {line.split()[1] for line in listening.splitlines() if port in line and line.split()[3] == "0A"}
    assert bound == {f"0100007F{port.strip()}"}


@pytest.mark.parametrize("content", ["", "{"])
def test_a_state_file_that_a_full_disk_cut_off_blocks_no_command(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)
    assert not engines.status(tmp_path).running
    assert not engines.down(tmp_path)
