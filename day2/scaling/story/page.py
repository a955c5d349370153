"""The story as one HTML page that needs nothing beside itself: what was seen, over the seconds that it took."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import lambdas.evidence
from day2.scaling import simulation
from day2.scaling.simulation.lines import TENTHS, Points, path
from day2.scaling.story.acts import Act
from day2.scaling.story.deployed import GROUP
from day2.scaling.story.timeline import Mark, Sample, Timeline
from lambdas.words import number, plural

_TEMPLATES = tuple(
    Path(str(where)).with_name("templates") for where in (__file__, simulation.__file__, lambdas.evidence.__file__)
)
_HUNDREDTHS = 100
"""Of a second, the unit of width in a path."""
_HEADROOM = 1.08
_NODE_STEPS = (1, 2, 5, 10, 20, 50, 100)
_SECOND_STEPS = (1, 2, 5, 10, 20, 60)
_MOST_LINES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line of either axis, at so many percent."""

    at: float
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something that happened, at so many percent from the left; `number` names it in the list below."""

    at: float
    number: int
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`width` hundredths of a second by `height` tenths of a node. The paths are SVG's; `needed` is closed below."""

    width: int
    height: int
    desired: str
    ready: str
    needed: str
    nodes: tuple[Tick, ...]
    seconds: tuple[Tick, ...]
    flags: tuple[Flag, ...]


def render(timeline: Timeline, acts: Sequence[Act], *, places: int) -> str:
    """The page. `places`: workspaces to a node."""
    return (
        _pages()
        .get_template("story.html.j2")
        .render(
            group=GROUP,
            acts=acts,
            picture=picture(timeline, places=places),
            samples=_samples(timeline),
            places=places,
        )
    )


def picture(timeline: Timeline, *, places: int) -> Picture:
    """The timeline's geometry."""
    samples = timeline.samples
    ends = max(each.at for each in samples)
    top = _HEADROOM * max(1, *(max(each.desired, each.ready, _needed(each, places)) for each in samples))
    width, height = round(ends * _HUNDREDTHS), round(top * TENTHS)

    def line(value: Callable[[Sample], float]) -> str:
        points: Points = [(round(each.at * _HUNDREDTHS), value(each)) for each in samples]
        return path(points, width, top)

    return Picture(
        width=width,
        height=height,
        desired=line(lambda each: each.desired),
        ready=line(lambda each: each.ready),
        needed=f"{line(lambda each: _needed(each, places))}V{height}H0Z",
        nodes=_ticks(top, _NODE_STEPS, from_above=True),
        seconds=_ticks(ends, _SECOND_STEPS, from_above=False),
        flags=tuple(
            Flag(at=_percent(each.at, ends), number=place, mark=each)
            for place, each in enumerate(timeline.marks, start=1)
        ),
    )


def _needed(sample: Sample, places: int) -> int:
    """The nodes that are in use, or that what runs and waits would fill."""
    return max(sample.occupied, math.ceil((sample.running + sample.waiting) / places))


def _ticks(most: float, steps: Sequence[int], *, from_above: bool) -> tuple[Tick, ...]:
    step = next((each for each in steps if most / each <= _MOST_LINES), steps[-1])
    return tuple(
        Tick(at=_percent(most - value if from_above else value, most), value=value)
        for value in range(0, int(most) + 1, step)
    )


def _samples(timeline: Timeline) -> tuple[tuple[Mark, Sample], ...]:
    """What was seen first after each mark, and at the end."""
    found = [(each, next(seen for seen in timeline.samples if seen.at >= each.at)) for each in timeline.marks]
    last = timeline.samples[-1]
    return (*found, (Mark(at=last.at, what="the end"), last))


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 3)


@cache
def _pages() -> Environment:
    pages = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    pages.globals.update(plural=plural, number=number)
    return pages
