"""What an operator or a schedule asks for: typed, and refused with every fault at once.

Nothing is needed: `{}` drills the settings' source from its latest snapshot. `Comment` is ignored, because the
console's start dialog is prefilled with one.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from lambdas import payload, reading
from lambdas.reading import MOST_SHOWN, Fault, kind, moment, shown
from lambdas.recovery.names import is_restorable, is_under_prefix, name_faults
from lambdas.settings import Settings

LATEST_SNAPSHOT: Final = "latest-snapshot"
LATEST_RESTORABLE_TIME: Final = "latest-restorable-time"
SNAPSHOT = "snapshot:"
TIME = "time:"

# A claimed slot silences the schedule of that moment: one that lies ahead would silence a drill not yet due.
SLOT_CLOCK_SKEW = timedelta(minutes=5)

# Automated snapshots begin with `rds:`, those of AWS Backup with `awsbackup:`.
_SNAPSHOT_ID = re.compile(r"(?:(?:rds|awsbackup):)?[A-Za-z](?:-?[A-Za-z0-9])*")
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


def read_request(data: Any, *, settings: Settings, now: datetime) -> Reading:
    """Read any JSON value as a request. Never raises: a fault is part of the reading."""
    read = reading.fields(
        data,
        {
            "recovery_point": lambda value: admitted(parse_selector(reading.text(value), now=now), settings),
            "source": lambda value: _source(reading.text(value), settings),
            "target": lambda value: _target(reading.text(value), settings),
            "slot": lambda value: _slot(reading.text(value), now=now),
            "started_by": reading.text,
            "reason": reading.text,
            "accept_shrunk_tables": _tables,
        },
    )
    return Reading(request=Request(**read.values), faults=read.faults)


def parse_selector(text: str, *, now: datetime) -> Selector:
    """A selector from `latest-snapshot | latest-restorable-time | snapshot:ID | time:RFC3339`, not ahead of `now`."""
    if text == LATEST_SNAPSHOT:
        return Selector(form=LATEST_SNAPSHOT)
    if text == LATEST_RESTORABLE_TIME:
        return Selector(form=LATEST_RESTORABLE_TIME)
    if text.startswith(SNAPSHOT):
        name = text.removeprefix(SNAPSHOT)
        if not _SNAPSHOT_ID.fullmatch(name):
            raise Fault(f"{shown(name)} is no snapshot identifier")
        return Selector(form="snapshot", snapshot=name)
    if text.startswith(TIME):
        asked = moment(text.removeprefix(TIME))
        if asked > now:
            raise Fault(f"{payload.instant(asked)} lies in the future; it is {payload.instant(now)} now")
        return Selector(form="time", time=asked)
    raise Fault(f"{shown(text)} is none of {LATEST_SNAPSHOT}, {LATEST_RESTORABLE_TIME}, {SNAPSHOT}ID, {TIME}RFC3339")


def reread_selector(text: str) -> Selector:
    """The selector of a `Drill.recovery_point`, which was accepted once and is not judged again."""
    if text.startswith(TIME):
        return Selector(form="time", time=payload.parse_instant(text.removeprefix(TIME)))
    if text.startswith(SNAPSHOT):
        return Selector(form="snapshot", snapshot=text.removeprefix(SNAPSHOT))
    if text == LATEST_RESTORABLE_TIME:
        return Selector(form=LATEST_RESTORABLE_TIME)
    return Selector(form=LATEST_SNAPSHOT)


def admitted(selector: Selector, settings: Settings) -> Selector:
    """`selector`, unless it names a snapshot that IAM would refuse. Raises Fault."""
    if selector.snapshot is not None and not is_restorable(selector.snapshot, settings):
        patterns = ", ".join(settings.snapshot_patterns)
        raise Fault(
            f"{shown(selector.snapshot)} is no name that drills may restore ({patterns}); "
            "the settings' source.manual_snapshots admits more"
        )
    return selector


def _source(text: str, settings: Settings) -> str:
    if is_under_prefix(text, settings):
        raise Fault(f"{shown(text)} is a drill's own cluster; drills restore {settings.source}")
    if text != settings.source:
        raise Fault(f"{shown(text)} is not this environment's source, {settings.source}")
    return text


def _target(text: str, settings: Settings) -> str:
    faults = name_faults(text, settings)
    if faults:
        raise Fault(f"{shown(text)} {', '.join(faults)}")
    return text


def _slot(text: str, *, now: datetime) -> datetime:
    asked = moment(text)
    if asked > now + SLOT_CLOCK_SKEW:
        raise Fault(f"{payload.instant(asked)} lies in the future: its own drill would be taken for a duplicate")
    return asked


def _tables(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Fault(f"an array of table names is expected, not {kind(value)}")
    strange = [shown(str(each)) for each in value if not (isinstance(each, str) and _TABLE.fullmatch(each))]
    if strange:
        more = len(strange) - MOST_SHOWN
        raise Fault(f"no table names: {', '.join(strange[:MOST_SHOWN])}{f' and {more} more' if more > 0 else ''}")
    return tuple(dict.fromkeys(value))
