"""When something ends, as it is typed: `3h`, `90m`, `2d`, `22:00`, or an RFC 3339 time."""

import re
from datetime import datetime, time, timedelta

from lambdas import payload
from lambdas.errors import InputRejected

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LENGTH = re.compile(r"(?P<figure>\d{1,4})(?P<unit>[mhd])")
_CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d\d)")


def end_of(length: str, until: str, *, now: datetime) -> datetime | None:
    """The moment that `--for` or `--until` names, or None; a time of day is the next one, in the zone of `now`.

    Raises InputRejected for both at once, and for what is neither a length nor a time.
    """
    if length and until:
        raise InputRejected(("--for and --until exclude each other",))
    if length:
        return now + _length(length)
    return _moment(until, now=now) if until else None


def _length(written: str) -> timedelta:
    found = _LENGTH.fullmatch(written.strip())
    if found is None or int(found["figure"]) == 0:
        raise InputRejected((f"--for: {written!r} is no length such as 90m, 3h or 2d",))
    return timedelta(**{_UNITS[found["unit"]]: int(found["figure"])})


def _moment(written: str, *, now: datetime) -> datetime:
    if found := _CLOCK.fullmatch(written.strip()):
        try:
            at = time(int(found["hour"]), int(found["minute"]))
        except ValueError:
            raise InputRejected((f"--until: {written} is no time of day",)) from None
        today = datetime.combine(now.date(), at, tzinfo=now.tzinfo)
        return today if today > now else datetime.combine(now.date() + timedelta(days=1), at, tzinfo=now.tzinfo)
    try:
        return payload.parse_instant(written)
    except ValueError:
        raise InputRejected(
            (f"--until: {written!r} is neither a time of day such as 22:00 nor an RFC 3339 time",)
        ) from None
