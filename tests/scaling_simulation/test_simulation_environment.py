"""A simulation runs by an environment's settings: what changes there changes here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from simulated import MONDAY

from cdk.environments import load
from cdk.settings import GroupAlarms, ScaledGroup, Scaling
from day2.scaling.simulation.alarms import Thresholds
from day2.scaling.simulation.comparison import run_guarded
from day2.scaling.simulation.environment import setting_of
from day2.scaling.simulation.office import Office, synthetic
from day2.scaling.simulation.setting import Setting
from day2.scaling.simulation.world import Fabric
from lambdas.errors import InputRejected

PROD = load("prod").scaling
assert PROD is not None


def of(scaling: Scaling | None, **fabric: Any) -> Setting:
    return setting_of(scaling, environment="prod", fabric=Fabric(**fabric))


def changed(change: Callable[[ScaledGroup], dict[str, Any]]) -> Scaling:
    """Production's settings with a workspace group of other values."""
    assert PROD is not None
    group = PROD.groups["workspace"]
    return PROD.model_copy(update={"groups": {"workspace": group.model_copy(update=change(group))}})


def test_production_is_simulated_as_it_is_deployed() -> None:
    found = of(PROD)
    assert (found.policy.node_group, found.policy.floor, found.policy.ceiling) == ("coder-prod-ws", 10, 200)
    assert (found.lowest, found.highest, found.zone.key) == (10, 50, "America/New_York")
    assert [(each.name, each.desired, each.ahead_minutes) for each in found.schedules] == [
        ("morning", 50, 15),
        ("evening", 10, 0),
    ]
    assert {date(2026, 12, 24), date(2026, 11, 26)} <= found.holidays
    assert found.thresholds == Thresholds(out_above=0.85, out_minutes=2, in_below=0.45, in_minutes=15)


def test_the_provisioners_schedules_are_not_the_workspaces() -> None:
    assert {each.role for each in of(PROD).schedules} == {"workspace"}


def test_thresholds_are_those_of_the_settings() -> None:
    alarms = GroupAlarms(out_above=70.0, out_minutes=3, in_below=20.0, in_minutes=40)
    found = of(changed(lambda _: {"alarms": alarms})).thresholds
    assert found == Thresholds(out_above=0.7, out_minutes=3, in_below=0.2, in_minutes=40)


def test_alarms_that_are_switched_off_scale_nothing() -> None:
    off = of(changed(lambda _: {"alarms": GroupAlarms(enabled=False)}))
    assert off.thresholds is None
    days = synthetic(Office(zone=off.zone), first=MONDAY, days=2, seed=1)
    assert {each.trigger for each in run_guarded(days, off).changes} == {"schedule morning", "schedule evening"}


def test_a_profile_another_holiday_and_another_zone_show_in_what_happens() -> None:
    assert PROD is not None
    group = PROD.groups["workspace"]
    larger = changed(lambda _: {"profiles": {**group.profiles, "peak": 70}})
    larger = larger.model_copy(update={"time_zone": "Europe/Berlin", "holidays": (MONDAY,)})
    setting = of(larger)
    assert setting.highest == 70
    days = synthetic(Office(zone=setting.zone, users=100), first=MONDAY, days=2, seed=1)
    [morning] = [each for each in run_guarded(days, setting).changes if each.trigger == "schedule morning"]
    assert morning.after == 70
    assert morning.minute == (24 + 6) * 60 + 30, "not on Monday, the holiday; on Tuesday by the clock of Berlin"


def test_one_setting_for_all_ways_has_the_fabric_that_was_asked_for() -> None:
    assert of(PROD, placement="packed").fabric == replace(Fabric(), placement="packed")


@pytest.mark.parametrize(
    ("scaling", "missing"),
    [
        (None, "has no table [scaling.groups.workspace], so that there is nothing to simulate"),
        (PROD.model_copy(update={"groups": {}}), "has no table [scaling.groups.workspace], so"),
        (changed(lambda _: {"profiles": {}, "schedules": {}}), "has no table [scaling.groups.workspace.profiles], so"),
    ],
    ids=["no scaling", "no workspaces", "no profile"],
)
def test_what_cannot_be_compared_is_refused_with_the_table_that_is_missing(
    scaling: Scaling | None, missing: str
) -> None:
    with pytest.raises(InputRejected) as refused:
        of(scaling)
    assert refused.value.problems[0].startswith(f"--env prod: config/prod.toml {missing}")
