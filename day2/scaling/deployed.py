"""The schedules of node groups as they are deployed, beside the settings: what was changed by hand, and to what."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from cdk.names import Names
from cdk.scaling_starts import Start, starts, starts_of
from cdk.settings import Scaling, ScalingSchedule
from day2.scaling.scheduler import Told
from lambdas.scaling.crontab import Crontab, CrontabRefused, earlier, expression, parse

_EVERY_YEAR = re.compile(r"cron\((?P<fields>\S+ \S+ \S+ \S+ (?P<weekday>\S+)) \*\)")


Kind = Literal["missing", "disabled", "changed", "otherwise", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which a deployed schedule is not what the settings say.

    schedule  its name in Scheduler
    kind      missing | disabled | changed | otherwise (as changed, and `day2 schedule set` cannot put it back) |
              unknown (to the settings)
    what      in words, the schedule's name left out
    """

    schedule: str
    kind: Kind
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A schedule of the settings, and how it stands in AWS.

    deployed     as the settings would say it; None where they could not, or where it is not deployed
    differences  of it and of the check of its promise
    disabled     it starts nothing, deployed or not, though the settings have schedules enabled
    """

    role: str
    name: str
    settings: ScalingSchedule
    deployed: ScalingSchedule | None
    differences: tuple[Difference, ...] = ()
    disabled: bool = False


def standings(names: Names, scaling: Scaling, told: Mapping[str, Told]) -> tuple[Standing, ...]:
    """Every schedule of the settings; `told` are those of Scheduler's group by name."""
    return tuple(
        _standing(names, scaling, role, name, told)
        for role, group in scaling.groups.items()
        for name in group.schedules
    )


def unknown(scaling: Scaling, told: Mapping[str, Told]) -> Iterator[Difference]:
    """The schedules of the group that the settings do not have."""
    known = {each.name for each in starts(scaling)} | {
        f"{role}-{name}-ready" for role, group in scaling.groups.items() for name in group.schedules
    }
    for name in told:
        if name not in known:
            yield Difference(schedule=name, kind="unknown", what="is deployed, and not in the settings")


def _standing(names: Names, scaling: Scaling, role: str, name: str, told: Mapping[str, Told]) -> Standing:
    schedule = scaling.groups[role].schedules[name]  # type: ignore[index]  # a role of the settings' own
    order, check = told.get(f"{role}-{name}"), told.get(f"{role}-{name}-ready")
    found = tuple(
        each
        for start in starts_of(role, name, schedule)
        for each in _differences(names, scaling, start, told.get(start.name))
    )
    if check is not None and not schedule.ahead_minutes and check.get("State") != "DISABLED":
        found += (Difference(schedule=f"{role}-{name}-ready", kind="unknown", what="is enabled, and nothing promised"),)
    read = schedule if not found else None if order is None else _read(order, check, scaling)
    return Standing(
        role=role,
        name=name,
        settings=schedule,
        deployed=schedule if read is not None and same(read, schedule) else read,
        differences=found,
        disabled=any(each.kind in ("disabled", "missing") and each.schedule == f"{role}-{name}" for each in found),
    )


def _differences(names: Names, scaling: Scaling, start: Start, told: Told | None) -> Iterator[Difference]:
    if told is None:
        yield Difference(schedule=start.name, kind="missing", what="is not deployed")
        return
    if told.get("State") == "DISABLED" and names.settings.schedules.enabled:
        yield Difference(schedule=start.name, kind="disabled", what="is disabled: it starts nothing")
    if told.get("State") != "DISABLED" and not names.settings.schedules.enabled:
        yield Difference(schedule=start.name, kind="otherwise", what="is enabled, in the settings no schedule is")
    for kind, what in _changes(names, scaling, start, told):
        yield Difference(schedule=start.name, kind=kind, what=what)


def _changes(names: Names, scaling: Scaling, start: Start, told: Told) -> Iterator[tuple[Kind, str]]:
    if told["ScheduleExpression"] != start.cron:
        yield "changed", f"starts at {told['ScheduleExpression']}, in the settings at {start.cron}"
    zone = told.get("ScheduleExpressionTimezone", "UTC")
    if zone != scaling.time_zone:
        yield "changed", f"has its clock in {zone}, in the settings in {scaling.time_zone}"
    target = told["Target"]
    if target["Arn"].rpartition(":")[2] != names.machine(start.workflow):
        yield "otherwise", f"starts {target['Arn']}, in the settings {names.machine(start.workflow)}"
    given = request_of(told)
    for field in sorted({*given, *start.request}):
        is_, should = given.get(field), start.request.get(field)
        if is_ != should:
            kind: Kind = "otherwise" if should is None or field == "when_blocked" else "changed"
            yield kind, f"asks for {field} {_shown(is_)}, in the settings for {_shown(should)}"


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)


def same(one: ScalingSchedule, other: ScalingSchedule) -> bool:
    """Whether both order the same at the same times, however their crontabs are written."""
    return expression(parse(one.cron)) == expression(parse(other.cron)) and one.model_dump(
        exclude={"cron"}
    ) == other.model_dump(exclude={"cron"})


def request_of(told: Told) -> dict[str, Any]:
    """What it asks the machine for; empty where that is no JSON object."""
    try:
        given = json.loads(told["Target"].get("Input") or "{}")
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _read(order: Told, check: Told | None, scaling: Scaling) -> ScalingSchedule | None:
    """The deployed schedule as the settings would say it, in their zone; None where they cannot."""
    if order.get("ScheduleExpressionTimezone", "UTC") != scaling.time_zone:
        return None
    request = request_of(order)
    try:
        promised, ahead = _promise(order, check)
        return ScalingSchedule.model_validate(
            {
                "cron": promised.written,
                "profile": request.get("profile"),
                "ahead_minutes": ahead,
                "when_blocked": request.get("when_blocked"),
            }
        )
    except (CrontabRefused, ValidationError):
        return None


def _promise(order: Told, check: Told | None) -> tuple[Crontab, int]:
    """The times for which its nodes are ordered, and how many minutes ahead. Raises CrontabRefused."""
    ordered = crontab_of(order["ScheduleExpression"])
    if check is None:
        return ordered, 0
    promised = crontab_of(check["ScheduleExpression"])
    (first, *_), (last, *_) = ordered.times, promised.times
    ahead = (last.hour - first.hour) * 60 + last.minute - first.minute
    if ahead < 0 or expression(earlier(promised, ahead)) != expression(ordered):
        raise CrontabRefused(f"{check['Name']} is for other times than {order['Name']}")
    return promised, ahead


def crontab_of(written: str) -> Crontab:
    """The crontab whose expression for Scheduler this is. Raises CrontabRefused where there is none.

    Days of the week by number are not taken: they mean other days there (1 is Sunday).
    """
    found = _EVERY_YEAR.fullmatch(written)
    if found is None or re.search(r"\d", found["weekday"]):
        raise CrontabRefused(f"{written!r} cannot be said as a crontab")
    return parse(found["fields"].replace("?", "*"))
