"""The two alarms of the workspace nodes, on one metric each and with thresholds far apart, as CloudWatch keeps them."""

from collections.abc import Callable
from dataclasses import dataclass

from day2.scaling.simulation.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When alarms are in ALARM. Occupancy is running workspaces by the places of Ready nodes, from 0 to 1.

    out_above, out_minutes  occupancy above it, or a workspace without a node, for so long: more nodes
    in_below, in_minutes    occupancy below it and every workspace placed, for so long: fewer nodes
    reconcile_minutes       an alarm that stays in ALARM is acted upon again so often
    """

    out_above: float = 0.85
    out_minutes: int = 1
    in_below: float = 0.45
    in_minutes: int = 15
    reconcile_minutes: int = 5


@dataclass(slots=True, kw_only=True)
class Alarm:
    """One alarm: OK, about to fire since a minute, or in ALARM since one."""

    minutes: int
    reconcile_minutes: int
    breached_at: int | None = None
    fired_at: int | None = None

    def look(self, minute: int, *, breached: bool) -> None:
        """One evaluation. A single good minute is the transition to OK."""
        if not breached:
            self.breached_at = self.fired_at = None
            return
        if self.breached_at is None:
            self.breached_at = minute
        if self.fired_at is None and minute >= self.breached_at + self.minutes:
            self.fired_at = minute

    def acts(self, minute: int) -> bool:
        """Whether it is acted upon in this minute: at its transition, and by the reconcile while it is stuck."""
        return self.fired_at is not None and (minute - self.fired_at) % self.reconcile_minutes == 0

    def due(self, minute: int) -> int | None:
        """The next minute in which it may act though nothing else happens."""
        if self.fired_at is not None:
            return minute + self.reconcile_minutes - (minute - self.fired_at) % self.reconcile_minutes
        return None if self.breached_at is None else self.breached_at + self.minutes


def crowded(world: World, thresholds: Thresholds) -> bool:
    """The metric of scaling out."""
    return bool(world.waiting) or world.running > thresholds.out_above * world.places


def vacant(world: World, thresholds: Thresholds) -> bool:
    """The metric of scaling in."""
    return not world.waiting and world.running < thresholds.in_below * world.places


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An alarm by its name, and when its metric breaches its threshold."""

    name: str
    alarm: Alarm
    breached: Callable[[World], bool]


def alarms_of(thresholds: Thresholds) -> tuple[Watched, Watched]:
    """Both, as they stand before anything has happened."""
    every = thresholds.reconcile_minutes
    return (
        Watched(
            name="scale-out",
            alarm=Alarm(minutes=thresholds.out_minutes, reconcile_minutes=every),
            breached=lambda world: crowded(world, thresholds),
        ),
        Watched(
            name="scale-in",
            alarm=Alarm(minutes=thresholds.in_minutes, reconcile_minutes=every),
            breached=lambda world: vacant(world, thresholds),
        ),
    )
