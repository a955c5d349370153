"""What all ways of scaling are given alike: the group's policy and limits, the clock's entries, the platform."""

from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from day2.scaling.simulation.alarms import Thresholds
from day2.scaling.simulation.world import Fabric
from lambdas.scaling.calendar import Schedule
from lambdas.settings import ScaledGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The workspace group of an environment.

    schedules      those of this group, which all ways follow but always-peak
    thresholds     those of its two alarms; None where it has none
    retry_minutes  how often a deferred scaling looks again
    look_again     before nodes end they are looked at once more; off only to show what that is for
    """

    policy: ScaledGroup
    schedules: tuple[Schedule, ...]
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()
    fabric: Fabric = field(default_factory=Fabric)
    thresholds: Thresholds | None = field(default_factory=Thresholds)
    retry_minutes: int = 10
    look_again: bool = True

    @property
    def lowest(self) -> int:
        """Nodes of the smallest profile, with which a simulation begins."""
        return min(self.policy.profiles.values(), default=self.policy.floor)

    @property
    def highest(self) -> int:
        """Nodes of the largest profile: always-peak."""
        return max(self.policy.profiles.values(), default=self.policy.ceiling)
