"""The timetable of a deployed environment: its schedules as they are in AWS, marked where a hand has changed them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cdk.names import Names
from cdk.settings import EnvironmentSettings, Scaling
from day2.cli.scale_group import deployment_of
from day2.doctor.checks import REMAINING, SCHEDULES, Subject, examine, scheduled_actions, schedules
from day2.doctor.findings import Result
from day2.scaling.deployed import Standing, standings
from day2.scaling.scheduler import Scheduler


@dataclass(frozen=True, slots=True, kw_only=True)
class InPlace:
    """What is deployed.

    scaling   the settings, with the schedules as they are deployed where settings can say them
    changed   role and name of those that differ from the settings
    disabled  of those that start nothing
    found     every difference, and the scheduled actions that remain on the groups
    """

    scaling: Scaling
    changed: frozenset[tuple[str, str]] = frozenset()
    disabled: frozenset[tuple[str, str]] = frozenset()
    found: tuple[Result, ...] = ()


def in_place(settings: EnvironmentSettings, scaling: Scaling, *, local: bool) -> InPlace:
    """What is deployed of these settings, on the engine or in AWS.

    Raises:
        EngineNotAvailable, NotDeployed, AccessRefused, RequestRefused, ServiceBusy: it cannot be told.
    """
    environment = settings.environment
    deployment = deployment_of(environment, local=local)
    names = Names(settings=settings)
    told = Scheduler(deployment.clients("scheduler"), names.scaling_schedule_group).schedules()
    standing = standings(names, scaling, told)
    subject = Subject(deployment=deployment, settings=settings, where="" if local else f"--aws --env {environment}")
    return InPlace(
        scaling=as_deployed(scaling, standing),
        changed=frozenset((each.role, each.name) for each in standing if each.differences),
        disabled=frozenset((each.role, each.name) for each in standing if each.disabled),
        found=examine(subject, {SCHEDULES: schedules, REMAINING: scheduled_actions}),
    )


def as_deployed(scaling: Scaling, found: Iterable[Standing]) -> Scaling:
    """The settings with these schedules; one that no setting can say stays as it is in them."""
    read: Mapping[tuple[str, str], Standing] = {(each.role, each.name): each for each in found}
    groups = {}
    for role, group in scaling.groups.items():
        schedules = {
            name: deployed if (deployed := read[role, name].deployed) and deployed.profile in group.profiles else each
            for name, each in group.schedules.items()
        }
        groups[role] = group.model_copy(update={"schedules": schedules})
    return scaling.model_copy(update={"groups": groups})
