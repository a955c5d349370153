"""The setting of a simulation from an environment's settings: its profiles, clock, holidays, limits and alarms."""

from typing import Final
from zoneinfo import ZoneInfo

from cdk.settings import GroupAlarms, Scaling
from day2.scaling.schedules import schedules
from day2.scaling.simulation.alarms import Thresholds
from day2.scaling.simulation.setting import Setting
from day2.scaling.simulation.world import Fabric
from lambdas.errors import InputRejected
from lambdas.scaling.routing import RECONCILE_EVERY
from lambdas.settings import ScaledGroup

_ROLE: Final = "workspace"
_MINUTE_SECONDS = 60


def setting_of(scaling: Scaling | None, *, environment: str, fabric: Fabric) -> Setting:
    """The workspace group as this environment scales it, on a platform of this fabric.

    Raises:
        InputRejected: the environment scales no workspaces, or has no profile to compare with.
    """
    group = scaling.groups.get(_ROLE) if scaling is not None else None
    tables = f"--env {environment}: config/{environment}.toml has no table [scaling.groups.{_ROLE}"
    if scaling is None or group is None:
        raise InputRejected([f"{tables}], so that there is nothing to simulate"])
    if not group.profiles:
        raise InputRejected([f"{tables}.profiles], so that there is no peak to compare with"])
    return Setting(
        policy=ScaledGroup(**group.model_dump(exclude={"schedules", "alarms"})),
        schedules=tuple(each for each in schedules(scaling) if each.role == _ROLE),
        zone=ZoneInfo(scaling.time_zone),
        holidays=frozenset(scaling.all_holidays),
        fabric=fabric,
        thresholds=_thresholds(group.alarms),
    )


def _thresholds(alarms: GroupAlarms) -> Thresholds | None:
    """Percent there, shares here. A metric of the team's own is not known here: the places taken stand for it."""
    if not alarms.enabled:
        return None
    return Thresholds(
        out_above=alarms.out_above / 100,
        out_minutes=alarms.out_minutes,
        in_below=alarms.in_below / 100,
        in_minutes=alarms.in_minutes,
        reconcile_minutes=int(RECONCILE_EVERY.total_seconds()) // _MINUTE_SECONDS,
    )
