"""A time zone's clock on the wall: which of its times there are, and when it is put forward or back.

What a schedule makes of it is Scheduler's rule ("Daylight savings time on EventBridge Scheduler", user guide, and the
AWS knowledge centre on adjusting to it): a time that is skipped does not start, one that is repeated starts once.
That this once is the first of the two is our reading of "runs only once and doesn't repeat its invocation".
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """The clocks are put to another time; also where a zone gives up its daylight saving, or begins it.

    at             the first moment of the new time, UTC
    before, after  what the wall would have shown then and what it shows, both in the zone: 02:00 and 03:00
    """

    at: datetime
    before: datetime
    after: datetime

    @property
    def forward(self) -> bool:
        return self.after > self.before  # in one zone it is the walls' times that are compared

    @property
    def text(self) -> str:
        """`clocks go forward from 02:00 to 03:00`."""
        return f"clocks go {'forward' if self.forward else 'back'} from {self.before:%H:%M} to {self.after:%H:%M}"


def moment(day: date, at: time, zone: ZoneInfo) -> datetime | None:
    """When this is on the wall, in UTC: the first of two where the time is repeated, None where it is skipped."""
    wall = datetime.combine(day, at, tzinfo=zone)
    found = wall.astimezone(UTC)
    return found if found.astimezone(zone) == wall else None


def changes(zone: ZoneInfo, *, start: datetime, end: datetime) -> tuple[ClockChange, ...]:
    """Every change of the clocks between two moments, the second of which is left out."""
    found = []
    first = start.astimezone(UTC).replace(second=0, microsecond=0)
    while first < end:
        last = min(first + _DAY, end)
        if _offset(first, zone) != _offset(last, zone):
            found.append(_change(first, zone))
        first = last
    return tuple(each for each in found if each.at < end)


def _change(first: datetime, zone: ZoneInfo) -> ClockChange:
    """The change within the day that begins with this moment. Zones change at whole minutes since 1972."""
    old = _offset(first, zone)
    minutes = bisect_left(range(24 * 60), 1, key=lambda each: int(_offset(first + each * _MINUTE, zone) != old))
    at = first + minutes * _MINUTE
    return ClockChange(at=at, before=(at - _MINUTE).astimezone(zone) + _MINUTE, after=at.astimezone(zone))


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
