"""What the settings of scaling refuse, each fault with its path, and what they take."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from cdk.environments import FOLDER, SettingsError, check, load
from cdk.settings import ScaledGroup, Scaling, ScalingSchedule
from infrastructure.test_settings import faults, spoilt

WORKSPACE = "scaling.groups.workspace"
MORNING = f"{WORKSPACE}.schedules.morning"


def test_the_production_example_has_the_platforms_own_profiles_and_times() -> None:
    scaling = load("prod").scaling
    assert scaling is not None
    workspace, provisioner = scaling.groups["workspace"], scaling.groups["provisioner"]
    assert (workspace.node_group, workspace.floor, workspace.ceiling) == ("coder-prod-ws", 10, 200)
    assert (provisioner.node_group, provisioner.floor, provisioner.ceiling) == ("coder-prod-prov", 0, 20)
    assert (workspace.profiles["peak"], provisioner.profiles["peak"]) == (50, 5)
    assert workspace.schedules["morning"].cron == "45 6 * * MON-FRI"
    assert (scaling.time_zone, scaling.control) == ("America/New_York", "coder-prod-control")


@pytest.mark.parametrize("table", [Scaling, ScaledGroup, ScalingSchedule])
def test_the_production_example_shows_every_setting_of_scaling(table: type[Scaling]) -> None:
    text = (FOLDER / "prod.toml").read_text(encoding="utf-8")
    assert {name for name in table.model_fields if not re.search(rf"\b{name}\b", text)} == set()


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("scaling.control", ..., "scaling.control: is missing"),
        ("scaling.time_zone", "Berlin!", "scaling.time_zone: 'Berlin!' is not an IANA time zone"),
        ("scaling.time_zone", "America/Gotham", "scaling.time_zone: 'America/Gotham' is not known"),
        ("scaling.holidays", ["Thanksgiving"], "scaling.holidays.0: 'Thanksgiving' is not a date such as 2026-11-26"),
        ("scaling.holidays", [datetime(2026, 11, 26)], "scaling.holidays.0: datetime.datetime(2026, 11, 26, 0, 0) is"),  # noqa: DTZ001  as TOML reads it
        ("scaling.holidays", ["2026-02-30"], "scaling.holidays.0: day is out of range for month"),
        ("scaling.holidays_file", "easter.txt", "scaling.holidays_file: 'easter.txt' is no .txt file beside these"),
        ("scaling.groups", {}, "scaling.groups: is empty; give at least one"),
        ("scaling.groups.control", {}, "scaling.groups.control: input should be 'workspace' or 'provisioner'"),
        (f"{WORKSPACE}.floor", -1, f"{WORKSPACE}.floor: input should be greater than or equal to 0"),
        (f"{WORKSPACE}.speed", 1, f"{WORKSPACE}.speed: is not a setting"),
        (f"{WORKSPACE}.profiles.Peak", 1, f"{WORKSPACE}.profiles.Peak: 'Peak' is not a profile's name"),
        (f"{WORKSPACE}.step_out", 0, f"{WORKSPACE}.step_out: input should be greater than or equal to 1"),
        (f"{MORNING}.cron", "45 6 * *", f"{MORNING}.cron: '45 6 * *' has 4 fields and not five"),
        (f"{MORNING}.cron", "cron(45 6 ? * MON-FRI *)", f"{MORNING}.cron: 'cron(45 6 ? * MON-FRI *)' has 6 fields"),
        (f"{MORNING}.cron", "99 6 * * MON", f"{MORNING}.cron: minute: '99' is not from 0 to 59"),
        (f"{MORNING}.cron", "99 6 * * MO", f"{MORNING}.cron: minute: '99' is not from 0 to 59; day of week: 'MO' is"),
        (f"{MORNING}.cron", "45 6 1 * MON", f"{MORNING}.cron: '45 6 1 * MON' restricts day of month and day of week"),
        (f"{MORNING}.ahead_minutes", 121, f"{MORNING}.ahead_minutes: input should be less than or equal to 120"),
        (f"{MORNING}.when_blocked", "kill", f"{MORNING}.when_blocked: input should be 'refuse', 'clamp' or 'defer'"),
        # What only fields together make:
        ("kubernetes", ..., "kubernetes: is missing; scaling looks there"),
        ("platform", ..., "platform: is missing; scaling asks Coder"),
        ("platform.token_secret", ..., "platform.token_secret: is missing; scaling asks Coder"),
        ("scaling.control", "coder-prod-ws", f"{WORKSPACE}.node_group: 'coder-prod-ws' is the control group"),
        (f"{WORKSPACE}.node_group", "x-control", f"{WORKSPACE}.node_group: 'x-control' is the control group"),
        (
            f"{WORKSPACE}.node_group",
            "coder-prod-prov",
            f"scaling.groups.provisioner.node_group: 'coder-prod-prov' is that of {WORKSPACE} already",
        ),
        (f"{WORKSPACE}.floor", 201, f"{WORKSPACE}.floor: 201 is more than the ceiling, 200"),
        (f"{WORKSPACE}.profiles.peak", 201, f"{WORKSPACE}.profiles.peak: 201 is outside the floor and the ceiling"),
        (f"{WORKSPACE}.profiles.off-peak", 9, f"{WORKSPACE}.profiles.off-peak: 9 is outside the floor and the ceil"),
        (f"{WORKSPACE}.step_out", 21, f"{WORKSPACE}.step_out: 21 is more than the largest_step, 20"),
        (f"{WORKSPACE}.pods_per_node", 4, f"{WORKSPACE}.pods_per_node: workspaces are started by their users"),
        (f"{MORNING}.profile", "lunch", f"{MORNING}.profile: 'lunch' is unknown; {WORKSPACE}.profiles has peak, off"),
        (f"{MORNING}.cron", "10 0 * * *", f"{MORNING}.ahead_minutes: 15 minutes before 00:10 is the day before"),
        (f"{MORNING}.ahead_minutes", 30, None),
        (
            f"{MORNING}.ahead_minutes",
            31,
            f"{MORNING}.ahead_minutes: 31 is more than {WORKSPACE}.cooldown_in_minutes, 30: an alarm would take",
        ),
        (f"{MORNING}.cron", "15 3 * * *", None),
        (f"{MORNING}.cron", "30 2 * * MON-FRI", None),  # the clocks go forward on Sundays
        (f"{MORNING}.cron", "30 2 * * *", f"{MORNING}.cron: 02:30 does not exist on 2026-03-08 in America/New_York"),
        (f"{MORNING}.cron", "5 3 * * *", f"{MORNING}.ahead_minutes: 02:50 does not exist on 2026-03-08 in America/"),
        (
            f"{MORNING}.cron",
            "15 20 1 * *",
            f"{WORKSPACE}.schedules.evening.cron: starts at 20:00 on 2026-01-01, as {MORNING} does",
        ),
    ],
)
def test_one_fault_is_told_with_its_path(tables: dict[str, Any], path: str, value: Any, problem: str | None) -> None:
    tables = spoilt(tables, path, value)
    if problem is None:
        check(tables, environment="prod")
    else:
        told = faults(tables)
        assert any(each.startswith(problem) for each in told), told


def test_all_faults_are_told_at_once(tables: dict[str, Any]) -> None:
    tables = spoilt(tables, f"{WORKSPACE}.floor", 300)
    tables = spoilt(tables, "scaling.control", "coder-prod-prov")
    tables = spoilt(tables, "scaling.time_zone", "America/Gotham")
    tables = spoilt(tables, f"{MORNING}.profile", "lunch")
    tables = spoilt(tables, f"{WORKSPACE}.schedules.evening.cron", "5 0 * * *")
    tables = spoilt(tables, f"{WORKSPACE}.schedules.evening.ahead_minutes", 10)
    assert [each.split(":")[0] for each in faults(tables)] == [
        "scaling.groups.provisioner.node_group",
        f"{WORKSPACE}.floor",
        "scaling.time_zone",
        f"{MORNING}.profile",
        f"{WORKSPACE}.schedules.evening.ahead_minutes",
    ]


def test_a_time_that_is_skipped_elsewhere_is_taken_where_it_is_not(tables: dict[str, Any]) -> None:
    tables = spoilt(tables, f"{MORNING}.cron", "30 2 * * *")
    assert check(spoilt(tables, "scaling.time_zone", "Asia/Kolkata"), environment="prod")
    assert faults(spoilt(tables, "scaling.time_zone", "Europe/Berlin"))[0].startswith(
        f"{MORNING}.cron: 02:30 does not exist on 2026-03-29 in Europe/Berlin"
    )


def test_nothing_is_scaled_where_the_table_is_left_out(tables: dict[str, Any]) -> None:
    assert check(spoilt(tables, "scaling", ...), environment="prod").scaling is None


def beside(folder: Path, tables: dict[str, Any], lines: str) -> Scaling:
    """The settings with a file of these lines, and the day before Christmas, as holidays."""
    (folder / "days.txt").write_text(lines, encoding="utf-8")
    tables = spoilt(spoilt(tables, "scaling.holidays_file", "days.txt"), "scaling.holidays", ["2026-12-24"])
    scaling = check(tables, environment="prod", folder=folder).scaling
    assert scaling is not None
    return scaling


def test_holidays_come_from_the_settings_and_from_a_file_with_comments(tmp_path: Path, tables: dict[str, Any]) -> None:
    scaling = beside(tmp_path, tables, "# ours\n\n2027-01-01 # New Year\n 2020-12-25\t\n2026-12-24")
    assert scaling.all_holidays == (date(2020, 12, 25), date(2026, 12, 24), date(2027, 1, 1))


def test_every_line_of_the_file_that_is_no_date_is_told(tmp_path: Path, tables: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as refused:
        beside(tmp_path, tables, "2026-11-26\nChristmas\n26.12.2026\n2026-13-01 # ?\n")
    (told,) = refused.value.problems
    assert told == (
        "scaling.holidays_file: line 2: 'Christmas' is not a date such as 2026-11-26; "
        "line 3: '26.12.2026' is not a date such as 2026-11-26; line 4: month must be in 1..12"
    )
