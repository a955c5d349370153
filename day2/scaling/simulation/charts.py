"""The geometry of the simulation's picture: one panel a way, above one another on one axis of time and one of nodes.

Time is drawn in minutes and nodes in tenths within a box that is stretched over the panel; what carries text lies at
percent of the panel, so that it keeps its size on any screen.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from day2.scaling.simulation.comparison import Comparison, Outcome
from day2.scaling.simulation.lines import TENTHS, by_change, by_day, path
from day2.scaling.simulation.summary import ways
from day2.scaling.simulation.trace import MINUTE, Trace

_FINEST = 1_500
"""Steps across the panel, about as many as it has pixels: what is finer is drawn at its most, or its least."""
_HEADROOM = 1.08
_MOST_LINES = 4
_NODE_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)
_EACH_DAY, _EACH_WEEK = 16, 92
_WEEK, _SATURDAY = 7, 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A local day on the axis. `at`, `width` in percent; `off`: a weekend or a holiday.

    label  empty where there is no room for one; `minor`: none on a narrow screen either
    """

    at: float
    width: float
    day: date
    label: str
    minor: bool
    off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line across the panel at so many percent from above, for `nodes` and what usually runs on them."""

    at: float
    nodes: int
    workspaces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Running workspaces that ended with their nodes, at `at` percent."""

    at: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One way. The paths are SVG's; `needed` is closed along the bottom, and may be filled."""

    key: str
    title: str
    desired: str
    ready: str
    needed: str
    running: str
    ended: tuple[Ended, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`width` minutes by `height` tenths of a node.

    grain   minutes that needed and running are drawn in: needed at its most, running at its least
    by_day  too long for that: every line is drawn at the most of each day, and what ended is summed by months
    """

    width: int
    height: int
    grain: int
    by_day: bool
    days: tuple[Day, ...]
    lines: tuple[Line, ...]
    panels: tuple[Panel, ...]


def picture(found: Comparison) -> Picture:
    """All ways on the same axes."""
    minutes = found.trace.minutes
    daily = found.days > _EACH_WEEK
    grain = _DAY // MINUTE if daily else max(1, math.ceil(minutes / _FINEST))
    places = found.setting.fabric.usual_places
    draw = by_day if daily else by_change
    sides = [(each, draw(each.outcome, grain, places)) for each in ways(found)]
    top = max(side.highest for _, side in sides) * _HEADROOM
    return Picture(
        width=minutes,
        height=round(top * TENTHS),
        grain=grain,
        by_day=daily,
        days=_days(found),
        lines=_lines(top, places),
        panels=tuple(
            Panel(
                key=way.key,
                title=way.title,
                desired=path(side.desired, minutes, top),
                ready=path(side.ready, minutes, top),
                needed=f"{path(side.needed, minutes, top)}V{round(top * TENTHS)}H0Z",
                running=path(side.running, minutes, top),
                ended=_ended(way.outcome, found, monthly=daily),
            )
            for way, side in sides
        ),
    )


def _ended(outcome: Outcome, found: Comparison, *, monthly: bool) -> tuple[Ended, ...]:
    def local(minute: int) -> tuple[int, int]:
        moment = found.trace.moment(minute).astimezone(found.setting.zone)
        return moment.year, moment.month

    groups = groupby(sorted(outcome.killed), key=local if monthly else lambda minute: minute)
    each = [list(minutes) for _, minutes in groups]
    return tuple(
        Ended(
            at=_percent(sum(minutes) / len(minutes), found.trace.minutes),
            count=sum(outcome.killed[minute] for minute in minutes),
        )
        for minutes in each
    )


def _lines(top: float, places: float) -> tuple[Line, ...]:
    step = next((each for each in _NODE_STEPS if top / each <= _MOST_LINES), _NODE_STEPS[-1])
    return tuple(
        Line(at=_percent(top - nodes, top), nodes=nodes, workspaces=round(nodes * places))
        for nodes in range(0, int(top) + 1, step)
    )


def _days(found: Comparison) -> tuple[Day, ...]:
    """Each local day, also the two in the year that are not 24 hours long."""
    zone, holidays = found.setting.zone, found.setting.holidays
    first = found.trace.begins.astimezone(zone).date()
    days = [first + number * _DAY for number in range((found.trace.ends.astimezone(zone).date() - first).days)]
    return tuple(
        Day(
            at=_percent(begins, found.trace.minutes),
            width=_percent(ends - begins, found.trace.minutes),
            day=day,
            label=_label(day, among=len(days)),
            minor=_minor(day, among=len(days)),
            off=day.weekday() >= _SATURDAY or day in holidays,
        )
        for day in days
        for begins, ends in [(_midnight(found.trace, day, zone), _midnight(found.trace, day + _DAY, zone))]
    )


def _midnight(trace: Trace, day: date, zone: ZoneInfo) -> int:
    return trace.minute(datetime.combine(day, time.min, tzinfo=zone))


def _label(day: date, *, among: int) -> str:
    """Each day of a fortnight, each Monday of a quarter, each month of what is longer."""
    if among <= _EACH_DAY:
        return f"{day:%a} {day.day}"
    if among <= _EACH_WEEK:
        return f"{day.day} {day:%b}" if day.weekday() == 0 else ""
    return f"{day:%b}" if day.day == 1 else ""


def _minor(day: date, *, among: int) -> bool:
    """On a narrow screen: the Mondays of a fortnight, each second of a quarter's."""
    if among <= _EACH_DAY:
        return among > _WEEK and day.weekday() > 0
    return _EACH_WEEK // 2 < among <= _EACH_WEEK and bool(day.isocalendar().week % 2)


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 3)
