"""A year of random days: every week has a platform, habits and settings of its own, all such as may be deployed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import POLICY, SETTING, many, office, schedule, trace

from day2.scaling.simulation.comparison import run_guarded
from day2.scaling.simulation.figures import Figures
from day2.scaling.simulation.setting import Setting
from day2.scaling.simulation.world import Fabric

WEEKS = 52
NEW_YEAR = date(2026, 1, 1)
ZONES = tuple(map(ZoneInfo, ("America/New_York", "Europe/Berlin", "Australia/Sydney")))
# Weeks in which alarms had grown the group to the morning's size before the morning came.
GROWN_IN_THE_NIGHT = (90, 102, 121)


def any_setting(random: Random) -> Setting:
    """What the settings' own rules allow: thresholds that do not saw, nothing ordered longer ahead than a cooldown."""
    floor = random.randint(0, 4)
    peak = floor + random.randint(1, 6)
    ahead = random.choice((5, 15, 30))
    policy = replace(
        POLICY,
        floor=floor,
        ceiling=random.randint(peak, 25),
        profiles={"off-peak": floor + random.randint(0, 1), "peak": peak},
        step_out=random.randint(1, 6),
        step_in=1 if floor < 2 else random.randint(1, floor - 1),
        largest_step=random.randint(6, 20),
        cooldown_out_minutes=random.choice((0, 5, 10)),
        cooldown_in_minutes=random.choice([each for each in (5, 15, 30, 60) if each >= ahead]),
        defer_minutes=random.choice((30, 120, 600, 1440)),
    )
    days = random.choice(("MON-FRI", "*"))
    schedules = [
        schedule("morning", f"45 {random.randint(6, 9)} * * {days}", "peak", ahead_minutes=ahead),
        schedule(
            "evening",
            f"{random.randrange(60)} {random.randint(12, 22)} * * *",
            "off-peak",
            when_blocked=random.choice(("defer", "defer", "clamp", "refuse")),
        ),
    ]
    return replace(
        SETTING,
        policy=policy,
        schedules=tuple(replace(each, desired=policy.profiles[each.profile]) for each in schedules),
        fabric=Fabric(node_minutes=random.randint(1, min(ahead, 12)), placement=random.choice(("packed", "spread"))),
    )


def any_habits(random: Random) -> Mapping[str, Any]:
    """Of few and many developers, early and late ones, and such as never stop anything."""
    return {
        "users": random.randint(20, 120),
        "opens": random.choice((0, 5 * 60, 7 * 60)),
        "arrive": random.choice((5 * 60, 7 * 60, 9 * 60)),
        "arrive_spread": random.randint(5, 120),
        "leave": random.randint(14 * 60, 21 * 60),
        "present": random.uniform(0.3, 0.9),
        "idle_minutes": random.choice((0, 60, 300)),
        "overnight": random.choice((0.0, 0.05, 0.3, 0.8)),
        "weekend": random.choice((0.0, 0.25, 0.9)),
    }


def week(number: int, *, days: int = 7) -> Figures:
    """The figures of this one, which no other is like; somewhere in the year, with a holiday or without."""
    random = Random(number)  # noqa: S311  habits, and no secret
    setting, habits = any_setting(random), any_habits(random)
    first = NEW_YEAR + timedelta(days=random.randrange(365))
    holidays = frozenset(first + timedelta(days=random.randrange(14)) for _ in range(2))
    setting = replace(setting, zone=random.choice(ZONES), holidays=holidays)
    trace = office(first=first, seed=number, days=days, zone=setting.zone, holidays=holidays, **habits)
    return run_guarded(trace, setting).figures


def test_a_simulated_year_of_random_days_kills_0_running_workspaces_and_is_late_0_times_where_capacity_exists() -> None:
    year = [week(number) for number in range(WEEKS)]
    assert sum(each.killed for each in year) == 0
    assert sum(each.late_minutes for each in year) == 0
    assert sum(each.starts for each in year) > 8_000
    assert sum(each.changes for each in year) > 1_000


@pytest.mark.parametrize("number", GROWN_IN_THE_NIGHT)
def test_so_is_a_week_in_which_alarms_were_before_the_morning(number: int) -> None:
    found = week(number)
    assert (found.killed, found.late_minutes) == (0, 0)


@settings(max_examples=150, deadline=None)
@given(number=st.integers(WEEKS, 2**32))
def test_so_is_any_other_day(number: int) -> None:
    found = week(number, days=2)
    assert (found.killed, found.late_minutes) == (0, 0)


def test_nodes_that_an_alarm_had_ordered_before_the_morning_are_there_when_it_was_promised() -> None:
    # At 05:50 fifty workspaces start and an alarm grows the group to the morning's 5 nodes; by 06:15 they have stopped.
    early = trace(*many(5 * 60 + 50, "start", range(50)), *many(6 * 60 + 15, "stop", range(50)), hours=12)
    quick = replace(SETTING, policy=replace(POLICY, step_out=3))
    found = run_guarded(early, quick)
    assert [each.after for each in found.changes if each.minute < 6 * 60 + 30] == [5]
    assert [each.ready for each in found.samples if each.minute == 6 * 60 + 45] == [5]
    assert found.figures.late_minutes == 0
