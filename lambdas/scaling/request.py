"""What a person, a schedule or an alarm asks of a node group: typed, and refused with every fault at once.

`{}` is refused: which group, and to what, is a decision that no default takes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from lambdas import reading
from lambdas.reading import Fault, kind, shown
from lambdas.scaling.contracts import Change, Demand, Origin, Role, WhenBlocked
from lambdas.settings import ScaledGroup, Scaling
from lambdas.words import clock

LARGEST = 10_000
"""More nodes than any group has: what is beyond is a slip of the hand, whatever the settings say."""
LONGEST_OVERRIDE = timedelta(days=31)

# A claimed slot or transition silences its duplicate: one that lies ahead would silence what is not yet due.
CLOCK_SKEW = timedelta(minutes=5)

_BY = re.compile(r"(?P<sign>[+-])(?P<figure>\d{1,4})(?P<percent>%?)")
_ALARM = re.compile(r"[\x20-\x7e]{1,255}")
_WHEN_BLOCKED: Mapping[Origin, WhenBlocked] = {"operator": "refuse", "schedule": "defer", "alarm": "clamp"}
"""What is meant where the request does not say: a person is asked, a schedule has the evening, an alarm comes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A scaling's request. None and empty stand for what was not told.

    schedule, slot      whose schedule started it, and the time that was meant
    alarm, transition   which alarm did, and when it changed its state
    until               a person's change holds until then over schedules and alarms
    """

    role: Role | None = None
    change: Change | None = None
    when_blocked: WhenBlocked = "refuse"
    origin: Origin = "operator"
    reason: str = ""
    dry_run: bool = False
    until: datetime | None = None
    schedule: str | None = None
    slot: datetime | None = None
    alarm: str | None = None
    transition: datetime | None = None
    started_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A request as far as it could be read, and every fault in it, each with its field's path."""

    request: Request
    faults: tuple[str, ...] = ()


def read_request(data: Any, *, scaling: Scaling, now: datetime) -> Reading:
    """Read any JSON value as a request. Never raises: a fault is part of the reading."""
    read = reading.fields(
        data,
        {
            "group": lambda value: role_of(reading.text(value), scaling),
            "desired": _count,
            "min": _count,
            "max": _count,
            "by": _by,
            "profile": reading.text,
            "when_blocked": reading.one_of("refuse", "clamp", "defer"),
            "until": lambda value: _until(reading.text(value), now=now),
            "reason": reading.text,
            "dry_run": reading.yes_or_no,
            "schedule": reading.text,
            "slot": lambda value: _past(reading.text(value), now=now),
            "alarm": _alarm,
            "transition": lambda value: _past(reading.text(value), now=now),
            "started_by": reading.text,
        },
    )
    if not isinstance(data, Mapping):
        return Reading(request=Request(), faults=read.faults)
    told = cast("dict[str, Any]", read.values)
    origin = _origin(data)
    request = Request(
        role=told.get("group"),
        change=_change(told),
        when_blocked=told.get("when_blocked", _WHEN_BLOCKED[origin]),
        origin=origin,
        **{name: told[name] for name in _AS_TOLD if name in told},
    )
    return Reading(request=request, faults=(*read.faults, *_between(data, told, scaling)))


def demand_of(request: Request, policy: ScaledGroup, *, started_at: datetime) -> Demand:
    """A request without faults as the plan takes it; `started_at`: when its execution began."""
    assert request.role is not None  # noqa: S101  both were judged
    assert request.change is not None  # noqa: S101
    return Demand(
        role=request.role,
        change=request.change,
        origin=request.origin,
        when_blocked=request.when_blocked,
        asked_at=request.slot or request.transition or started_at,
        give_up=started_at + timedelta(minutes=policy.defer_minutes),
        reason=request.reason,
    )


_AS_TOLD = ("reason", "dry_run", "until", "schedule", "slot", "alarm", "transition", "started_by")


def role_of(name: str, scaling: Scaling) -> Role:
    """The role that `name` means: `workspace`, `workspaces`, or the node group's own name. Raises Fault."""
    for role, group in scaling.groups.items():
        if name in (role, f"{role}s", group.node_group):
            return role
    if name and name == scaling.control:
        raise Fault(f"{shown(name)} is the control group: it is Coder's own and never scaled")
    known = ", ".join(f"{role} ({group.node_group})" for role, group in scaling.groups.items())
    raise Fault(f"{shown(name)} is none of {known}; the control group is never scaled")


def _origin(data: Mapping[str, Any]) -> Origin:
    if "schedule" in data or "slot" in data:
        return "schedule"
    return "alarm" if "alarm" in data or "transition" in data else "operator"


def _change(told: Mapping[str, Any]) -> Change | None:
    """The change as far as it was told; None where nothing of it was."""
    by = told.get("by", {})
    values = {
        "desired": told.get("desired"),
        "smallest": told.get("min"),
        "largest": told.get("max"),
        "profile": told.get("profile"),
        **by,
    }
    return Change(**values) if any(each is not None for each in values.values()) else None


def _between(data: Mapping[str, Any], told: Mapping[str, Any], scaling: Scaling) -> list[str]:
    """What fields say together that one of them cannot."""
    faults = []
    if "group" not in data:
        faults.append(f"request.group: is missing; one of {', '.join(scaling.groups)}")
    asked = [name for name in ("desired", "by", "profile") if name in data]
    if len(asked) > 1:
        faults.append(f"request: {' and '.join(asked)} exclude each other; ask for one")
    limits = [name for name in ("min", "max") if name in data]
    if not asked and not limits:
        faults.append("request: nothing is asked for; name desired, min + max + desired, by or profile")
    if limits and not {"min", "max", "desired"} <= set(data):
        faults.append("request: min, max and desired are asked for together, as EKS takes them")
    if (
        (profile := told.get("profile"))
        and (role := told.get("group"))
        and profile not in scaling.groups[role].profiles
    ):
        known = ", ".join(sorted(scaling.groups[role].profiles)) or "none"
        faults.append(f"request.profile: {shown(profile)} is no profile of {role} in the settings; they have {known}")
    for one, other in (("schedule", "slot"), ("alarm", "transition")):
        if (one in data) != (other in data):
            faults.append(f"request: {one} and {other} belong together")
    automatic = [name for name in ("schedule", "alarm") if name in data]
    if len(automatic) > 1:
        faults.append("request: schedule and alarm exclude each other")
    if automatic:
        faults += [
            f"request.{name}: only a person asks for it, not the {automatic[0]} named here"
            for name in ("until", "min", "max")
            if name in data
        ]
    return faults


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Fault(f"a whole number of nodes is expected, not {kind(value)}")
    if not 0 <= value <= LARGEST:
        raise Fault(f"{value} is not between 0 and {LARGEST}")
    return value


def _by(value: Any) -> dict[str, int | float]:
    """`+10` and `-20%`, always with its sign: `10` could as well be meant as the desired size."""
    written = reading.text(value)
    found = _BY.fullmatch(written)
    if found is None or int(found["figure"]) == 0:
        raise Fault(f"{shown(written)} is no change such as +10, -3, +25% or -20%")
    figure = int(found["sign"] + found["figure"])
    return {"by_percent": float(figure)} if found["percent"] else {"by_nodes": figure}


def _until(written: str, *, now: datetime) -> datetime:
    moment = reading.moment(written)
    if moment <= now:
        raise Fault(f"{clock(moment)} is past; it is {clock(now)} now")
    if moment - now > LONGEST_OVERRIDE:
        raise Fault(f"{clock(moment)} is more than {LONGEST_OVERRIDE.days} days ahead; change the settings instead")
    return moment


def _past(written: str, *, now: datetime) -> datetime:
    moment = reading.moment(written)
    if moment - now > CLOCK_SKEW:
        raise Fault(f"{clock(moment)} lies in the future; it is {clock(now)} now")
    return moment


def _alarm(value: Any) -> str:
    written = reading.text(value)
    if not _ALARM.fullmatch(written):
        raise Fault(f"{shown(written)} is no name of an alarm")
    return written
