"""What the settings must keep to together; pure, one function a rule, each naming the field to change.

A rule's parameters are the tables that it reads, by their names in `EnvironmentSettings`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cdk.settings import Aws, Copy, Evidence, Network, Objectives, Schedules, Source, Verification
from lambdas.verification.checks import faults

TEARDOWN_MINUTES = 120  # the longest that a deletion is waited for, after which the drill reports it as overdue
PATIENCE = 1.5  # a restore is given up when it took this many times the RTO objective
_STATE_MACHINE = Path(__file__).resolve().parent.parent / "statemachines" / "dr-drill.asl.json"
_LONGEST_PREFIX = 63 - len("-20261123-0123abcd") - len("-writer")
_SHORTEST_PREFIX = 6
_DAY = timedelta(days=1)


def _form(value: str, *words: str) -> re.Pattern[str]:
    """A field of a cron expression: `*`, or values, ranges and steps with commas between them, or one of the words."""
    item = rf"(?:\*|{value}(?:-{value})?)(?:/\d+)?"
    return re.compile("|".join((rf"{item}(?:,{item})*", *words)))


# "Schedule types", EventBridge Scheduler user guide. A time of day has a rule of its own.
_FORMS = (
    _form(r"\d{1,2}"),
    _form(r"\d{1,2}"),
    _form(r"(?:0?[1-9]|[12]\d|3[01])", r"\?", "L", r"L-\d{1,2}", "LW", r"\d{1,2}W"),
    _form(r"(?:0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"),
    _form(r"(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)", r"\?", "L", r"[1-7]L", r"[1-7]#[1-5]"),
    _form(r"(?:19|2[01])\d\d"),
)


def problems_between(tables: Mapping[str, Any]) -> list[str]:
    """Every fault that only several fields together make, as `path: what is wrong`.

    `tables` are those whose own fields are right, by their names in `EnvironmentSettings`; a rule that reads another
    cannot be judged.
    """
    problems: list[str] = []
    for rule in RULES:
        reads = signature(rule).parameters.keys()
        if reads <= tables.keys():
            problems += rule(**{name: tables[name] for name in reads})
    return problems


def _names(source: Source, copy_: Copy) -> Iterator[str]:
    prefix, name = copy_.prefix, source.cluster
    if name == prefix or name.startswith(f"{prefix}-"):
        yield f"copy.prefix: {prefix!r} matches the source {name!r}, which drills would then be allowed to delete"
    if name in prefix:
        yield f"copy.prefix: {prefix!r} contains the source's name {name!r}; an operator would take one for the other"


def _length(copy_: Copy) -> Iterator[str]:
    prefix = copy_.prefix
    if not _SHORTEST_PREFIX <= len(prefix) <= _LONGEST_PREFIX:
        yield (
            f"copy.prefix: {prefix!r} has {len(prefix)} characters; {_SHORTEST_PREFIX} to {_LONGEST_PREFIX} "
            "set it apart and leave room for the date, the id and '-writer'"
        )


def _capacity(copy_: Copy) -> Iterator[str]:
    if copy_.min_acu > copy_.max_acu:
        yield f"copy.min_acu: {copy_.min_acu:g} is more than copy.max_acu, {copy_.max_acu:g}"
    if copy_.max_acu < 1:
        yield f"copy.max_acu: {copy_.max_acu:g} is less than 1, the smallest maximum of Aurora Serverless v2"


def _zones(aws: Aws, network: Network) -> Iterator[str]:
    for zone in network.availability_zones:
        if not zone.startswith(aws.region):
            yield f"network.availability_zones: {zone!r} is not in aws.region, {aws.region!r}"


def _subnets(network: Network) -> Iterator[str]:
    if len(network.function_subnets) != len(network.availability_zones):
        yield (
            f"network.function_subnets: {len(network.function_subnets)} subnets for "
            f"{len(network.availability_zones)} availability zones; give one for each, in the same order"
        )
    if len(set(network.function_subnets)) != len(network.function_subnets):
        yield "network.function_subnets: one subnet is named twice"


def _backups_key(aws: Aws, source: Source) -> Iterator[str]:
    yield from _key("source.kms_key", source.kms_key, aws.region)


def _copys_key(aws: Aws, copy_: Copy) -> Iterator[str]:
    yield from _key("copy.kms_key", copy_.kms_key, aws.region)


def _key(path: str, key: str | None, region: str) -> Iterator[str]:
    if key and key.split(":")[3] != region:
        yield f"{path}: the key is in {key.split(':')[3]}, not in aws.region, {region!r}"


def _duration(objectives: Objectives) -> Iterator[str]:
    limit = json.loads(_STATE_MACHINE.read_text(encoding="utf-8"))["TimeoutSeconds"] // 60
    needed = objectives.rto_minutes * PATIENCE + TEARDOWN_MINUTES
    if needed > limit:
        yield (
            f"objectives.rto_minutes: {objectives.rto_minutes} lets a drill last {needed:g} minutes "
            f"({PATIENCE:g} x RTO and {TEARDOWN_MINUTES} of teardown), but dr-drill.asl.json ends it after {limit}"
        )


def _retention(objectives: Objectives, evidence: Evidence) -> Iterator[str]:
    if evidence.retention_days < objectives.drill_interval_days:
        yield (
            f"evidence.retention_days: {evidence.retention_days} is shorter than "
            f"objectives.drill_interval_days, {objectives.drill_interval_days}; no evidence would bridge it"
        )


def _expectations(verification: Verification) -> Iterator[str]:
    """What the verifier itself would refuse, but only once a copy is restored."""
    yield from faults(verification.expect)


def _kinds(schedules: Schedules, objectives: Objectives) -> Iterator[str]:
    kinds = {each.recovery_point for each in schedules.drills.values()}
    if not kinds:
        yield "schedules.drills: is empty; give at least one schedule"
    elif "latest-restorable-time" not in kinds:
        yield (
            "schedules.drills: none restores the latest-restorable-time; snapshots alone do not prove "
            f"an RPO of {objectives.rpo_minutes} minutes"
        )


def _starts(schedules: Schedules) -> Iterator[str]:
    zone = _zone(schedules)
    if zone is None:
        yield f"schedules.time_zone: {schedules.time_zone!r} is not known"
        return
    if not _daily(schedules.sweep_cron):
        yield (
            f"schedules.sweep_cron: {schedules.sweep_cron!r} is not every day; the sweep also counts, for the alarm on "
            "overdue drills, the days since the last passed one"
        )
    for path, cron in {**_crons(schedules), "schedules.sweep_cron": schedules.sweep_cron}.items():
        yield from _cron(path, cron, zone)


def _interval(schedules: Schedules, objectives: Objectives) -> Iterator[str]:
    for path, cron in _crons(schedules).items():
        if _monthly(cron) and objectives.drill_interval_days < 31:  # noqa: PLR2004  longest month
            yield (
                f"objectives.drill_interval_days: {objectives.drill_interval_days} is shorter than a month, "
                f"but {path} starts once a month: the alarm on overdue drills would sound every time"
            )


RULES: tuple[Callable[..., Iterator[str]], ...] = (
    *(_names, _length, _capacity, _zones, _subnets, _backups_key, _copys_key),
    *(_duration, _retention, _expectations, _kinds, _starts, _interval),
)


def _zone(schedules: Schedules) -> ZoneInfo | None:
    try:
        return ZoneInfo(schedules.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _crons(schedules: Schedules) -> dict[str, str]:
    """The drills' expressions by their paths."""
    return {f"schedules.drills.{name}.cron": each.cron for name, each in schedules.drills.items()}


def _fields(cron: str) -> list[str]:
    return cron.removeprefix("cron(").removesuffix(")").split()


def _monthly(cron: str) -> bool:
    _minute, _hour, day, month, _weekday, _year = _fields(cron)
    return month == "*" and (day.isdigit() or day.startswith("L"))


def _daily(cron: str) -> bool:
    _minute, _hour, day, month, weekday, year = _fields(cron)
    return {day, weekday} == {"*", "?"} and (month, year) == ("*", "*")


def _cron(path: str, cron: str, zone: ZoneInfo) -> Iterator[str]:
    minute, hour, day, month, weekday, _year = _fields(cron)
    if (day == "?") == (weekday == "?"):
        yield f"{path}: {cron!r} needs a '?' in exactly one of day of month and day of week"
    strange = [text for text, form in zip(_fields(cron), _FORMS, strict=True) if not form.fullmatch(text)]
    if strange:
        yield f"{path}: Scheduler would not take {', '.join(map(repr, strange))} in {cron!r}"
    if month == "*" and day.isdigit() and int(day) > 28:  # noqa: PLR2004  February's
        yield f"{path}: not every month has a {day}th, and Scheduler leaves the others out; write L for the last day"
    if minute.isdigit() and hour.isdigit():
        if int(minute) > 59 or int(hour) > 23:  # noqa: PLR2004  a clock's
            yield f"{path}: {cron!r} names no time of day"
        elif skipped := _skipped(zone, time(int(hour), int(minute)), day):
            yield (
                f"{path}: {hour}:{minute:0>2} does not exist on {skipped} in {zone.key}, when the clocks go forward, "
                "and Scheduler would leave that start out; choose another hour"
            )


@cache
def _skipped(zone: ZoneInfo, at: time, day_of_month: str) -> date | None:
    """The first day of the next years on which this wall-clock time is skipped, or None."""
    day = date(2026, 1, 1)
    while day < date(2031, 1, 1):
        local = datetime.combine(day, at, tzinfo=zone)
        exists = local.astimezone(UTC).astimezone(zone).time() == at
        if not exists and (not day_of_month.isdigit() or int(day_of_month) == day.day):
            return day
        day += _DAY
    return None
