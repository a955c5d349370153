"""A small platform in virtual time: 60 developers, 2 nodes at night and 5 by day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from day2.scaling.simulation.office import Office, synthetic
from day2.scaling.simulation.setting import Setting
from day2.scaling.simulation.trace import Event, Trace
from lambdas.scaling.calendar import Schedule
from lambdas.scaling.crontab import parse
from lambdas.settings import ScaledGroup

ZONE = ZoneInfo("America/New_York")
MONDAY = date(2026, 10, 26)
POLICY = ScaledGroup(
    node_group="coder-prod-ws", floor=2, ceiling=20, profiles={"off-peak": 2, "peak": 5}, step_out=2, step_in=1
)
MIDNIGHT = datetime(2026, 10, 26, 4, 0, tzinfo=UTC)


def schedule(name: str, cron: str, profile: str, **more: Any) -> Schedule:
    """One of the group's."""
    return replace(
        Schedule(role="workspace", name=name, crontab=parse(cron), profile=profile, desired=POLICY.profiles[profile]),
        **more,
    )


SCHEDULES = (
    schedule("morning", "45 6 * * MON-FRI", "peak", ahead_minutes=15),
    schedule("evening", "0 20 * * MON-FRI", "off-peak"),
)
SETTING = Setting(policy=POLICY, schedules=SCHEDULES, zone=ZONE)
BY_ALARM_ONLY = replace(SETTING, schedules=())


def office(*, days: int = 7, first: date = MONDAY, seed: int = 1, **habits: Any) -> Trace:
    """Working days of 60 developers, unless `habits` says otherwise."""
    return synthetic(replace(Office(zone=ZONE, users=60), **habits), first=first, days=days, seed=seed)


def trace(*events: tuple[int, str, str], hours: int = 24, present: tuple[str, ...] = ()) -> Trace:
    """What happens at which minute after midnight: `(minute, workspace, verb)`."""
    told = tuple(
        Event(MIDNIGHT + timedelta(minutes=minute), workspace, "start" if verb == "start" else "stop")
        for minute, workspace, verb in sorted(events, key=lambda each: each[0])
    )
    return Trace(begins=MIDNIGHT, ends=MIDNIGHT + timedelta(hours=hours), events=told, origin="a test", present=present)


def many(minute: int, verb: str, workspaces: range, *, every: Callable[[int], int] = lambda _: 0) -> list[Any]:
    """Many workspaces at once, or so many minutes after one another."""
    return [(minute + every(each), f"ws-{each}", verb) for each in workspaces]
