"""What is asked of a deployed schedule, judged as at synthesis: every fault at once, before anything is changed."""

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cdk.environments import FOLDER, SettingsError, check, sentence
from cdk.settings import EnvironmentSettings, Scaling, ScalingSchedule
from day2.scaling.deployed import Standing
from lambdas.errors import InputRejected

OPTIONS = {"cron": "--cron", "profile": "--profile", "ahead_minutes": "--ahead"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which schedule, and what of it changes; None: as it is deployed."""

    role: str
    name: str
    cron: str | None = None
    profile: str | None = None
    ahead_minutes: int | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The settings' fields that are asked for."""
        values = {"cron": self.cron, "profile": self.profile, "ahead_minutes": self.ahead_minutes}
        return {name: value for name, value in values.items() if value is not None}


def aim(tables: Mapping[str, Any], asked: Asked, *, environment: str, folder: Path = FOLDER) -> EnvironmentSettings:
    """The environment's settings, in which the role and the schedule that are asked for were found.

    Raises:
        InputRejected: one of them is unknown, nothing is asked for, or the settings cannot be deployed as they are;
            with every fault in the options.
    """
    try:
        settings = check(tables, environment=environment, folder=folder)
    except SettingsError as wrong:
        raise InputRejected((*wrong.problems, *_malformed(asked).values())) from wrong
    faults = [*_unknown(settings.scaling, asked, environment)]
    if not asked.fields:
        faults.append("nothing is asked for; name --cron, --profile or --ahead")
    if faults:
        raise InputRejected((*faults, *_malformed(asked).values()))
    return settings


def _unknown(scaling: Scaling | None, asked: Asked, environment: str) -> Iterator[str]:
    if scaling is None:
        yield f"config/{environment}.toml has no table [scaling]: nothing is scaled by the clock"
        return
    role = role_of(asked.role, scaling)
    if role is None and asked.role == scaling.control:
        yield f"ROLE: {asked.role!r} is the control group: it is Coder's own and never scaled"
    elif role is None:
        known = ", ".join(f"{role} ({group.node_group})" for role, group in scaling.groups.items())
        yield f"ROLE: {asked.role!r} is none of {known}"
    elif asked.name not in (names := scaling.groups[role].schedules):  # type: ignore[index]  # one of its own
        yield f"NAME: {asked.name!r} is no schedule of {role}; the settings have {', '.join(names) or 'none'}"


def role_of(written: str, scaling: Scaling) -> str | None:
    """The role that is meant by `workspace`, `workspaces` or the node group's name."""
    return next(
        (role for role, group in scaling.groups.items() if written in (role, f"{role}s", group.node_group)), None
    )


def _malformed(asked: Asked) -> dict[str, str]:
    """The fields that are wrong by themselves, each with its fault."""
    try:
        ScalingSchedule.model_validate({"cron": "0 0 * * *", "profile": "any", **asked.fields})
    except ValidationError as refused:
        return {str(each["loc"][0]): f"{OPTIONS[str(each['loc'][0])]}{_after_path(each)}" for each in refused.errors()}
    return {}


def _after_path(fault: Any) -> str:
    return ":" + sentence(fault).partition(":")[2]


def around(tables: Mapping[str, Any], others: Collection[Standing]) -> dict[str, Any]:
    """The tables with these schedules as they are deployed, where the settings can say it."""
    changed = deepcopy(dict(tables))
    for each in others:
        if each.deployed is not None and each.deployed != each.settings:
            _schedules(changed, each.role)[each.name] = each.deployed.model_dump()
    return changed


def judged(
    others: Mapping[str, Any], mine: Standing, fields: Mapping[str, Any], *, environment: str, folder: Path
) -> list[str]:
    """The faults that the change makes, as the options that make them. What is wrong by itself hides no other fault."""
    wrong = {
        option: text
        for option, text in _malformed(Asked(role=mine.role, name=mine.name, **fields)).items()
        if option in fields
    }
    base = (mine.deployed or mine.settings).model_dump()
    sound = {name: value for name, value in fields.items() if name not in wrong}
    changed = deepcopy(dict(others))
    _schedules(changed, mine.role)[mine.name] = {**base, **sound}
    before = _problems(others, environment, folder)
    place = f"scaling.groups.{mine.role}.schedules.{mine.name}"
    found = [each for each in _problems(changed, environment, folder) if each not in before or place in each]
    for name, option in OPTIONS.items():
        found = [each.replace(f"{place}.{name}: ", f"{option}: ", 1) for each in found]
    return [*wrong.values(), *found]


def _problems(tables: Mapping[str, Any], environment: str, folder: Path) -> tuple[str, ...]:
    try:
        check(tables, environment=environment, folder=folder)
    except SettingsError as wrong:
        return wrong.problems
    return ()


def _schedules(tables: Mapping[str, Any], role: str) -> dict[str, Any]:
    schedules: dict[str, Any] = tables["scaling"]["groups"][role]["schedules"]
    return schedules
