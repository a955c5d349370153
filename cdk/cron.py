"""Scheduler's cron expressions in the wall-clock time of a zone: their form, and when they start.

"Schedule types", EventBridge Scheduler user guide: minute, hour, day of month, month, day of week (1 is Sunday), year.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import product
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
# Long enough for each date to fall on most weekdays; fixed, so that the same settings get the same answer every day.
_FIRST, _END = date(2026, 1, 1), date(2031, 1, 1)
_DAYS = tuple(_FIRST + n * _DAY for n in range((_END - _FIRST).days))
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SATURDAY = 7


def _form(value: str, *words: str) -> re.Pattern[str]:
    """A field of a cron expression: `*`, or values, ranges and steps with commas between them, or one of the words."""
    item = rf"(?:\*|{value}(?:-{value})?)(?:/[1-9]\d*)?"
    return re.compile("|".join((rf"{item}(?:,{item})*", *words)))


_DATE = r"(?:0?[1-9]|[12]\d|3[01])"
# A time of day that is none has a fault of its own.
_FORMS = (
    _form(r"\d{1,2}"),
    _form(r"\d{1,2}"),
    _form(_DATE, r"\?", "L", r"L-\d{1,2}", "LW", f"{_DATE}W"),
    _form(rf"(?:0?[1-9]|1[0-2]|{'|'.join(_MONTHS)})"),
    _form(rf"(?:[1-7]|{'|'.join(_WEEKDAYS)})", r"\?", "L", r"[1-7]L", r"[1-7]#[1-5]"),
    _form(r"(?:19|2[01])\d\d"),
)


def fields(cron: str) -> list[str]:
    """The six fields of `cron(...)`."""
    return cron.removeprefix("cron(").removesuffix(")").split()


def strange(cron: str) -> list[str]:
    """The fields that are not of their form."""
    return [text for text, form in zip(fields(cron), _FORMS, strict=True) if not form.fullmatch(text)]


def is_daily(cron: str) -> bool:
    _minute, _hour, day, month, weekday, year = fields(cron)
    return {day, weekday} == {"*", "?"} and (month, year) == ("*", "*")


@cache
def skipped(zone: ZoneInfo, at: time, day_of_month: str) -> date | None:
    """The first day of the next years on which this wall-clock time is skipped, or None."""
    for day in _DAYS:
        local = datetime.combine(day, at, tzinfo=zone)
        exists = local.astimezone(UTC).astimezone(zone).time() == at
        if not exists and (not day_of_month.isdigit() or int(day_of_month) == day.day):
            return day
    return None


@cache
def starts(cron: str, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Every start of the next years, in UTC, of an expression whose fields are of their form."""
    minute, hour, day_of_month, month, weekday, year = fields(cron)
    minutes, hours = sorted(_values(minute, 0, 59)), sorted(_values(hour, 0, 23))
    months, years = _values(month, 1, 12, names=_MONTHS), _values(year, 1970, 2199)
    days = [each for each in _DAYS if each.month in months and each.year in years]
    if day_of_month != "?":
        days = [each for each in days if _on_date(each, day_of_month)]
    if weekday != "?":
        days = [each for each in days if _on_weekday(each, weekday)]
    times = [time(*each) for each in product(hours, minutes)]
    return tuple(datetime.combine(*each, tzinfo=zone).astimezone(UTC) for each in product(days, times))


def _values(field: str, low: int, high: int, *, names: tuple[str, ...] = ()) -> set[int]:
    """What a field of values, ranges and steps names; a range such as FRI-MON goes on at the beginning."""
    values: set[int] = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        first, _, last = ("*", "", "") if span == "*" else span.partition("-")
        begin = low if first == "*" else _number(first, names)
        end = _number(last, names) if last else high if first == "*" or step else begin
        width = high - low + 1
        values |= {low + (begin - low + n) % width for n in range(0, (end - begin) % width + 1, int(step or 1))}
    return values


def _number(text: str, names: tuple[str, ...]) -> int:
    return names.index(text) + 1 if text in names else int(text)


def _on_date(day: date, field: str) -> bool:
    """Whether this day is one of the day of month."""
    last = monthrange(day.year, day.month)[1]
    if field.endswith("W"):
        near = last if field == "LW" else int(field.removesuffix("W"))
        return near <= last and day == _workday(day.replace(day=near), last)
    if field.startswith("L"):
        return day.day == last - int(field.removeprefix("L").removeprefix("-") or 0)
    return day.day in _values(field, 1, 31)


def _on_weekday(day: date, field: str) -> bool:
    """Whether this day is one of the day of week."""
    number = day.isoweekday() % 7 + 1
    if "#" in field:
        return field == f"{number}#{(day.day - 1) // 7 + 1}"
    if field == "L":
        return number == _SATURDAY
    if field.endswith("L"):
        return field == f"{number}L" and day.day > monthrange(day.year, day.month)[1] - 7
    return number in _values(field, 1, 7, names=_WEEKDAYS)


def _workday(day: date, last: int) -> date:
    """The working day nearest to this one in its month, which has `last` days."""
    match day.isoweekday():
        case 6:
            return day - _DAY if day.day > 1 else day + 2 * _DAY
        case 7:
            return day + _DAY if day.day < last else day - 2 * _DAY
        case _:
            return day
