"""The geometry of the report's two drawings. Positions are percent of the width, so that they fit any page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lambdas import payload
from lambdas.evidence.summary import Summary
from lambdas.words import brief, duration

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400)
_MOST_TICKS = 6
# A drill shorter than this share of its objective would shrink to a line: it is drawn to its own length instead.
_LEAST_SHARE = 0.1
_HEADROOM = 1.06
_HAIRLINE = 0.35
_WIDEST_COLUMN = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """From 0 to `span` seconds. `objective_at` None: the objective lies beyond the edge."""

    span: float
    ticks: tuple[Tick, ...]
    objective_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A phase on the axis; `at` and `width` None where its times are not known, which leaves its row without a bar.

    tone  failed | counts (towards the recovery time) | later; of a restore also waiting | outage | watch | rollback
    """

    title: str
    at: float | None
    width: float | None
    started_at: str | None
    seconds: float | None
    retries: int | None
    tone: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One drill of the trend; `at` its centre, `height` of its column, both in percent. No height: not measured."""

    at: float
    height: float | None
    label: str
    brief: str
    opened_at: datetime
    outcome: Literal["passed", "failed"]
    kind: str
    current: bool
    drill: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The recovery times of the last drills, oldest first, beside the objective; `width` of a column in percent."""

    marks: tuple[Mark, ...]
    width: float
    objective_at: float | None
    objective: str


def axis(longest: float, objective: float) -> Axis:
    """An axis on which `longest` seconds and, unless it dwarfs them, the objective fit."""
    span = max(longest, 1.0)
    if span >= objective * _LEAST_SHARE:
        span = max(span, objective)
    span *= _HEADROOM
    step = next((each for each in _STEPS if span / each <= _MOST_TICKS), _STEPS[-1])
    ticks = tuple(
        Tick(at=_percent(moment, span), label=duration(moment).replace(".0 s", " s") if moment else "0")
        for moment in range(0, int(span) + 1, step)
    )
    return Axis(span=span, ticks=ticks, objective_at=_percent(objective, span) if objective <= span else None)


def bars(phases: Sequence[Mapping[str, Any]], *, begun: datetime, on: Axis) -> tuple[Bar, ...]:
    """The phases as bars, in the order in which they began; one of unknown beginning behind those before it."""
    moments: list[datetime] = []
    for phase in phases:
        known = phase["started_at"] and payload.parse_instant(phase["started_at"])
        moments.append(known or max(moments, default=begun))
    order = sorted(range(len(phases)), key=moments.__getitem__)
    return tuple(_bar(phases[place], begun=begun, on=on) for place in order)


def _bar(phase: Mapping[str, Any], *, begun: datetime, on: Axis) -> Bar:
    at = width = None
    if phase["seconds"] is not None:
        offset = (payload.parse_instant(phase["started_at"]) - begun).total_seconds()
        at = min(_percent(offset, on.span), 100 - _HAIRLINE)
        width = min(max(_percent(phase["seconds"], on.span), _HAIRLINE), 100 - at)
    return Bar(
        title=phase["title"],
        at=at,
        width=width,
        started_at=phase["started_at"],
        seconds=phase["seconds"],
        retries=phase["retries"],
        tone=_tone(phase),
        failed=phase["failed"],
    )


def _tone(phase: Mapping[str, Any]) -> str:
    if phase["failed"]:
        return "failed"
    during = phase.get("during", "work")
    if during in ("waiting", "outage", "watch", "rollback"):
        return str(during)
    return "counts" if phase["counts_towards_rto"] else "later"


def trend(current: Summary, earlier: Sequence[Summary], *, most: int = 12) -> Trend:
    """The last drills and this one; `earlier` in any order."""
    others = sorted((each for each in earlier if each.id != current.id), key=lambda each: each.opened_at)
    drills = [*others, current][-most:]
    measured = [each.rto_seconds for each in drills if each.rto_seconds is not None]
    objective = current.rto_objective_seconds or 0.0
    on = axis(max(measured, default=objective), objective)
    marks = tuple(
        Mark(
            at=_percent(index + 0.5, len(drills)),
            height=None if each.rto_seconds is None else max(_percent(each.rto_seconds, on.span), 1.0),
            label=_untold(each, "not measured", "not known")
            if each.rto_seconds is None
            else duration(each.rto_seconds),
            brief=_untold(each, "none", "?") if each.rto_seconds is None else brief(each.rto_seconds),
            opened_at=each.opened_at,
            outcome=each.outcome,
            kind=each.recovery_point_kind or _untold(each, "no recovery point", "recovery point not known"),
            current=each is current,
            drill=each.id,
        )
        for index, each in enumerate(drills)
    )
    width = round(min(56 / len(drills), _WIDEST_COLUMN), 2)
    return Trend(marks=marks, width=width, objective_at=on.objective_at, objective=duration(objective))


def _untold(drill: Summary, absent: str, unknown: str) -> str:
    """What is missing was never there, unless a sweep recorded the drill, which cannot say that."""
    return absent if drill.recorded_by == "drill" else unknown


def position(seconds: float | None, on: Axis) -> float | None:
    """Where a moment lies on the axis; None when it is not known or beyond the edge."""
    return None if seconds is None or seconds > on.span else _percent(seconds, on.span)


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 2)
