"""`day2 schedule`: the next days of the settings, as one reads them on a terminal and as a script does."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cdk import environments
from cdk.environments import FOLDER
from day2.cli import schedule
from day2.cli.app import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["schedule", *arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config/ of its own, with production's files."""
    for each in FOLDER.iterdir():
        shutil.copy(each, tmp_path)
    monkeypatch.setattr(schedule, "load", lambda environment: environments.load(environment, folder=tmp_path))
    return tmp_path


def changed(folder: Path, before: str, after: str) -> None:
    file = folder / "prod.toml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_the_days_on_which_the_clocks_go_back_show_the_change_and_the_hour_on_the_wall() -> None:
    shown = run("--from", "2026-10-30", "--days", "4")
    assert shown.exit_code == 0
    assert shown.stdout == (
        "prod: 4 days in America/New_York, from config/prod.toml\n"
        "\n"
        "day             local  UTC        group        profile   nodes  ready by\n"
        "Fri 2026-10-30  06:30  10:30      provisioner  peak          5  06:45\n"
        "                06:30  10:30      workspace    peak         50  06:45\n"
        "                20:00  00:00 +1d  workspace    off-peak     10\n"
        "                21:00  01:00 +1d  provisioner  off-peak      1\n"
        "Sun 2026-11-01  clocks go back from 02:00 to 01:00\n"
        "Mon 2026-11-02  06:30  11:30      provisioner  peak          5  06:45\n"
        "                06:30  11:30      workspace    peak         50  06:45\n"
        "                20:00  01:00 +1d  workspace    off-peak     10\n"
        "                21:00  02:00 +1d  provisioner  off-peak      1\n"
    )


def test_on_a_holiday_groups_stay_and_shrink_all_the_same() -> None:
    assert run("--from", "2026-11-26", "--days", "1").stdout.splitlines()[3:] == [
        "Thu 2026-11-26  holiday: no scale-up",
        "                06:30  11:30      provisioner  peak      stays",
        "                06:30  11:30      workspace    peak      stays",
        "                20:00  01:00 +1d  workspace    off-peak     10",
        "                21:00  02:00 +1d  provisioner  off-peak      1",
    ]


def test_left_alone_it_shows_the_fortnight_that_begins_now() -> None:
    shown = json.loads(run("--json").stdout)
    days = {each["local"][:10] for each in shown["changes"]}
    assert 8 <= len(days) <= 11
    assert all(shown["from"] <= each["at"] < shown["until"] for each in shown["changes"])


def test_a_script_reads_moments_promises_and_what_holidays_hold_back() -> None:
    shown: dict[str, Any] = json.loads(run("--from", "2026-03-07", "--days", "3", "--json").stdout)
    assert (shown["environment"], shown["time_zone"]) == ("prod", "America/New_York")
    assert (shown["from"], shown["until"]) == ("2026-03-07T05:00:00Z", "2026-03-10T04:00:00Z")
    assert shown["clock_changes"] == [
        {
            "at": "2026-03-08T07:00:00Z",
            "local": "2026-03-08T03:00:00-04:00",
            "note": "clocks go forward from 02:00 to 03:00",
        }
    ]
    assert shown["changes"][1] == {
        "at": "2026-03-09T10:30:00Z",
        "local": "2026-03-09T06:30:00-04:00",
        "group": "workspace",
        "schedule": "morning",
        "profile": "peak",
        "desired": 50,
        "ready_by": "2026-03-09T10:45:00Z",
        "held_by_holiday": False,
        "notes": [],
    }
    held = json.loads(run("--from", "2026-11-26", "--days", "1", "--json").stdout)
    assert held["holidays"] == ["2026-11-26"]
    assert [each["held_by_holiday"] for each in held["changes"]] == [True, True, False, False]


def test_no_line_is_longer_than_80_whatever_the_names(folder: Path) -> None:
    changed(folder, "off-peak", "a-rather-long-na")
    shown = run("--from", "2026-10-30", "--days", "4").stdout
    assert "a-rather-long-na" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_days_without_anything_are_told_in_a_sentence() -> None:
    assert run("--from", "2026-12-05", "--days", "2").stdout.splitlines()[-1] == (
        "Nothing is scaled by the clock on these days."
    )


def test_an_environment_that_scales_nothing_is_told_so(folder: Path) -> None:
    text = (folder / "prod.toml").read_text(encoding="utf-8")
    begin, _, rest = text.partition("[scaling]")
    (folder / "prod.toml").write_text(begin + "[objectives]" + rest.partition("\n[objectives]")[2], encoding="utf-8")
    shown = run()
    assert shown.exit_code == 1
    assert "config/prod.toml has no table [scaling]: nothing is scaled by the clock." in shown.stderr


def test_wrong_settings_end_with_2_and_every_fault(folder: Path) -> None:
    changed(folder, '"45 6 * * MON-FRI"', '"45 66 * * MON-FRI"')
    shown = run()
    assert shown.exit_code == 2
    said = " ".join(shown.stderr.split())
    for role in ("workspace", "provisioner"):
        assert f"scaling.groups.{role}.schedules.morning.cron: hour: '66' is not from 0 to 23" in said


def test_an_unknown_environment_is_told_which_there_are() -> None:
    shown = run("--environment", "stage")
    assert shown.exit_code == 2
    assert "'stage' is unknown; known: local, prod" in " ".join(shown.stderr.split())


def test_the_engines_own_settings_have_a_timetable_too() -> None:
    assert run("--env", "local", "--from", "2026-11-23", "--days", "1").exit_code == 0
