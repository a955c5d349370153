"""A deployed schedule changed at once: what is sent to Scheduler, and what the settings must say to keep it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdk.environments import FOLDER
from cdk.names import Names
from cdk.scaling_starts import Start, check_of, order_of
from cdk.settings import EnvironmentSettings, ScalingSchedule
from day2.scaling.deployed import Standing, request_of, same, standings
from day2.scaling.judging import OPTIONS, Asked, around, judged, role_of
from day2.scaling.scheduler import Scheduler, Told
from lambdas.errors import Day2Error, InputRejected, RequestRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One schedule of Scheduler: as told, and the fields that it gets."""

    told: Told
    fields: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is sent, and what the settings must say to keep it.

    keep  role, name -> schedule, of every one that then differs from the settings
    off   the schedule is disabled, and stays so
    """

    updates: tuple[Update, ...]
    keep: Mapping[tuple[str, str], ScalingSchedule]
    off: bool


def plan(
    tables: Mapping[str, Any],
    asked: Asked,
    told: Mapping[str, Told],
    *,
    settings: EnvironmentSettings,
    folder: Path = FOLDER,
) -> Plan:
    """What changes, judged beside the other schedules as they are deployed. `settings` are those of `tables`.

    Raises:
        InputRejected: with every fault; a fault that other schedules have without this change is left out.
    """
    scaling = settings.scaling
    assert scaling is not None  # noqa: S101  it was aimed at
    role = role_of(asked.role, scaling) or asked.role
    found = standings(Names(settings=settings), scaling, told)
    mine = next(each for each in found if (each.role, each.name) == (role, asked.name))
    faults = [*_cannot(mine, asked, told)]
    others = around(tables, [each for each in found if each is not mine])
    faults += judged(others, mine, asked.fields, environment=settings.environment, folder=folder)
    if faults:
        raise InputRejected(tuple(dict.fromkeys(faults)))
    schedule = ScalingSchedule.model_validate({**(mine.deployed or mine.settings).model_dump(), **asked.fields})
    after = {(each.role, each.name): each.deployed or each.settings for each in found} | {(role, mine.name): schedule}
    return Plan(
        updates=tuple(_updates(mine, schedule, told, time_zone=scaling.time_zone)),
        keep={
            (each.role, each.name): then
            for each in found
            if not same(then := after[each.role, each.name], each.settings)
        },
        off=told[f"{role}-{mine.name}"].get("State") == "DISABLED",
    )


def carry_out(scheduler: Scheduler, updates: Sequence[Update]) -> None:
    """Send them, one after the other. Raises what Scheduler's refusal is, and says which were changed before it."""
    done: list[str] = []
    for each in updates:
        try:
            scheduler.change(each.told, each.fields)
        except Day2Error as refusal:
            if not done:
                raise
            raise RequestRefused(
                f"{', '.join(done)} was changed, and this was not: {refusal.what}",
                resource=refusal.resource,
                next_step=f"{refusal.next_step} The same command again finishes it.",
            ) from refusal
        done.append(each.told["Name"])


def _cannot(mine: Standing, asked: Asked, told: Mapping[str, Told]) -> Iterator[str]:
    """What Scheduler has that this change does not fit to."""
    name = f"{mine.role}-{mine.name}"
    if name not in told:
        yield f"NAME: {name} is in the settings and not deployed; `make deploy` makes it"
        return
    if mine.deployed is None and asked.fields.keys() != OPTIONS.keys():
        yield (
            f"{name} was changed to what no setting says ({told[name]['ScheduleExpression']} in "
            f"{told[name].get('ScheduleExpressionTimezone', 'UTC')}); give all of --cron, --profile and --ahead"
        )
    if asked.ahead_minutes and f"{name}-ready" not in told:
        # One made here would bear the name that the next deployment wants to make, and fails on.
        yield (
            f"--ahead: {name} has no check {name}-ready beside it, and a deployment makes it; set ahead_minutes in the "
            "settings and run `make deploy`"
        )


def _updates(
    mine: Standing, schedule: ScalingSchedule, told: Mapping[str, Told], *, time_zone: str
) -> Iterator[Update]:
    order, check_ = order_of(mine.role, mine.name, schedule), check_of(mine.role, mine.name, schedule)
    yield from _update(told[order.name], _fields(told[order.name], order, time_zone))
    if check_.name not in told:
        return
    fields = _fields(told[check_.name], check_, time_zone)
    if not schedule.ahead_minutes:
        fields["State"] = "DISABLED"  # never deleted: the next deployment would look for it
    elif not (mine.deployed or mine.settings).ahead_minutes:
        fields["State"] = told[order.name].get("State", "ENABLED")
    yield from _update(told[check_.name], fields)


def _update(told: Told, fields: Told) -> Iterator[Update]:
    changes = {name: value for name, value in fields.items() if told.get(name) != value}
    if changes:
        yield Update(told=told, fields=changes)


def _fields(told: Told, start: Start, time_zone: str) -> dict[str, Any]:
    given = request_of(told)
    asked = {**given, **start.request}
    return {
        "ScheduleExpression": start.cron,
        "ScheduleExpressionTimezone": time_zone,
        "Description": start.what,
        "Target": told["Target"] if asked == given else {**told["Target"], "Input": json.dumps(asked)},
    }
