"""An invented trace: developers of one time zone on their working days, the same for the same seed.

Coder's validated architectures count 600 running workspaces for 1,000 users; the shares below come to that. They are
assumptions, and a recorded trace is better than they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from day2.scaling.simulation.trace import MINUTE, Event, Trace, between

_DAY_MINUTES = 24 * 60
_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Habits. Times are minutes after midnight on the wall, shares from 0 to 1.

    opens              nobody starts before; with autostart many start at a full or half hour
    arrive, leave      the middle of the coming and of the going, each with its spread
    present            who works on a working day, and on a day off
    lunch              who stops for an hour at noon
    by_hand            who stops when leaving; the others are stopped by autostop, `idle_minutes` later
    overnight          who lets it run until the next evening, and of these for the weekend
    """

    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()
    users: int = 1_000
    opens: int = 7 * 60
    arrive: int = 9 * 60 + 5
    arrive_spread: int = 50
    leave: int = 17 * 60 + 15
    leave_spread: int = 75
    present: float = 0.66
    present_off: float = 0.03
    autostart: float = 0.3
    lunch: float = 0.12
    by_hand: float = 0.25
    idle_minutes: int = 60
    overnight: float = 0.05
    weekend: float = 0.25


def synthetic(office: Office, *, first: date, days: int, seed: int) -> Trace:
    """So many days from midnight of `first`; the days before it bring what runs over its first night."""
    random = Random(seed)  # noqa: S311  an invention, and no secret
    earlier = first - timedelta(days=3)
    events = [
        event
        for number in range(office.users)
        for event in _life(f"ws-{number:05}", _Diary(office, random), earlier, days + 3)
    ]
    begins, ends = (_instant(first + timedelta(days=each), 0, office.zone) for each in (0, days))
    origin = f"synthetic, {office.users} users, seed {seed}"
    return between(tuple(sorted(events, key=_order)), begins=begins, ends=ends, origin=origin)


@dataclass(frozen=True, slots=True)
class _Diary:
    """One developer's days, drawn as they are asked for."""

    office: Office
    random: Random

    def sessions(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """When the workspace runs on this day, from and until, in order; the end may be days later."""
        office, chance = self.office, self.random.random
        off = day.weekday() >= _SATURDAY or day in office.holidays
        if chance() >= (office.present_off if off else office.present):
            return
        begin = self._begin()
        left = max(begin + 60, round(self.random.gauss(office.leave, office.leave_spread)))
        if chance() < office.lunch and begin < 11 * 60 and left > 15 * 60:
            noon = round(self.random.gauss(12 * 60 + 10, 20))
            yield _instant(day, begin, office.zone), _instant(day, noon, office.zone)
            begin = noon + round(45 + 30 * chance())
        yield _instant(day, begin, office.zone), _instant(day, self._end(left), office.zone)

    def _begin(self) -> int:
        office = self.office
        begin = max(office.opens, round(self.random.gauss(office.arrive, office.arrive_spread)))
        # Autostart has it run before its developer comes: at the last half hour.
        return max(office.opens, begin // 30 * 30) if self.random.random() < office.autostart else begin

    def _end(self, left: int) -> int:
        office, chance = self.office, self.random.random
        if chance() < office.overnight:
            nights = 3 if chance() < office.weekend else 1
            return left + nights * _DAY_MINUTES
        return left if chance() < office.by_hand else left + office.idle_minutes


def _life(workspace: str, diary: _Diary, first: date, days: int) -> Iterator[Event]:
    """The starts and stops of one workspace: sessions that touch are one."""
    begun = until = None
    for day in range(days):
        for start, stop in diary.sessions(first + timedelta(days=day)):
            if until is not None and start <= until:
                until = max(until, stop)
                continue
            if begun is not None and until is not None:
                yield from (Event(begun, workspace, "start"), Event(until, workspace, "stop"))
            begun, until = start, stop
    if begun is not None and until is not None:
        yield from (Event(begun, workspace, "start"), Event(until, workspace, "stop"))


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A minute of the day on the wall, in UTC; one that daylight saving skips is an hour later."""
    return (datetime.combine(day, time.min, tzinfo=zone) + minute * MINUTE).astimezone(UTC)


def _order(event: Event) -> tuple[datetime, str, str]:
    return event.at, event.workspace, event.verb
