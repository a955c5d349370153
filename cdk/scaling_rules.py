"""What the settings of scaling must keep to together; part of `cdk.settings_rules`."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cdk.settings import Kubernetes, Platform, ScaledGroup, Scaling, ScalingSchedule
from lambdas.scaling.crontab import Crontab, CrontabRefused, earlier, parse, skipped

# Fixed, so that the same settings get the same answer every day.
_START, _END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
_DAYS = tuple(_START.date() + timedelta(days=n) for n in range((_END - _START).days))


def _needs(kubernetes: Kubernetes | None, platform: Platform | None, scaling: Scaling | None) -> Iterator[str]:
    if scaling is None:
        return
    if kubernetes is None:
        yield "kubernetes: is missing; scaling looks there for what runs on the nodes"
    if platform is None:
        yield "platform: is missing; scaling asks Coder which workspaces run"
    elif platform.token_secret is None:
        yield "platform.token_secret: is missing; scaling asks Coder with it which workspaces run"


def _group_names(scaling: Scaling | None) -> Iterator[str]:
    """The control group holds Coder itself, and what two roles scale against one another never comes to rest."""
    seen: dict[str, str] = {}
    for path, group in _groups(scaling):
        name = group.node_group
        if scaling is not None and (name == scaling.control or name.endswith("-control")):
            yield f"{path}.node_group: {name!r} is the control group, which is never scaled; name it in scaling.control"
        if name in seen:
            yield f"{path}.node_group: {name!r} is that of {seen[name]} already; each role has a node group of its own"
        seen.setdefault(name, path)


def _sizes(scaling: Scaling | None) -> Iterator[str]:
    for path, group in _groups(scaling):
        if group.floor > group.ceiling:
            yield f"{path}.floor: {group.floor} is more than the ceiling, {group.ceiling}"
        for name, desired in group.profiles.items():
            if not group.floor <= desired <= group.ceiling and group.floor <= group.ceiling:
                yield (
                    f"{path}.profiles.{name}: {desired} is outside the floor and the ceiling, "
                    f"{group.floor} to {group.ceiling}"
                )
        for step in ("step_out", "step_in"):
            if getattr(group, step) > group.largest_step:
                yield f"{path}.{step}: {getattr(group, step)} is more than the largest_step, {group.largest_step}"
        if path.endswith(".workspace") and group.pods_per_node is not None:
            yield f"{path}.pods_per_node: workspaces are started by their users, and only provisioners scaled as pods"


def _alarms(scaling: Scaling | None) -> Iterator[str]:
    """Two thresholds so far apart that what one alarm does never rings the other."""
    for path, group in _groups(scaling):
        alarms = group.alarms
        if not alarms.enabled:
            continue
        if alarms.in_below >= alarms.out_above:
            yield f"{path}.alarms.in_below: {alarms.in_below:g} is not below out_above, {alarms.out_above:g}"
            continue
        left = max(group.floor, 1)
        after = alarms.in_below * (left + group.step_in) / left
        if after > alarms.out_above:
            yield (
                f"{path}.alarms.in_below: what loads {left + group.step_in} nodes {alarms.in_below:g} % loads {left}, "
                f"those that step_in leaves, {after:.0f} %, which is above out_above, {alarms.out_above:g}: the group "
                "would grow again at once; lower in_below or step_in"
            )
    for name, alarm in scaling.alarms.items() if scaling is not None else ():
        path = f"scaling.alarms.{name}"
        if scaling is not None and alarm.group not in scaling.groups:
            yield f"{path}.group: {alarm.group!r} is not among scaling.groups"
        if not (alarm.alarm or alarm.ok):
            yield f"{path}: asks for nothing; name alarm, ok or both"


def _times(scaling: Scaling | None) -> Iterator[str]:
    if scaling is None:
        return
    zone = _zone(scaling.time_zone)
    if zone is None:
        yield f"scaling.time_zone: {scaling.time_zone!r} is not known"
    for path, group in _groups(scaling):
        orders: dict[str, Crontab] = {}
        for name, schedule in group.schedules.items():
            place = f"{path}.schedules.{name}"
            if schedule.profile not in group.profiles:
                known = ", ".join(group.profiles) or "none"
                yield f"{place}.profile: {schedule.profile!r} is unknown; {path}.profiles has {known}"
            if schedule.ahead_minutes > group.cooldown_in_minutes:
                yield (
                    f"{place}.ahead_minutes: {schedule.ahead_minutes} is more than {path}.cooldown_in_minutes, "
                    f"{group.cooldown_in_minutes:g}: an alarm would take the nodes away again before their time comes"
                )
            try:
                orders[place] = earlier(parse(schedule.cron), schedule.ahead_minutes)
            except CrontabRefused as refused:
                yield f"{place}.ahead_minutes: {refused}"
                continue
            if zone is not None:
                yield from _skipped(place, schedule, zone)
        yield from _at_once(orders)


def _skipped(place: str, schedule: ScalingSchedule, zone: ZoneInfo) -> Iterator[str]:
    """Scheduler leaves out a start at a time that is skipped; a promise for such a time is not kept either."""
    promised = parse(schedule.cron)
    ordered = earlier(promised, schedule.ahead_minutes)
    for crontab, which in ((promised, "cron"), (ordered, "ahead_minutes"))[: 2 if schedule.ahead_minutes else 1]:
        if gone := skipped(crontab, zone, start=_START, end=_END):
            yield (
                f"{place}.{which}: {gone:%H:%M} does not exist on {gone:%Y-%m-%d} in {zone.key}, when the clocks go "
                "forward, and Scheduler would leave that start out; choose another time"
            )


def _at_once(orders: dict[str, Crontab]) -> Iterator[str]:
    """Two orders to one group in the same minute: the later one would win, and nobody knows which that is."""
    for (one, first), (other, second) in combinations(orders.items(), 2):
        times = sorted(set(first.times) & set(second.times))
        day = next((each for each in _DAYS if times and first.falls_on(each) and second.falls_on(each)), None)
        if day is not None:
            yield f"{other}.cron: starts at {times[0]:%H:%M} on {day}, as {one} does; start them further apart"


def _groups(scaling: Scaling | None) -> Iterator[tuple[str, ScaledGroup]]:
    """Each group by its path."""
    for role, group in scaling.groups.items() if scaling is not None else ():
        yield f"scaling.groups.{role}", group


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


RULES: tuple[Callable[..., Iterator[str]], ...] = (_needs, _group_names, _sizes, _alarms, _times)
