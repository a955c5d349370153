"""A recorded trace from a file: CSV with a header, or JSON lines, each of `time`, `workspace` and `start` or `stop`.

time,workspace,event
2026-10-26T08:55:00-04:00,ws-17,start

{"time": "2026-10-26T08:55:00-04:00", "workspace": "ws-17", "event": "start"}
"""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from day2.scaling.simulation.trace import YEARS, Event, Trace, Verb, between
from lambdas import payload
from lambdas.errors import InputRejected

_FIELDS = ("time", "workspace", "event")
_LONGEST_DAYS = 366


def read(path: Path, *, zone: ZoneInfo, first: date | None = None, days: int | None = None) -> Trace:
    """The trace of a file, from midnight of its first day in `zone`, or of `first`; whole, or so many days.

    Raises:
        InputRejected: it cannot be read, is empty there, or has faults; each of them with its line's number.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "is not UTF-8"
        raise InputRejected([f"--trace {path}: {reason}"], resource=str(path)) from fault
    faults: list[str] = []
    events = _events(text, faults)
    if not faults and not events:
        faults = ["has no event"]
    if faults:
        raise InputRejected([f"--trace {path}: {each}" for each in faults], resource=str(path))
    begins, ends = _span(events, zone, first, days)
    trace = between(tuple(events), begins=begins, ends=ends, origin=path.name)
    if not trace.events:
        raise InputRejected(
            [f"--trace {path}: has no event from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}"], resource=str(path)
        )
    return trace


def _span(events: list[Event], zone: ZoneInfo, first: date | None, days: int | None) -> tuple[datetime, datetime]:
    begins = first or events[0].at.astimezone(zone).date()
    whole = (events[-1].at.astimezone(zone).date() - begins).days + 1
    ends = begins + timedelta(days=days or max(1, min(whole, _LONGEST_DAYS)))
    return _midnight(begins, zone), _midnight(ends, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _events(text: str, faults: list[str]) -> list[Event]:
    """What the lines tell, in the order of their times; every fault is added to `faults`."""
    rows = _json_rows(text, faults) if text.lstrip().startswith("{") else _csv_rows(text, faults)
    found = []
    for line, row in rows:
        event = _event(row, line, faults)
        if event is not None:
            found.append((event, line))
    found.sort(key=lambda each: each[0].at)
    _contradictions(found, faults)
    return [event for event, _ in found]


def _json_rows(text: str, faults: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, written in enumerate(text.splitlines(), start=1):
        if not written.strip():
            continue
        try:
            row = json.loads(written)
        except ValueError as fault:
            faults.append(f"line {line}: is no JSON ({fault})")
            continue
        if isinstance(row, dict):
            yield line, row
        else:
            faults.append(f"line {line}: is no JSON object")


def _csv_rows(text: str, faults: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(text.splitlines())
    try:
        missing = [name for name in _FIELDS if name not in (reader.fieldnames or ())]
        if missing:
            faults.append(f"line 1: the header has no {', no '.join(missing)}; it names time, workspace and event")
            return
        for row in reader:
            yield reader.line_num, row
    except csv.Error as fault:
        faults.append(f"line {reader.line_num}: is no CSV ({fault})")


def _event(row: Mapping[str, Any], line: int, faults: list[str]) -> Event | None:
    known = len(faults)
    workspace, verb = (row.get(name) or "" for name in _FIELDS[1:])
    if not isinstance(workspace, str) or not workspace.strip():
        faults.append(f"line {line}: workspace: is missing")
    if verb not in ("start", "stop"):
        faults.append(f"line {line}: event: {verb!r} is neither start nor stop")
    try:
        at = payload.parse_instant(str(row.get("time") or ""))
    except ValueError as fault:
        faults.append(f"line {line}: time: {fault}")
        return None
    if at.year not in YEARS:
        faults.append(f"line {line}: time: is not from {YEARS[0]} to {YEARS[-1]}")
    kept: Verb = "start" if verb == "start" else "stop"
    return Event(at, workspace.strip(), kept) if len(faults) == known else None


def _contradictions(found: list[tuple[Event, int]], faults: list[str]) -> None:
    """Twice the same of one workspace: a line between them is lost, so that nothing is known of what it did."""
    last: dict[str, tuple[Verb, int]] = {}
    words = {"start": "started", "stop": "stopped"}
    for event, line in found:
        verb, before = last.get(event.workspace, ("", 0))
        if verb == event.verb:
            faults.append(f"line {line}: {event.workspace} is {words[verb]} again, as on line {before}")
        last[event.workspace] = (event.verb, line)
