"""The calendar of the settings: which days are holidays, and what the clock does to which node group, and when."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lambdas.scaling.clocks import ClockChange, changes
from lambdas.scaling.contracts import Role, WhenBlocked
from lambdas.scaling.crontab import Crontab, earlier, occurrences
from lambdas.settings import Scaling

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One schedule of a role's node group.

    crontab        the times by which its nodes are to be there, where it adds any
    desired        the nodes of its profile
    ahead_minutes  the change is ordered so long before the crontab's times, for nodes to become Ready in
    """

    role: Role
    name: str
    crontab: Crontab
    profile: str
    desired: int
    ahead_minutes: int = 0
    when_blocked: WhenBlocked = "defer"

    @property
    def ordered(self) -> Crontab:
        """When it starts. Raises CrontabRefused where that is no crontab."""
        return earlier(self.crontab, self.ahead_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One start of a schedule.

    at        when the change is ordered, UTC
    ready_by  when nodes that it adds are to be Ready; None where nothing is promised
    adds      it is meant to add nodes, not to take any away
    holiday   it falls on one, on which nodes are not added
    """

    at: datetime
    schedule: Schedule
    ready_by: datetime | None
    adds: bool
    holiday: bool

    @property
    def held(self) -> bool:
        """Nothing comes of it, because it would add nodes on a holiday."""
        return self.adds and self.holiday


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """What happens by the clock from one moment to another, in order, and the days that are out of the ordinary."""

    start: datetime
    end: datetime
    zone: ZoneInfo
    entries: tuple[Entry, ...]
    clock_changes: tuple[ClockChange, ...]
    holidays: tuple[date, ...]

    def notes(self, day: date) -> tuple[str, ...]:
        """What is out of the ordinary on this day of the zone."""
        clocks = tuple(each.text for each in self.clock_changes if each.before.date() == day)
        return (*clocks, "holiday: no scale-up") if day in self.holidays else clocks


def is_holiday(now: datetime, scaling: Scaling) -> bool:
    """Whether this moment falls on a holiday where the settings' clock hangs."""
    return now.astimezone(ZoneInfo(scaling.time_zone)).date().isoformat() in scaling.holidays


def timetable(
    schedules: Sequence[Schedule], *, zone: ZoneInfo, holidays: Collection[date], start: datetime, days: int
) -> Timetable:
    """What the schedules do from `start` to the end of a day, which itself is the first of so many days.

    Raises:
        CrontabRefused: the time at which a schedule orders its change is no crontab.
    """
    last = start.astimezone(zone).date() + days * _DAY
    end = datetime.combine(last, time.min, tzinfo=zone).astimezone(UTC)
    found = [
        _entry(each, at, schedules, zone=zone, holidays=holidays)
        for each in schedules
        for at in occurrences(each.ordered, zone, start=start, end=end)
    ]
    return Timetable(
        start=start,
        end=end,
        zone=zone,
        entries=tuple(sorted(found, key=lambda each: (each.at, each.schedule.role, each.schedule.name))),
        clock_changes=changes(zone, start=start, end=end),
        holidays=tuple(sorted(each for each in set(holidays) if start.astimezone(zone).date() <= each < last)),
    )


def _entry(
    schedule: Schedule, at: datetime, among: Sequence[Schedule], *, zone: ZoneInfo, holidays: Collection[date]
) -> Entry:
    local = at.astimezone(zone)
    entry = Entry(
        at=at, schedule=schedule, ready_by=None, adds=_adds(schedule, among), holiday=local.date() in holidays
    )
    if not entry.adds or entry.holiday or not schedule.ahead_minutes:
        return entry
    wall = local + timedelta(minutes=schedule.ahead_minutes)  # on the clock, as the crontab is
    return Entry(at=at, schedule=schedule, ready_by=wall.astimezone(UTC), adds=True, holiday=False)


def _adds(schedule: Schedule, among: Sequence[Schedule]) -> bool:
    """It orders more than the least that its group's schedules order; a lone level is there to be reached."""
    levels = {each.desired for each in among if each.role == schedule.role}
    return schedule.desired > min(levels) or len(levels) == 1
