"""What the settings must keep to together; pure, one function a rule, each naming the field to change.

A rule's parameters are the tables that it reads, by their names in `EnvironmentSettings`.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, time, timedelta
from inspect import signature
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cdk import scaling_rules
from cdk.cron import fields, is_daily, skipped, starts, strange
from cdk.settings import (
    Aws,
    Copy,
    Evidence,
    Kubernetes,
    Network,
    Objectives,
    Platform,
    Restore,
    Schedules,
    Source,
    Verification,
)
from lambdas.verification.checks import faults

TEARDOWN_MINUTES = 120  # the longest that a deletion is waited for, after which the drill reports it as overdue
PATIENCE = 1.5  # a restore is given up when it took this many times the RTO objective
_STATE_MACHINE = Path(__file__).resolve().parent.parent / "statemachines" / "dr-drill.asl.json"
_LONGEST_PREFIX = 63 - len("-20261123-0123abcd") - len("-writer")
_SHORTEST_PREFIX = 6
_LONGEST_RESTORED_SOURCE = 63 - len("-restored-20261123-0123abcd") - len("-15")
_RESTORED = re.compile(r"-(restored|old)-\d{8}-[0-9a-f]{8}$")


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


def _secrets_key(aws: Aws, platform: Platform | None) -> Iterator[str]:
    if platform is not None:
        yield from _key("platform.secrets_kms_key", platform.secrets_kms_key, aws.region)


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
    if not is_daily(schedules.sweep_cron):
        yield (
            f"schedules.sweep_cron: {schedules.sweep_cron!r} is not every day; the sweep also counts, for the alarm on "
            "overdue drills, the days since the last passed one"
        )
    for path, cron in {**_crons(schedules), "schedules.sweep_cron": schedules.sweep_cron}.items():
        yield from _cron(path, cron, zone)


def _interval(schedules: Schedules, objectives: Objectives) -> Iterator[str]:
    """Each alarm on overdue drills would sound by itself where the starts that it counts lie further apart."""
    moments = {"latest-restorable-time"}
    for alarm, kinds in (("drill-overdue", None), ("rpo-unproven", moments)):
        starts = [start for start, _ in _timeline(schedules, kinds)]
        days = max(((later - earlier).days for earlier, later in pairwise(starts)), default=0)
        if days > objectives.drill_interval_days:
            which = "drills" if kinds is None else "drills from the latest-restorable-time"
            yield (
                f"objectives.drill_interval_days: {objectives.drill_interval_days} is shorter than the {days} days "
                f"that lie between two starts of {which}: the alarm {alarm} would sound every time"
            )


def _apart(schedules: Schedules, objectives: Objectives) -> Iterator[str]:
    """A drill holds its source to its end: what starts before that fails with DrillInProgress, month after month.

    A drill that keeps its objective has ended after the flexible window in which it may start, the RTO, and the longest
    that a deletion is waited for. One that does not keep it fails as it is, and may take the next start with it.
    """
    needed = schedules.flexible_minutes + objectives.rto_minutes + TEARDOWN_MINUTES
    told: set[frozenset[str]] = set()
    for (before, other), (start, path) in pairwise(_timeline(schedules)):
        minutes = (start - before) // timedelta(minutes=1)
        if minutes < needed and {other, path} not in told:
            told.add(frozenset({other, path}))
            yield (
                f"{path}: starts {minutes} minutes after {other} on {start:%Y-%m-%d at %H:%M} UTC, but a drill may "
                f"hold the source for {needed} (schedules.flexible_minutes, objectives.rto_minutes and "
                f"{TEARDOWN_MINUTES} of teardown), in which the second would be refused; start them further apart"
            )


def _together(kubernetes: Kubernetes | None, platform: Platform | None, restore: Restore | None) -> Iterator[str]:
    if (platform is None) != (restore is None):
        missing, given = ("platform", "restore") if platform is None else ("restore", "platform")
        yield f"{missing}: is missing; a platform restore needs it beside {given}"
    if restore is not None and kubernetes is None:
        yield "kubernetes: is missing; a platform restore stops and starts Coder there"


def _restored_names(source: Source, restore: Restore | None) -> Iterator[str]:
    if restore is not None and len(source.cluster) > _LONGEST_RESTORED_SOURCE and not _RESTORED.search(source.cluster):
        yield (
            f"source.cluster: {source.cluster!r} has {len(source.cluster)} characters; more than "
            f"{_LONGEST_RESTORED_SOURCE} leave a restored cluster no room for its date, its id and its instances"
        )


def _apart_from_drills(source: Source, copy_: Copy, restore: Restore | None) -> Iterator[str]:
    """A source that was itself restored lends its first name to what a restore makes, and not only its own."""
    if restore is None or not _RESTORED.search(source.cluster):
        return
    drills = f"{copy_.prefix}-"
    for made in (f"{_RESTORED.sub('', source.cluster)}-{kind}-" for kind in ("restored", "old")):
        if made.startswith(drills) or drills.startswith(made):
            yield (
                f"copy.prefix: {copy_.prefix!r} and {made!r}, by which a platform restore names clusters, match one "
                "another; drills would then be allowed to delete them"
            )


RULES: tuple[Callable[..., Iterator[str]], ...] = (
    *(_names, _length, _capacity, _zones, _subnets, _backups_key, _copys_key),
    *(_duration, _retention, _expectations, _kinds, _starts, _interval, _apart),
    *(_secrets_key, _together, _restored_names, _apart_from_drills),
    *scaling_rules.RULES,
)


def _zone(schedules: Schedules) -> ZoneInfo | None:
    try:
        return ZoneInfo(schedules.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _crons(schedules: Schedules) -> dict[str, str]:
    """The drills' expressions by their paths."""
    return {f"schedules.drills.{name}.cron": each.cron for name, each in schedules.drills.items()}


def _timeline(schedules: Schedules, kinds: Collection[str] | None = None) -> list[tuple[datetime, str]]:
    """Every start of every drill (of these recovery points) in the years looked at, in order, with its path."""
    zone = _zone(schedules)
    chosen = {name for name, each in schedules.drills.items() if kinds is None or each.recovery_point in kinds}
    paths = {f"schedules.drills.{name}.cron" for name in chosen}
    crons = {path: cron for path, cron in _crons(schedules).items() if path in paths and not strange(cron)}
    return sorted((start, path) for path, cron in crons.items() for start in starts(cron, zone)) if zone else []


def _cron(path: str, cron: str, zone: ZoneInfo) -> Iterator[str]:
    minute, hour, day, month, weekday, _year = fields(cron)
    if (day == "?") == (weekday == "?"):
        yield f"{path}: {cron!r} needs a '?' in exactly one of day of month and day of week"
    if odd := strange(cron):
        yield f"{path}: Scheduler would not take {', '.join(map(repr, odd))} in {cron!r}"
    if month == "*" and day.isdigit() and int(day) > 28:  # noqa: PLR2004  February's
        yield f"{path}: not every month has a {day}th, and Scheduler leaves the others out; write L for the last day"
    if minute.isdigit() and hour.isdigit():
        if int(minute) > 59 or int(hour) > 23:  # noqa: PLR2004  a clock's
            yield f"{path}: {cron!r} names no time of day"
        elif gone := skipped(zone, time(int(hour), int(minute)), day):
            yield (
                f"{path}: {hour}:{minute:0>2} does not exist on {gone} in {zone.key}, when the clocks go forward, "
                "and Scheduler would leave that start out; choose another hour"
            )
