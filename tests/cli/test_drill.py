"""What a drill's end is to the shell, and the order in which the history is drawn."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cdk.environments import SettingsError
from day2.cli import drill, drills
from day2.cli.app import app


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
    refused = CliRunner().invoke(app, [*arguments, "--env", "prod"])
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


@pytest.mark.parametrize("where", [[], ["--aws", "--env", "prod"]], ids=["here", "on AWS"])
@pytest.mark.parametrize("reports", ["a file", "a link to nowhere"])
def test_no_drill_is_started_whose_report_could_not_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: list[str], reports: str
) -> None:
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "reports"
    if reports == "a link to nowhere":
        place.symlink_to(tmp_path / "nowhere" / "at all")
    else:
        place.touch()
    begun: list[str] = []
    monkeypatch.setattr(drill, "_engine", lambda *_: begun.append("an engine"))
    monkeypatch.setattr(drill, "on_aws", lambda _environment: None)
    monkeypatch.setattr(drill, "start", lambda *_: begun.append("a drill"))
    refused = CliRunner().invoke(app, ["drill", *where])
    assert refused.exit_code == 1
    assert "No report could be written here" in refused.stderr
    assert begun == []


def test_asking_whether_reports_can_be_written_leaves_nothing(tmp_path: Path) -> None:
    drill.evidence.require_writable(tmp_path / "reports")
    assert list(tmp_path.iterdir()) == []
