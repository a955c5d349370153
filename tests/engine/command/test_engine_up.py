"""`day2 engine up` beside an engine that is up or starting, and `day2` where one cannot be prepared."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from operator_command import Command
from typer.testing import CliRunner

from day2.cli import engine as engine_command
from day2.cli.app import app
from day2.engine import engine as engines
from day2.engine.engine import Engine
from day2.engine.postgres import binaries
from day2.engine.processes import Process
from day2.engine.settings import EngineSettings

STARTING = "The engine is still starting."


@pytest.fixture
def day2(tmp_path: Path) -> Iterator[Command]:
    yield Command(tmp_path)
    engines.down(tmp_path / ".engine")


@pytest.fixture
def up(day2: Command) -> Engine:
    """As `day2 engine up --seed small` leaves it, but for its platform."""
    return Engine(EngineSettings(workspace=day2.folder / ".engine"), seed="small").up()


@pytest.mark.parametrize("asked", [[], ["--seed", "small"]])
def test_what_is_up_already_as_asked_for_is_told_with_its_options(day2: Command, up: Engine, asked: list[str]) -> None:
    page = day2.page("engine", "up", *asked)
    assert page.startswith("The engine is up already. It was started with --seed small.\n")
    assert up.endpoint in page


@pytest.mark.parametrize(
    ("asked", "others"),
    [
        (["--seed", "large"], "--seed large"),
        (["--real-time"], "--real-time"),
        (["--seed", "small", "--real-time"], "--real-time"),
        (["--real-time", "--seed", "large"], "--seed large --real-time"),
    ],
)
def test_options_that_an_engine_was_not_started_with_are_refused(
    day2: Command, up: Engine, asked: list[str], others: str
) -> None:
    done = day2.run("engine", "up", *asked)
    assert (done.returncode, done.stdout) == (2, "")
    said = " ".join(done.stderr.split())
    assert f"not applied: {others}. It was started with --seed small." in said
    assert "day2 engine down" in said
    assert Engine.find(up.settings.workspace).endpoint == up.endpoint


def test_an_engine_in_real_time_says_so(day2: Command) -> None:
    Engine(EngineSettings(workspace=day2.folder / ".engine", wait_scale=1.0), seed="large").up()
    assert "It was started with --seed large --real-time." in day2.page("engine", "up", "--real-time")


def test_while_an_engine_is_starting_every_command_says_so(day2: Command) -> None:
    with Engine(EngineSettings(workspace=day2.folder / ".engine")).coming_up():
        for command in (["engine", "up"], ["engine", "up", "--seed", "large"], ["drill"]):
            done = day2.run(*command)
            assert (done.returncode, done.stdout) == (1, ""), command
            said = " ".join(done.stderr.split())
            assert STARTING in said
            assert "Wait until `day2 engine status` says that it runs" in said
        assert "The engine is still starting" in day2.page("engine", "status", code=1)
        told = day2.document("engine", "status", code=1)
        assert (told["running"], told["starting"]) == (False, True)
    assert day2.document("engine", "status")["running"]


def test_an_engine_whose_furnishing_fails_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Process | None] = []

    def furnish(engine: Engine, **_: Any) -> None:
        begun.append(Process.of(engines.status().pid))
        raise engine_command.failures.PreparationFailed("The test's own.", resource="it", log="what it said")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine_command, "furnish", furnish)
    try:
        done = CliRunner().invoke(app, ["engine", "up"])
        assert done.exit_code == 1
        assert "The test's own." in done.output
        assert begun[0]
        assert not begun[0].alive
        assert not (tmp_path / ".engine" / "state.json").exists()
        assert "Read .engine/last-failure.log." in done.output
    finally:
        engines.down()


@pytest.fixture
def full_disk(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL as ever, but for an initdb that finds no space."""
    installation = tmp_path_factory.mktemp("postgresql") / "it"
    copytree(binaries.find().folder.parent, installation, symlinks=True)
    initdb = installation / "bin" / "initdb"
    initdb.unlink()
    initdb.write_text("#!/bin/sh\necho 'initdb: error: could not write: No space left on device' >&2\nexit 1\n")
    initdb.chmod(0o755)
    monkeypatch.setenv("PGBIN", str(initdb.parent))


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("command", [["drill", "--seed", "small"], ["engine", "up"]], ids=" ".join)
def test_a_failed_preparation_tells_its_cause_and_keeps_the_log(
    day2: Command, command: list[str], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = tmp_path_factory.mktemp("machine")
    monkeypatch.setenv("TMPDIR", str(machine))
    done = day2.run(*command)
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert "The likely cause: " in said
    assert "No space left on device" in said
    assert "Read .engine/last-failure.log." in said
    assert "No space left on device" in (day2.folder / ".engine" / "last-failure.log").read_text()
    assert list(machine.glob("day2-*")) == []
    assert not engines.status(day2.folder / ".engine").running
