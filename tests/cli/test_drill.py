"""What a drill's end is to the shell, and the order in which the history is drawn."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cdk.environments import SettingsError
from day2 import cli
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


@pytest.mark.parametrize(
    "arguments", [["drill"], ["drills"], ["report", "20261123-0000abcd"]], ids=lambda each: each[0]
)
def test_an_environment_without_aws_is_refused_and_never_taken_for_this_machine(arguments: list[str]) -> None:
    refused = CliRunner().invoke(cli.app, [*arguments, "--env", "prod"])
    assert refused.exit_code == 2
    assert "goes with --aws" in refused.output


def test_settings_that_cannot_be_deployed_are_bad_input_of_the_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(_environment: str) -> None:
        raise SettingsError(["aws.region: is missing", "copy.prefix: is missing"], source="config/local.toml")

    monkeypatch.setattr(drill, "load", wrong)
    refused = CliRunner().invoke(command(drill.drill), [])
    assert refused.exit_code == 2
    assert "aws.region: is missing" in refused.output
    assert "copy.prefix: is missing" in refused.output
