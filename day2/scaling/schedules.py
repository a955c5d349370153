"""The schedules of an environment's settings, as the calendar takes them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from cdk.settings import Scaling
from lambdas.scaling.calendar import Schedule, Timetable, timetable
from lambdas.scaling.crontab import parse


def schedules(scaling: Scaling) -> tuple[Schedule, ...]:
    """Every schedule of every group. The settings have been checked: each profile is known, each crontab one."""
    return tuple(
        Schedule(
            role=role,
            name=name,
            crontab=parse(each.cron),
            profile=each.profile,
            desired=group.profiles[each.profile],
            ahead_minutes=each.ahead_minutes,
            when_blocked=each.when_blocked,
        )
        for role, group in scaling.groups.items()
        for name, each in group.schedules.items()
    )


def planned(scaling: Scaling, *, start: datetime, days: int) -> Timetable:
    """What the clock does on so many days of the settings' zone, from `start` on."""
    return timetable(
        schedules(scaling), zone=ZoneInfo(scaling.time_zone), holidays=scaling.all_holidays, start=start, days=days
    )
