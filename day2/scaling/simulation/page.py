"""The simulation as one HTML page that needs nothing beside itself: the picture, and every figure that it shows."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import lambdas.evidence
from day2.scaling.simulation.charts import Picture, picture
from day2.scaling.simulation.comparison import Comparison, Outcome
from day2.scaling.simulation.figures import Sample
from day2.scaling.simulation.lines import needed
from day2.scaling.simulation.summary import Way, compared, rows, ways
from lambdas.words import number, plural

_TEMPLATES = (Path(__file__).with_name("templates"), Path(lambdas.evidence.__file__).with_name("templates"))
_MOST_CHANGES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """One way on one day: the fewest and the most nodes that were Ready, and what ended."""

    fewest: int
    most: int
    ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """A day of the table: the most workspaces that ran or waited, the nodes for them, and each way."""

    day: str
    workspaces: int
    needed: int
    ways: tuple[Summed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A change of our way, in local time."""

    at: str
    before: int
    after: int
    trigger: str
    reason: str


def render(found: Comparison, *, environment: str, usd_per_node_hour: float) -> str:
    """The page."""
    drawn = picture(found)
    return (
        _pages()
        .get_template("simulation.html.j2")
        .render(
            environment=environment,
            found=found,
            ways=ways(found),
            picture=drawn,
            rows=rows(found, usd_per_node_hour=usd_per_node_hour),
            days=_days(found, drawn),
            changes=_changes(found),
            changes_in_all=len(found.guarded.changes),
            usd_per_node_hour=usd_per_node_hour,
            headline=_headline(found),
            describe=lambda way: _described(way, found),
        )
    )


def _headline(found: Comparison) -> Mapping[str, str]:
    """What the page begins with: of ours whether it kept its word, beside the others."""
    ours, fixed, peak = found.guarded.figures, found.fixed.figures, found.always_peak.figures
    good = not ours.killed and not ours.late_minutes
    return {
        "tone": "pass" if good else "fail",
        "word": f"{plural(ours.killed, 'workspace')} ended",
        "sentence": f"By clock and alarms, with the guard: {plural(ours.late_minutes, 'minute')} late, "
        f"{compared(ours, peak)} than always at peak. The fixed schedule takes {compared(fixed, ours)} than that, "
        f"ends {plural(fixed.killed, 'running workspace')} and is {plural(fixed.late_minutes, 'minute')} late.",
    }


def _described(way: Way, found: Comparison) -> str:
    """The picture of one way, for whom it is read to."""
    figures, samples = way.outcome.figures, way.outcome.samples
    places = found.setting.fabric.usual_places
    return (
        f"Nodes over time. Ready: {min(each.ready for each in samples)} to {max(each.ready for each in samples)}; "
        f"needed: at most {max(needed(each, places) for each in samples)}. "
        f"{plural(figures.killed, 'running workspace')} ended, {plural(figures.late_minutes, 'minute')} late, "
        f"{plural(figures.changes, 'change')} of size."
    )


def _days(found: Comparison, drawn: Picture) -> tuple[DayRow, ...]:
    places = found.setting.fabric.usual_places
    table = []
    for each in drawn.days:
        begins, ends = (round(share * drawn.width / 100) for share in (each.at, each.at + each.width))
        there = _within(found.always_peak, begins, ends)
        table.append(
            DayRow(
                day=f"{each.day:%a %Y-%m-%d}",
                workspaces=max(sample.running + sample.waiting for sample in there),
                needed=max(needed(sample, places) for sample in there),
                ways=tuple(_summed(way.outcome, begins, ends) for way in ways(found)),
            )
        )
    return tuple(table)


def _summed(outcome: Outcome, begins: int, ends: int) -> Summed:
    ready = [each.ready for each in _within(outcome, begins, ends)]
    ended = sum(count for minute, count in outcome.killed.items() if begins <= minute < ends)
    return Summed(fewest=min(ready), most=max(ready), ended=ended)


def _within(outcome: Outcome, begins: int, ends: int) -> Sequence[Sample]:
    """The samples of a day, and the last before it, which holds when it begins."""
    first = bisect_right(outcome.samples, begins, key=lambda each: each.minute)
    last = bisect_left(outcome.samples, ends, key=lambda each: each.minute)
    return outcome.samples[max(first - 1, 0) : last]


def _changes(found: Comparison) -> tuple[Turn, ...]:
    return tuple(
        Turn(
            at=_local(found.trace.moment(each.minute), found),
            before=each.before,
            after=each.after,
            trigger=each.trigger,
            reason=each.reason,
        )
        for each in found.guarded.changes[:_MOST_CHANGES]
    )


def _local(moment: datetime, found: Comparison) -> str:
    return f"{moment.astimezone(found.setting.zone):%a %Y-%m-%d %H:%M}"


@cache
def _pages() -> Environment:
    pages = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    pages.globals.update(plural=plural, number=number)
    return pages
