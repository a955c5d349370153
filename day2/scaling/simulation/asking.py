"""What a simulation is asked for, judged as a whole: the setting and the days that are meant, or every fault."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from cdk.environments import SettingsError, load
from day2.scaling.simulation import trace_file
from day2.scaling.simulation.environment import setting_of
from day2.scaling.simulation.office import Office, synthetic
from day2.scaling.simulation.setting import Setting
from day2.scaling.simulation.trace import YEARS, Trace
from day2.scaling.simulation.world import PLACEMENTS, Fabric
from lambdas.errors import InputRejected

T = TypeVar("T")

DAYS, SEED, USERS = 14, 1, 1_000
_MOST_DAYS, _MOST_USERS = 366, 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was typed; None where it was left out.

    first       a date as it was written
    node_price  USD for an hour of a node
    """

    environment: str
    days: int | None
    first: str | None
    trace: Path | None
    seed: int | None
    users: int | None
    placement: str
    node_price: float
    html: Path | None


def judged(asked: Asked, *, now: datetime) -> tuple[Setting, Trace]:
    """The setting and the days that are meant; without a first day they begin today.

    Raises:
        InputRejected: with every fault in what was typed, in the settings and in the trace.
    """
    faults: list[str] = []
    faults += _faults(asked)
    first = _gathered(faults, lambda: _day(asked.first))
    setting = _gathered(faults, lambda: _setting(asked))
    zone = ZoneInfo("UTC") if setting is None else setting.zone
    trace = None
    if asked.trace is not None:
        path, known = asked.trace, bool(faults)
        # Where something else is wrong it is read whole, for the faults of its own.
        trace = _gathered(
            faults,
            lambda: trace_file.read(
                path, zone=zone, first=None if known else first, days=None if known else asked.days
            ),
        )
    if faults or setting is None:
        raise InputRejected(faults, resource="day2 scale simulate")
    return setting, trace or _invented(asked, setting, first or now.astimezone(zone).date())


def _gathered(faults: list[str], work: Callable[[], T]) -> T | None:
    """What is refused is one of the faults, and what comes next is looked at all the same."""
    try:
        return work()
    except InputRejected as rejected:
        faults += rejected.problems
    except SettingsError as wrong:
        faults += wrong.problems
    return None


def _faults(asked: Asked) -> Iterator[str]:
    if asked.days is not None and not 1 <= asked.days <= _MOST_DAYS:
        yield f"--days {asked.days}: is not from 1 to {_MOST_DAYS}"
    if asked.users is not None and not 1 <= asked.users <= _MOST_USERS:
        yield f"--users {asked.users}: is not from 1 to {_MOST_USERS}"
    if asked.placement not in PLACEMENTS:
        yield f"--placement {asked.placement}: is neither {' nor '.join(PLACEMENTS)}"
    if not (math.isfinite(asked.node_price) and asked.node_price >= 0):
        yield f"--node-price {asked.node_price:g}: is no price"
    for name, value in (("seed", asked.seed), ("users", asked.users)):
        if asked.trace is not None and value is not None:
            yield f"--{name} {value}: is for invented days, and --trace has recorded ones"
    if asked.html is not None and asked.html.is_dir():
        yield f"--html {asked.html}: is a folder"
    elif asked.html is not None and not asked.html.parent.is_dir():
        yield f"--html {asked.html}: there is no folder {asked.html.parent}"


def _day(written: str | None) -> date | None:
    if written is None:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise InputRejected([f"--from {written}: is no date such as 2026-11-30"]) from None
    if day.year not in YEARS:
        raise InputRejected([f"--from {written}: is not from {YEARS[0]} to {YEARS[-1]}"])
    return day


def _setting(asked: Asked) -> Setting:
    placement = PLACEMENTS.get(asked.placement, "spread")
    scaling = load(asked.environment).scaling
    return setting_of(scaling, environment=asked.environment, fabric=Fabric(placement=placement))


def _invented(asked: Asked, setting: Setting, first: date) -> Trace:
    office = Office(zone=setting.zone, holidays=setting.holidays, users=asked.users or USERS)
    return synthetic(office, first=first, days=asked.days or DAYS, seed=SEED if asked.seed is None else asked.seed)
