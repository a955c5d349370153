"""The crontab of five fields, as the platform's tfvars have it: read, followed, and told to EventBridge Scheduler.

crontab(5): minute, hour, day of month, month, day of week (0 and 7 are Sunday); where neither of the two day fields
begins with `*` a day is due when either names it, otherwise when both do. Own code, because a library brings its own
rule for a change of the clocks (cronsim has Debian's, by which a skipped time starts late) and writes no expression
for Scheduler.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from lambdas.scaling.clocks import changes, moment

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ITEM = re.compile(r"(?P<span>\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\w+))?", re.ASCII)


class CrontabRefused(ValueError):
    """What is written cannot be used as a crontab. `faults` has every reason, each in words."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Crontab:
    """Times of day on days. `weekdays` count from Sunday, 0; `either` says that one of the day fields is enough."""

    written: str
    minutes: frozenset[int]
    hours: frozenset[int]
    dates: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    @property
    def times(self) -> tuple[time, ...]:
        """The times of day, in order."""
        return tuple(time(hour, minute) for hour, minute in product(sorted(self.hours), sorted(self.minutes)))

    def falls_on(self, day: date) -> bool:
        """Whether this day is one of its days."""
        dated, weekly = day.day in self.dates, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (dated or weekly if self.either else dated and weekly)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """One of the five: its name, its values, and the names of the values from `low` on."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def values(self, written: str) -> frozenset[int]:
        """The values that are written. Raises CrontabRefused with every fault in them."""
        found: set[int] = set()
        faults: list[str] = []
        for item in written.split(","):
            try:
                found |= set(self._item(item))
            except CrontabRefused as refused:
                faults += refused.faults
        if faults:
            raise CrontabRefused(*faults)
        return frozenset(found)

    def _item(self, item: str) -> range:
        form = _ITEM.fullmatch(item)
        if form is None:
            raise CrontabRefused(f"{self.name}: {item!r} is no value, range or step")
        if form["span"] == "*":
            first, last = self.low, self.high
        else:
            first = self._number(form["first"])
            last = first if form["last"] is None else self._number(form["last"], ends=True)
        if first > last:
            raise CrontabRefused(f"{self.name}: {item!r} runs backwards; write two ranges with a comma between them")
        return range(first, last + 1, self._step(item, form["step"], several=form["span"] == "*" or first < last))

    def _step(self, item: str, written: str | None, *, several: bool) -> int:
        if written is None:
            return 1
        if not several:
            raise CrontabRefused(
                f"{self.name}: {item!r} steps from a single value, which not every cron takes; write a range"
            )
        if not written.isdecimal() or not 1 <= int(written) <= self.high - self.low:
            raise CrontabRefused(f"{self.name}: {item!r} has no step from 1 to {self.high - self.low}")
        return int(written)

    def _number(self, written: str, *, ends: bool = False) -> int:
        if written.upper() in self.names:
            number = self.low + self.names.index(written.upper())
            # The week that SAT-SUN means goes on to the Sunday that is 7.
            return self.high if ends and self.names is _WEEKDAYS and number == self.low else number
        if not written.isdecimal() or not self.low <= int(written) <= self.high:
            named = f", nor one of {self.names[0]} to {self.names[-1]}" if self.names else ""
            raise CrontabRefused(f"{self.name}: {written!r} is not from {self.low} to {self.high}{named}")
        return int(written)


_FIELDS = (
    _Field(name="minute", low=0, high=59),
    _Field(name="hour", low=0, high=23),
    _Field(name="day of month", low=1, high=31),
    _Field(name="month", low=1, high=12, names=_MONTHS),
    _Field(name="day of week", low=0, high=7, names=_WEEKDAYS),
)


def parse(written: str) -> Crontab:
    """The crontab that is written. Raises CrontabRefused with every fault in it."""
    fields = written.split()
    if len(fields) != len(_FIELDS):
        raise CrontabRefused(
            f"{written!r} has {len(fields)} fields and not five (minute, hour, day of month, month, day of week), "
            "such as 45 6 * * MON-FRI"
        )
    values: list[frozenset[int]] = []
    faults: list[str] = []
    for field, text in zip(_FIELDS, fields, strict=True):
        try:
            values.append(field.values(text))
        except CrontabRefused as refused:
            faults += refused.faults
    if faults:
        raise CrontabRefused(*faults)
    minutes, hours, dates, months, weekdays = values
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    if not either and not any(min(dates) <= _LONGEST_MONTHS[month - 1] for month in months):
        raise CrontabRefused(f"day of month: no month of {fields[3]!r} has a day of {fields[2]!r}; it would never come")
    return Crontab(
        written=" ".join(fields),
        minutes=minutes,
        hours=hours,
        dates=dates,
        months=months,
        weekdays=frozenset(each % 7 for each in weekdays),
        either=either,
    )


def expression(crontab: Crontab) -> str:
    """The same times in Scheduler's six fields: `cron(45 6 ? * MON-FRI *)`, at most 256 characters.

    "Schedule types", EventBridge Scheduler user guide: one of the two day fields must be `?`, 1 is Sunday. Names are
    written for days of the week, since numbers mean other days there; steps are written out.

    Raises:
        CrontabRefused: the days are given by both day fields, which one expression cannot say.
    """
    by_date, by_weekday = len(crontab.dates) < 31, len(crontab.weekdays) < 7  # noqa: PLR2004  of a month, of a week
    if by_date and by_weekday:
        rule = "either" if crontab.either else "both"
        raise CrontabRefused(
            f"{crontab.written!r} restricts day of month and day of week: cron starts when {rule} of them fits, and "
            "Scheduler takes only one of the two; write a schedule for each"
        )
    by_weekday = by_weekday and not crontab.either  # the other field names every day already
    by_date = by_date and not crontab.either
    return "cron({} {} {} {} {} *)".format(
        _spans(crontab.minutes, _FIELDS[0]),
        _spans(crontab.hours, _FIELDS[1]),
        "?" if by_weekday else _spans(crontab.dates, _FIELDS[2]) if by_date else "*",
        _spans(crontab.months, _FIELDS[3]),
        _spans(crontab.weekdays, replace(_FIELDS[4], high=6), named=True) if by_weekday else "?",
    )


def _spans(values: frozenset[int], field: _Field, *, named: bool = False) -> str:
    """`*`, or the values with commas, three and more in a row as a range; none goes over the end of its field."""
    if len(values) == field.high - field.low + 1:
        return "*"
    rows: list[list[int]] = []
    for value in sorted(values):
        if rows and rows[-1][-1] == value - 1:
            rows[-1].append(value)
        else:
            rows.append([value])
    told = [[field.names[each - field.low] if named else str(each) for each in row] for row in rows]
    return ",".join(f"{row[0]}-{row[-1]}" if len(row) > 2 else ",".join(row) for row in told)  # noqa: PLR2004  as said


def earlier(crontab: Crontab, minutes: int) -> Crontab:
    """The crontab of the times that lie so many minutes before these on the clock, on the same days.

    Raises:
        CrontabRefused: that would be the day before, or no longer one crontab.
    """
    times = [each.hour * 60 + each.minute - minutes for each in crontab.times]
    if times[0] < 0:
        raise CrontabRefused(f"{minutes} minutes before {crontab.times[0]:%H:%M} is the day before")
    shifted = replace(
        crontab, minutes=frozenset(each % 60 for each in times), hours=frozenset(each // 60 for each in times)
    )
    if len(shifted.times) > len(times):
        raise CrontabRefused(
            f"{minutes} minutes before the times of {crontab.written!r} is no one crontab; write a schedule for each"
        )
    return shifted


def occurrences(crontab: Crontab, zone: ZoneInfo, *, start: datetime, end: datetime) -> Iterator[datetime]:
    """When Scheduler starts it in this zone, in UTC and in order, from `start` on and before `end`."""
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        for at in crontab.times if crontab.falls_on(day) else ():
            found = moment(day, at, zone)
            if found is not None and start <= found < end:
                yield found
        day += timedelta(days=1)


def skipped(crontab: Crontab, zone: ZoneInfo, *, start: datetime, end: datetime) -> datetime | None:
    """The first of its times between two moments that is not, because the clocks go forward over it; in the zone."""
    for change in changes(zone, start=start, end=end):
        day = change.before.date()
        while change.forward and day <= change.after.date():
            for at in crontab.times if crontab.falls_on(day) else ():
                wall = datetime.combine(day, at, tzinfo=zone)
                if change.before <= wall < change.after:  # in one zone it is the walls' times that are compared
                    return wall
            day += timedelta(days=1)
    return None
