"""The checks of `day2 doctor`, in the order in which they are told."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from cdk.names import Names
from cdk.settings import EnvironmentSettings
from day2.doctor.findings import Finding, Result, Skip
from day2.drill.deployment import Deployment
from day2.scaling import left_cordoned, remaining
from day2.scaling.by_hand import findings
from day2.scaling.deployed import standings, unknown
from day2.scaling.scheduler import Scheduler
from lambdas.errors import Day2Error

REMAINING, SCHEDULES, CORDONED = "scheduled-actions", "schedules", "cordoned-nodes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is looked at. `where`: the options by which commands reach it, such as `--aws --env prod`."""

    deployment: Deployment
    settings: EnvironmentSettings
    where: str


Look = Callable[[Subject], Iterable[Result]]


def scheduled_actions(subject: Subject) -> Iterator[Finding]:
    """Scheduled actions that are left on the Auto Scaling groups of the settings' node groups."""
    names = Names(settings=subject.settings)
    for role, group in names.node_groups.items():
        actions = remaining.actions(subject.deployment.clients, names.kubernetes_name, group, role)
        yield from remaining.findings(actions, check=REMAINING, region=subject.settings.aws.region)


def schedules(subject: Subject) -> Iterator[Finding]:
    """Schedules that are not deployed as the settings say, or disabled."""
    names, scaling = Names(settings=subject.settings), subject.settings.scaling
    if scaling is None:
        return
    told = Scheduler(subject.deployment.clients("scheduler"), names.scaling_schedule_group).schedules()
    yield from findings(
        standings(names, scaling, told),
        tuple(unknown(scaling, told)),
        check=SCHEDULES,
        group=names.scaling_schedule_group,
        environment=subject.settings.environment,
        where=subject.where,
    )


def cordoned_nodes(subject: Subject) -> Iterator[Result]:
    """Nodes that a scaling cordoned which no longer runs."""
    names = Names(settings=subject.settings)
    yield from left_cordoned.look(
        subject.deployment, names.kubernetes_name, tuple(names.node_groups.values()), check=CORDONED
    )


CHECKS: Mapping[str, Look] = {REMAINING: scheduled_actions, SCHEDULES: schedules, CORDONED: cordoned_nodes}


def examine(subject: Subject, checks: Mapping[str, Look] = CHECKS) -> tuple[Result, ...]:
    """What every check tells. One that is refused an answer is itself a finding: unknown is not absent."""
    if subject.settings.scaling is None:
        return tuple(Skip(check=name, reason="the settings scale no node group") for name in checks)
    found: list[Result] = []
    for name, look in checks.items():
        try:
            found += look(subject)
        except Day2Error as refusal:
            found.append(
                Finding(
                    check=name,
                    what=f"Could not look: {refusal.what}",
                    resource=refusal.resource,
                    next_step=refusal.next_step,
                )
            )
    return tuple(found)
