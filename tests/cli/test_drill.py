"""What a drill's end is to the shell, and the order in which the history is drawn."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from day2.cli import drill, drills


def command(function: Any) -> typer.Typer:
    app = typer.Typer()
    app.command()(function)
    return app


@pytest.mark.parametrize(("outcome", "code"), [("passed", 0), ("failed", 1)])
def test_the_exit_code_is_the_drills_outcome(monkeypatch: pytest.MonkeyPatch, outcome: str, code: int) -> None:
    kept = SimpleNamespace(summary=SimpleNamespace(outcome=outcome))
    monkeypatch.setattr(drill, "_on_this_machine", lambda _asked, _told: (None, kept))
    monkeypatch.setattr(drill.verdict, "show_drill", lambda _console, _kept: None)
    assert CliRunner().invoke(command(drill.drill), []).exit_code == code


def test_the_trend_is_drawn_from_the_oldest_to_the_newest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newest_first = [
        SimpleNamespace(
            id=str(seconds),
            outcome="passed",
            rto_seconds=seconds,
            rpo_seconds=None,
            from_snapshot=True,
            recovery_point_kind="snapshot",
            error=None,
        )
        for seconds in (8.0, 4.0, 1.0)
    ]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drills, "_here", lambda _limit: newest_first)
    drills.drills(limit=12)
    assert "RTO, oldest to newest  ▁▄█" in capsys.readouterr().out
