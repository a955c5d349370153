"""A trace: when which workspace was started and stopped, whoever recorded or invented it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

Verb = Literal["start", "stop"]
MINUTE = timedelta(minutes=1)
YEARS = range(1970, 2200)
"""Those of a trace: what lies outside is a mistake, and at the calendar's ends there is no day before or after."""


@dataclass(frozen=True, slots=True)
class Event:
    """A workspace is started or stopped. `at` is aware UTC."""

    at: datetime
    workspace: str
    verb: Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What happens from `begins` on and before `ends`.

    events   in the order in which they happen
    present  workspaces that run when it begins
    origin   where it comes from, in words
    """

    begins: datetime
    ends: datetime
    events: tuple[Event, ...]
    origin: str
    present: tuple[str, ...] = ()

    @property
    def minutes(self) -> int:
        """How long it is."""
        return self.minute(self.ends)

    def minute(self, at: datetime) -> int:
        """The minute of the trace in which a moment lies; the first is 0."""
        return (at - self.begins) // MINUTE

    def moment(self, minute: int) -> datetime:
        """When a minute of the trace begins."""
        return self.begins + minute * MINUTE

    def by_minute(self) -> Iterator[tuple[int, tuple[Event, ...]]]:
        """The minutes in which something happens, with it."""
        for minute, events in groupby(self.events, key=lambda each: self.minute(each.at)):
            yield minute, tuple(events)


def between(events: tuple[Event, ...], *, begins: datetime, ends: datetime, origin: str) -> Trace:
    """The part of what happened that lies in a span; what was started before it and not stopped is there already."""
    running = {each.workspace: None for each in _left_running(events, begins)}
    inside = tuple(each for each in events if begins <= each.at < ends)
    # One that is stopped without having been started ran before the recording did.
    started = set(running)
    for each in inside:
        if each.verb == "stop" and each.workspace not in started:
            running[each.workspace] = None
        started.add(each.workspace)
    return Trace(begins=begins, ends=ends, events=inside, origin=origin, present=tuple(running))


def _left_running(events: tuple[Event, ...], before: datetime) -> list[Event]:
    last = {each.workspace: each for each in events if each.at < before}
    return [each for each in last.values() if each.verb == "start"]
