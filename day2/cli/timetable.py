"""The next days by the clock, as one reads them on a terminal and as a script does."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cdk.settings import Scaling
from lambdas import payload
from lambdas.scaling.calendar import Entry, Timetable

Named = Collection[tuple[str, str]]
"""Schedules by role and name."""
MARK = "*"
_TITLES = ("day", "local", "UTC", "group", "profile", "nodes", "ready by")


def widths(scaling: Scaling) -> tuple[int, ...]:
    """How wide each column is; with the longest names that settings take 80 in all."""
    profiles = max((len(each) for group in scaling.groups.values() for each in group.profiles), default=0)
    return 14, 5, 9, max(map(len, scaling.groups)), max(profiles, len("profile")), 5, 8


def lines(
    found: Timetable, widths: tuple[int, ...], *, changed: Named = frozenset(), disabled: Named = frozenset()
) -> Iterator[str]:
    """The days on which something happens or is out of the ordinary, each named once.

    `changed` are schedules that differ from the settings, each marked behind its time; `disabled` those that are off.
    """
    yield f"[dim]{_row(_TITLES, widths)}[/]"
    day, last = found.start.astimezone(found.zone).date(), found.end.astimezone(found.zone).date()
    while day < last:
        name = f"{day:%a %Y-%m-%d}"
        for note in found.notes(day):
            yield f"{name:{widths[0]}}  [yellow]{note}[/]"
            name = ""
        for entry in found.entries:
            if entry.at.astimezone(found.zone).date() == day:
                which = (entry.schedule.role, entry.schedule.name)
                cells = _cells(entry, found.zone, day, off=which in disabled)
                row = _row((name, *cells), widths, mark=which in changed)
                yield f"[dim]{row}[/]" if entry.held or which in disabled else row
                name = ""
        day += timedelta(days=1)
    if not found.entries:
        yield "Nothing is scaled by the clock on these days."


def _cells(entry: Entry, zone: ZoneInfo, day: date, *, off: bool) -> tuple[str, ...]:
    over = (entry.at.date() - day).days
    return (
        f"{entry.at.astimezone(zone):%H:%M}",
        f"{entry.at:%H:%M}{f' {over:+d}d' if over else ''}",
        entry.schedule.role,
        entry.schedule.profile,
        "off" if off else "stays" if entry.held else str(entry.schedule.desired),
        f"{entry.ready_by.astimezone(zone):%H:%M}" if entry.ready_by and not off else "",
    )


def _row(cells: tuple[str, ...], widths: tuple[int, ...], *, mark: bool = False) -> str:
    padded = [f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)]
    padded[_TITLES.index("nodes")] = cells[_TITLES.index("nodes")].rjust(len("nodes"))
    day, local, *others = padded
    return f"{day}  {local}{MARK if mark else ' '} {'  '.join(others)}".rstrip()


def document(
    found: Timetable, environment: str, *, changed: Named = frozenset(), disabled: Named = frozenset()
) -> dict[str, Any]:
    """For machines: moments in UTC and in the zone."""

    def local(at: datetime) -> str:
        return at.astimezone(found.zone).isoformat()

    return {
        "environment": environment,
        "time_zone": found.zone.key,
        "from": payload.instant(found.start),
        "until": payload.instant(found.end),
        "changes": [
            {
                "at": payload.instant(each.at),
                "local": local(each.at),
                "group": each.schedule.role,
                "schedule": each.schedule.name,
                "profile": each.schedule.profile,
                "desired": each.schedule.desired,
                "ready_by": payload.instant(each.ready_by) if each.ready_by else None,
                "held_by_holiday": each.held,
                **({"changed_by_hand": True} if (each.schedule.role, each.schedule.name) in changed else {}),
                **({"disabled": True} if (each.schedule.role, each.schedule.name) in disabled else {}),
                "notes": found.notes(each.at.astimezone(found.zone).date()),
            }
            for each in found.entries
        ],
        "clock_changes": [
            {"at": payload.instant(each.at), "local": local(each.at), "note": each.text} for each in found.clock_changes
        ],
        "holidays": [each.isoformat() for each in found.holidays],
    }
