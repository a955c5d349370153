"""Ctrl-C, whenever it comes: a sentence and the exit code that a shell expects, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from day2.cli import drill
from day2.cli.app import app

CTRL_C = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"


@pytest.mark.parametrize("imported", ["typer", "boto3", "pg8000"])
def test_while_the_command_is_still_being_imported(tmp_path: Path, imported: str) -> None:
    (tmp_path / f"{imported}.py").write_text(CTRL_C)
    done = subprocess.run(  # noqa: S603  our own command
        [Path(sys.executable).with_name("day2"), "--help"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "✗ Interrupted.\n")


@pytest.mark.parametrize("part", ["_on_this_machine", "_without_evidence"], ids=["within a drill", "as it is shown"])
def test_while_a_command_runs(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(drill, "_on_this_machine", lambda _asked, _told: (None, None))
    monkeypatch.setattr(drill, part, interrupted)
    done = CliRunner().invoke(app, ["drill"])
    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "✗ Interrupted.\n")
