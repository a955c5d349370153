"""The lines of the simulation's picture: how nodes and workspaces of one way stand over time, and their SVG paths."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from day2.scaling.simulation.comparison import Outcome
from day2.scaling.simulation.figures import Sample

TENTHS = 10
"""Of a node, the unit of height in a path: whole numbers keep it short."""

Points = list[tuple[int, float]]
"""`(minute, nodes)` from change to change."""


def needed(sample: Sample, places: float) -> int:
    """The fewest nodes of the usual size that hold what runs and what waits."""
    return math.ceil((sample.running + sample.waiting) / places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The lines of one way, all of them in nodes."""

    desired: Points
    ready: Points
    needed: Points
    running: Points

    @property
    def highest(self) -> float:
        return max(1.0, *(value for each in (self.desired, self.ready, self.needed) for _, value in each))


def by_change(outcome: Outcome, grain: int, places: float) -> Drawn:
    """Needed at its most and running at its least: where they part somebody waits, and no short wait is lost."""
    samples = outcome.samples
    return Drawn(
        desired=_changes((each.minute, each.desired) for each in samples),
        ready=_changes((each.minute, each.ready) for each in samples),
        needed=_changes(_grained(samples, lambda each: needed(each, places), grain, max)),
        running=_changes(_grained(samples, lambda each: each.running / places, grain, min)),
    )


def by_day(outcome: Outcome, grain: int, places: float) -> Drawn:
    """Everything at its most of each `grain` minutes."""
    samples = outcome.samples
    return Drawn(
        desired=_changes(_grained(samples, lambda each: each.desired, grain, max)),
        ready=_changes(_grained(samples, lambda each: each.ready, grain, max)),
        needed=_changes(_grained(samples, lambda each: needed(each, places), grain, max)),
        running=_changes(_grained(samples, lambda each: each.running / places, grain, max)),
    )


def path(points: Points, minutes: int, top: float) -> str:
    """Steps from left to right; the box has its zero above."""
    inside = ((minute, value) for minute, value in points[1:] if minute < minutes)
    steps = [f"H{minute}V{round((top - value) * TENTHS)}" for minute, value in inside]
    return f"M0 {round((top - points[0][1]) * TENTHS)}{''.join(steps)}H{minutes}"


def _grained(
    samples: Sequence[Sample],
    value: Callable[[Sample], float],
    grain: int,
    pick: Callable[[Iterable[float]], float],
) -> Iterable[tuple[int, float]]:
    """One value for each grain of time in which something changes; what it began with counts as well."""
    before: float | None = None
    for number, group in groupby(samples, key=lambda each: each.minute // grain):
        inside = [value(each) for each in group]
        yield number * grain, pick(inside if before is None else [before, *inside])
        before = inside[-1]
        yield (number + 1) * grain, before


def _changes(points: Iterable[tuple[int, float]]) -> Points:
    """Without the points that change nothing; of several in a minute the last counts."""
    last = dict(points)
    kept: Points = []
    for minute in sorted(last):
        if not kept or kept[-1][1] != last[minute]:
            kept.append((minute, last[minute]))
    return kept
