"""Deployed schedules that differ from the settings, as findings: each with what puts it back."""

import shlex
from collections.abc import Iterable, Iterator

from cdk.settings import ScalingSchedule
from day2.doctor.findings import Finding
from day2.scaling.deployed import Difference, Standing


def findings(  # noqa: PLR0913  what the sentences name
    found: Iterable[Standing],
    strange: Iterable[Difference],
    *,
    check: str,
    group: str,
    environment: str,
    where: str,
) -> Iterator[Finding]:
    """One for each difference; `strange` are the schedules that the settings do not have."""
    for standing in found:
        for each in standing.differences:
            yield Finding(
                check=check,
                what=f"Schedule {each.schedule} {each.what}.",
                resource=f"{group}/{each.schedule}",
                next_step=_next_step(each, standing, group=group, environment=environment, where=where),
            )
    for each in strange:
        yield Finding(
            check=check,
            what=f"Schedule {each.schedule} {each.what}.",
            resource=f"{group}/{each.schedule}",
            next_step=f"aws scheduler delete-schedule --group-name {group} --name {shlex.quote(each.schedule)}",
        )


def _next_step(each: Difference, standing: Standing, *, group: str, environment: str, where: str) -> str:
    match each.kind:
        case "missing":
            # One that was deleted by hand is no change of the template, so that a deployment alone does not bring it.
            return (
                f"`make deploy ENV={environment}` makes one that is new in the settings. One deleted by hand comes "
                "back when it is taken out of the settings, deployed, put in again, and deployed."
            )
        case "disabled":
            return f"Enable it in the console of EventBridge Scheduler, group {group}, unless that is meant."
        case "otherwise":
            return f"Correct it in the console of EventBridge Scheduler, group {group}, or change the settings."
        case "changed" | "unknown":
            return back(standing.role, standing.name, standing.settings, where=where)


def back(role: str, name: str, schedule: ScalingSchedule, *, where: str) -> str:
    """The command that deploys the settings' schedule again."""
    words = ("day2", "schedule", "set", role, name, "--cron", schedule.cron, "--profile", schedule.profile)
    return f"{shlex.join((*words, '--ahead', str(schedule.ahead_minutes)))} {where}".rstrip()
