"""What an operator or a schedule asks for: typed, and refused with every fault at once.

Nothing is needed: `{}` drills the settings' source from its latest snapshot. `Comment` is ignored, because the
console's start dialog is prefilled with one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from lambdas import payload
from lambdas.recovery.names import is_restorable, is_under_prefix, name_faults
from lambdas.settings import Settings

LATEST_SNAPSHOT: Final = "latest-snapshot"
LATEST_RESTORABLE_TIME: Final = "latest-restorable-time"
SNAPSHOT = "snapshot:"
TIME = "time:"

# A claimed slot silences the schedule of that moment: one that lies ahead would silence a drill not yet due.
SLOT_CLOCK_SKEW = timedelta(minutes=5)

_LONGEST_TEXT = 500
# The refusal is the execution's cause, of which Step Functions keeps 32 KiB.
_MOST_SHOWN = 20
# Automated snapshots begin with `rds:`, those of AWS Backup with `awsbackup:`.
_SNAPSHOT_ID = re.compile(r"(?:(?:rds|awsbackup):)?[A-Za-z](?:-?[A-Za-z0-9])*")
_PLAIN = re.compile(r"[A-Za-z_]\w{0,60}", re.ASCII)
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")

Form = Literal["latest-snapshot", "latest-restorable-time", "snapshot", "time"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which recovery point is asked for; `snapshot` and `time` belong to the form of their name."""

    form: Form
    snapshot: str | None = None
    time: datetime | None = None

    def __str__(self) -> str:
        """As it is written in a request."""
        if self.form == "snapshot":
            return f"{SNAPSHOT}{self.snapshot}"
        if self.form == "time" and self.time is not None:
            return f"{TIME}{payload.instant(self.time)}"
        return self.form


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A drill's request. None and empty stand for what was not told."""

    recovery_point: Selector = Selector(form=LATEST_SNAPSHOT)
    source: str | None = None
    target: str | None = None
    slot: datetime | None = None
    started_by: str | None = None
    reason: str = ""
    accept_shrunk_tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A request as far as it could be read, and every fault in it, each with its field's path.

    A field with a fault has its default in `request`, so that what does not depend on it can still be judged.
    """

    request: Request
    faults: tuple[str, ...] = ()


class _Fault(Exception):
    """One field's value is not what it must be; the text goes behind the field's path."""


def read_request(data: Any, *, settings: Settings, now: datetime) -> Reading:
    """Read any JSON value as a request. Never raises: a fault is part of the reading."""
    if not isinstance(data, Mapping):
        return Reading(request=Request(), faults=(f"request: an object is expected, not {_kind(data)}",))
    readers: dict[str, Callable[[Any], Any]] = {
        "recovery_point": lambda value: _recovery_point(_text(value), settings, now=now),
        "source": lambda value: _source(_text(value), settings),
        "target": lambda value: _target(_text(value), settings),
        "slot": lambda value: _slot(_text(value), now=now),
        "started_by": _text,
        "reason": _text,
        "accept_shrunk_tables": _tables,
    }
    values: dict[str, Any] = {}
    faults: list[str] = []
    unknown: list[str] = []
    for name, value in data.items():
        if name == "Comment":
            continue
        if name not in readers:
            path = name if _PLAIN.fullmatch(str(name)) else _shown(str(name))
            unknown.append(f"request.{path}: unknown field; a request has {', '.join(readers)}")
            continue
        try:
            values[name] = readers[name](value)
        except _Fault as fault:
            faults.append(f"request.{name}: {fault}")
    more = len(unknown) - _MOST_SHOWN
    faults += unknown[:_MOST_SHOWN] + ([f"request: {more} more unknown fields"] if more > 0 else [])
    return Reading(request=Request(**values), faults=tuple(faults))


def parse_selector(text: str, *, now: datetime) -> Selector:
    """A selector from `latest-snapshot | latest-restorable-time | snapshot:ID | time:RFC3339`, not ahead of `now`."""
    if text == LATEST_SNAPSHOT:
        return Selector(form=LATEST_SNAPSHOT)
    if text == LATEST_RESTORABLE_TIME:
        return Selector(form=LATEST_RESTORABLE_TIME)
    if text.startswith(SNAPSHOT):
        name = text.removeprefix(SNAPSHOT)
        if not _SNAPSHOT_ID.fullmatch(name):
            raise _Fault(f"{_shown(name)} is no snapshot identifier")
        return Selector(form="snapshot", snapshot=name)
    if text.startswith(TIME):
        moment = _moment(text.removeprefix(TIME))
        if moment > now:
            raise _Fault(f"{payload.instant(moment)} lies in the future; it is {payload.instant(now)} now")
        return Selector(form="time", time=moment)
    raise _Fault(f"{_shown(text)} is none of {LATEST_SNAPSHOT}, {LATEST_RESTORABLE_TIME}, {SNAPSHOT}ID, {TIME}RFC3339")


def reread_selector(text: str) -> Selector:
    """The selector of a `Drill.recovery_point`, which was accepted once and is not judged again."""
    if text.startswith(TIME):
        return Selector(form="time", time=payload.parse_instant(text.removeprefix(TIME)))
    if text.startswith(SNAPSHOT):
        return Selector(form="snapshot", snapshot=text.removeprefix(SNAPSHOT))
    if text == LATEST_RESTORABLE_TIME:
        return Selector(form=LATEST_RESTORABLE_TIME)
    return Selector(form=LATEST_SNAPSHOT)


def _recovery_point(text: str, settings: Settings, *, now: datetime) -> Selector:
    selector = parse_selector(text, now=now)
    if selector.snapshot is not None and not is_restorable(selector.snapshot, settings):
        admitted = ", ".join(settings.snapshot_patterns)
        raise _Fault(
            f"{_shown(selector.snapshot)} is no name that drills may restore ({admitted}); "
            "the settings' source.manual_snapshots admits more"
        )
    return selector


def _source(text: str, settings: Settings) -> str:
    if is_under_prefix(text, settings):
        raise _Fault(f"{_shown(text)} is a drill's own cluster; drills restore {settings.source}")
    if text != settings.source:
        raise _Fault(f"{_shown(text)} is not this environment's source, {settings.source}")
    return text


def _target(text: str, settings: Settings) -> str:
    faults = name_faults(text, settings)
    if faults:
        raise _Fault(f"{_shown(text)} {', '.join(faults)}")
    return text


def _slot(text: str, *, now: datetime) -> datetime:
    moment = _moment(text)
    if moment > now + SLOT_CLOCK_SKEW:
        raise _Fault(f"{payload.instant(moment)} lies in the future: its own drill would be taken for a duplicate")
    return moment


def _moment(text: str) -> datetime:
    try:
        return payload.parse_instant(text)
    except (ValueError, OverflowError):
        raise _Fault(
            f"{_shown(text)} is no RFC 3339 time with its offset from UTC, such as 2026-11-23T02:00:00Z"
        ) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Fault(f"a string is expected, not {_kind(value)}")
    if len(value) > _LONGEST_TEXT:
        raise _Fault(f"{len(value)} characters; at most {_LONGEST_TEXT} are taken")
    if not value.strip() or not value.isprintable():
        raise _Fault("a printable text on one line is expected, or leave the field out")
    return value


def _tables(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _Fault(f"an array of table names is expected, not {_kind(value)}")
    strange = [_shown(str(each)) for each in value if not (isinstance(each, str) and _TABLE.fullmatch(each))]
    if strange:
        more = len(strange) - _MOST_SHOWN
        raise _Fault(f"no table names: {', '.join(strange[:_MOST_SHOWN])}{f' and {more} more' if more > 0 else ''}")
    return tuple(dict.fromkeys(value))


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _shown(text: str) -> str:
    """What the operator wrote, quoted, and cut where it would fill the page."""
    longest = 80
    return repr(text if len(text) <= longest else f"{text[:longest]}...")
