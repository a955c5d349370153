"""What the clock starts for node groups: each schedule as it is deployed, from the settings alone.

The construct deploys these; `day2` compares what is deployed with them, and changes it to them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cdk.names import READY, SCALE
from cdk.settings import Scaling, ScalingSchedule
from lambdas.scaling.crontab import earlier, expression, parse

# Scheduler replaces it at delivery; the first step claims this slot, so that a second delivery does nothing.
SLOT = "<aws.scheduler.scheduled-time>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One schedule of EventBridge Scheduler.

    cron      when, in Scheduler's six fields and the settings' zone
    workflow  the machine that it starts, as in `cdk.names`
    what      its description
    request   the machine's input
    """

    name: str
    cron: str
    workflow: str
    what: str
    request: Mapping[str, str]


def starts(scaling: Scaling) -> Iterator[Start]:
    """Every schedule of every group. The settings have been checked."""
    for role, group in scaling.groups.items():
        for name, schedule in group.schedules.items():
            yield from starts_of(role, name, schedule)


def starts_of(role: str, name: str, schedule: ScalingSchedule) -> tuple[Start, ...]:
    """`<role>-<name>`; of one that is ordered ahead also `<role>-<name>-ready`, when it promises its nodes.

    Raises:
        CrontabRefused: its times cannot be written in one expression.
    """
    order = order_of(role, name, schedule)
    return (order, check_of(role, name, schedule)) if schedule.ahead_minutes else (order,)


def order_of(role: str, name: str, schedule: ScalingSchedule) -> Start:
    """What orders the nodes. Raises CrontabRefused."""
    return Start(
        name=f"{role}-{name}",
        cron=expression(earlier(parse(schedule.cron), schedule.ahead_minutes)),
        workflow=SCALE,
        what=f"The nodes of {role}s to {schedule.profile}, for {schedule.cron}",
        request={
            "group": role,
            "profile": schedule.profile,
            "when_blocked": schedule.when_blocked,
            "schedule": f"{role}-{name}",
            "slot": SLOT,
        },
    )


def check_of(role: str, name: str, schedule: ScalingSchedule) -> Start:
    """What looks whether they are Ready at the time for which they are ordered. Raises CrontabRefused."""
    return Start(
        name=f"{role}-{name}-ready",
        cron=expression(parse(schedule.cron)),
        workflow=READY,
        what=f"Whether the nodes of {role}s are Ready that {role}-{name} promises for {schedule.cron}",
        request={"group": role, "profile": schedule.profile, "schedule": f"{role}-{name}", "slot": SLOT},
    )
