"""Clock, alarms and guard together, in virtual time."""

from dataclasses import replace
from itertools import pairwise

import pytest
from simulated import BY_ALARM_ONLY, MONDAY, POLICY, SCHEDULES, SETTING, ZONE, many, office, trace

from day2.scaling.simulation.comparison import compare, run_fixed, run_guarded
from day2.scaling.simulation.world import Fabric
from lambdas.scaling.crontab import parse


def test_todays_schedules_do_end_running_workspaces_and_are_late() -> None:
    found = run_fixed(office(), SETTING).figures
    assert found.killed > 10
    assert found.late_minutes == 5 * SETTING.fabric.node_minutes


def test_without_the_second_look_a_workspace_that_starts_meanwhile_would_end() -> None:
    # In the minute in which the evening's nodes are chosen, workspaces start that have room on these alone.
    day = trace(*many(8 * 60, "start", range(40)), *many(20 * 60 + 1, "start", range(100, 120)))
    evening = replace(SETTING, fabric=Fabric(placement="packed"))
    careful, careless = (run_guarded(day, replace(evening, look_again=each)).figures for each in (True, False))
    assert careful.killed == 0
    assert careful.spared > 0
    assert careless.killed > 0


def test_where_the_region_has_too_few_nodes_the_morning_is_late_until_the_evening_takes_it_back() -> None:
    day = office(days=1)
    short = replace(SETTING, fabric=Fabric(available=3))
    assert run_guarded(day, short).figures.late_minutes == (20 * 60) - (6 * 60 + 45)
    assert run_guarded(day, SETTING).figures.late_minutes == 0


def test_nodes_that_take_longer_than_was_planned_are_late_by_what_is_over() -> None:
    slow = replace(SETTING, fabric=Fabric(node_minutes=22))
    assert run_guarded(office(days=1), slow).figures.late_minutes == 22 - 15


def test_a_flapping_alarm_changes_the_group_once_per_cooldown() -> None:
    # 25 of 28 places: at every other minute above the threshold of scaling out, and never below that of scaling in.
    flapping = [(minute, "ws-24", "start" if minute % 2 else "stop") for minute in range(1, 600)]
    found = run_guarded(trace(*many(0, "start", range(24)), *flapping, hours=10), BY_ALARM_ONLY)
    assert [(each.before, each.after) for each in found.changes] == [(2, 4)]


def test_a_burst_that_comes_and_goes_is_answered_at_the_pace_of_the_cooldowns() -> None:
    bursts = [
        event
        for start in range(0, 20 * 60, 120)
        for event in (*many(start, "start", range(60)), *many(start + 20, "stop", range(60)))
    ]
    found = run_guarded(trace(*bursts), BY_ALARM_ONLY)
    grown = [each.minute for each in found.changes if each.after > each.before]
    shrunk = [each.minute for each in found.changes if each.after < each.before]
    assert min(later - earlier for earlier, later in pairwise(grown)) >= POLICY.cooldown_out_minutes
    assert min(later - earlier for earlier, later in pairwise(shrunk)) >= POLICY.cooldown_in_minutes
    assert found.figures.killed == 0


def test_a_deferred_shrink_and_an_alarm_do_not_saw() -> None:
    noon = replace(SCHEDULES[1], crontab=parse("0 12 * * MON-FRI"))
    setting = replace(SETTING, schedules=(SCHEDULES[0], noon), fabric=Fabric(placement="packed"))
    busy = trace(*many(8 * 60, "start", range(54)), hours=20)
    found = run_guarded(busy, setting)
    after = [each for each in found.changes if 12 * 60 <= each.minute <= 14 * 60]
    assert len(after) <= 2 * (120 // POLICY.cooldown_in_minutes)
    assert found.figures.killed == 0


def test_what_waits_comes_first_onto_the_nodes_that_an_alarm_ordered() -> None:
    found = run_guarded(trace(*many(60, "start", range(40)), hours=3), BY_ALARM_ONLY).figures
    assert found.waited == 40 - 26
    assert found.longest_wait_minutes <= 1 + SETTING.fabric.node_minutes
    assert found.waiting_minutes <= 14 * 5


def test_a_deferred_scaling_takes_what_empties_and_gives_up_at_its_deadline() -> None:
    day = trace(
        *many(8 * 60, "start", range(70)),
        *many(12 * 60, "stop", range(56)),
        # The last ones leave an hour apart: those after 22:00 are not waited for.
        *[((19 + each) * 60 + 30, f"ws-{56 + each}", "stop") for each in range(5)],
        hours=26,
    )
    packed = replace(SETTING, fabric=Fabric(placement="packed"))
    found = run_guarded(day, replace(packed, policy=replace(POLICY, step_in=0)))
    evening = [each for each in found.changes if each.trigger == "schedule evening"]
    assert evening
    assert all(20 * 60 <= each.minute <= 22 * 60 + 1 for each in evening)


def test_on_a_holiday_no_schedule_adds_and_nothing_is_promised() -> None:
    day = office(days=1, holidays=frozenset({MONDAY}))
    found = run_guarded(day, replace(SETTING, holidays=frozenset({MONDAY})))
    assert not [each for each in found.changes if each.trigger == "schedule morning"]
    assert found.figures.late_minutes == 0


def test_the_day_on_which_the_clocks_go_back_has_its_mornings_on_the_wall() -> None:
    found = run_guarded(office(days=14), SETTING)
    mornings = [each.minute for each in found.changes if each.trigger == "schedule morning"]
    week = 7 * 24 * 60
    assert mornings[0] == 6 * 60 + 30
    assert mornings[5] == mornings[0] + week + 60


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_figures(seed: int) -> None:
    one, other = (compare(office(seed=seed, days=3), SETTING) for _ in range(2))
    assert one.guarded == other.guarded
    assert one.fixed == other.fixed
    assert one.always_peak == other.always_peak


def test_another_seed_gives_other_figures() -> None:
    assert office(seed=1).events != office(seed=2).events


def test_node_hours_of_the_peak_are_its_nodes_at_all_hours() -> None:
    found = compare(office(days=2), SETTING)
    assert found.always_peak.figures.node_hours == 2 * 24 * 5
    assert found.guarded.figures.node_hours < found.always_peak.figures.node_hours
    assert found.always_peak.figures.changes == 0


def test_a_workspace_that_ran_before_the_trace_is_there_when_it_begins() -> None:
    found = run_guarded(trace((30, "ws-0", "stop"), hours=1, present=("ws-0",)), BY_ALARM_ONLY)
    assert [each.running for each in found.samples if each.minute in (0, 30)] == [1, 0]
    assert found.figures.starts == 0


def test_the_platform_of_1000_users_runs_about_600_workspaces_at_its_peak() -> None:
    found = compare(office(days=2, users=1_000), replace(SETTING, policy=replace(POLICY, ceiling=200)))
    highest = max(each.running + each.waiting for each in found.guarded.samples)
    assert 550 < highest < 720
    assert ZONE.key == "America/New_York"
