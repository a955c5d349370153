"""The names of a drill, and the guard without which no step changes anything.

Safety rule: a drill creates names under its prefix only, and changes or deletes only what bears both the prefix and
this drill's tag. IAM says the same; this module says it first, and in words.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from hashlib import sha256

from lambdas.contracts import Drill
from lambdas.errors import ProductionTargetRefused
from lambdas.settings import Settings

DRILL_TAG = "coder-day2:drill"
EXECUTION_TAG = "coder-day2:execution"
ENVIRONMENT_TAG = "coder-day2:environment"

WRITER_SUFFIX = "-writer"
# The same, as Kubernetes spells label keys; the execution's ARN has characters that only an annotation takes.
DRILL_LABEL = "coder-day2/drill"
ENVIRONMENT_LABEL = "coder-day2/environment"
EXECUTION_ANNOTATION = "coder-day2/execution"

# An RDS identifier takes 63 characters: the cluster's name must leave room for its writer's.
LONGEST_TARGET = 63 - len(WRITER_SUFFIX)

_ID_DIGITS = 8
_NO_LABEL = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST_LABEL = 63
# Stricter than RDS, which folds upper case: the same name is a Kubernetes namespace, which takes none.
_IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9])*")


def drill_id(*, execution: str, started_at: datetime) -> str:
    """`YYYYMMDD-` and 8 hexadecimal digits; the same for every retry and redrive of one execution."""
    digest = sha256(execution.encode()).hexdigest()[:_ID_DIGITS]
    return f"{started_at.astimezone(UTC):%Y%m%d}-{digest}"


def target_of(drill: str, settings: Settings) -> str:
    """The name of a drill's cluster and namespace."""
    return f"{settings.prefix}-{drill}"


def writer_of(target: str) -> str:
    """The name of the one instance of `target`."""
    return f"{target}{WRITER_SUFFIX}"


def tags(drill: Drill) -> dict[str, str]:
    """What everything that a drill creates is tagged with."""
    return {DRILL_TAG: drill.id, EXECUTION_TAG: drill.execution, ENVIRONMENT_TAG: drill.environment}


def labels(drill: Drill) -> dict[str, str]:
    """What a drill's Kubernetes objects are labelled with."""
    return {DRILL_LABEL: drill.id, ENVIRONMENT_LABEL: label_value(drill.environment)}


def label_value(text: str) -> str:
    """`text` as a label's value: letters, digits, `-`, `_`, `.`; at most 63, the first and last alphanumeric."""
    return _NO_LABEL.sub("-", text)[:_LONGEST_LABEL].strip("-_.")


def is_under_prefix(name: str, settings: Settings) -> bool:
    """Whether `name` is the prefix, a hyphen and something more."""
    return name.lower().startswith(f"{settings.prefix.lower()}-") and len(name) > len(settings.prefix) + 1


def is_restorable(snapshot: str, settings: Settings) -> bool:
    """Whether IAM lets drills restore a snapshot of this name; whose it is, the name does not tell."""
    return any(fnmatchcase(snapshot.lower(), pattern) for pattern in settings.snapshot_patterns)


def name_faults(name: str, settings: Settings) -> tuple[str, ...]:
    """Everything that keeps `name` from being a drill's cluster. Empty when it may be one.

    RDS: letters, digits and single hyphens, first a letter, no hyphen at the end, at most 63 characters
    (CreateDBCluster, API reference).
    """
    faults = []
    if not _IDENTIFIER.fullmatch(name):
        faults.append(
            "is no cluster identifier: lower-case letters, digits and single hyphens, first a letter, last no hyphen"
        )
    if len(name) > LONGEST_TARGET:
        faults.append(f"has {len(name)} characters, more than the {LONGEST_TARGET} that leave room for its writer")
    if not is_under_prefix(name, settings):
        faults.append(f"does not begin with {settings.prefix}-")
    if name.lower() == settings.source.lower():
        faults.append("is the source itself")
    if is_under_prefix(settings.source, settings):
        faults.append(f"cannot be told from production: the source {settings.source} bears the drills' prefix")
    return tuple(faults)


def require_drill_name(name: str, settings: Settings) -> str:
    """`name`, or ProductionTargetRefused when it is not a drill's. Every changing step asks this first."""
    faults = name_faults(name, settings)
    if faults:
        raise ProductionTargetRefused(
            f"A drill may not touch this name: it {'; it '.join(faults)}.",
            resource=name,
            next_step=f"Name a target that begins with {settings.prefix}-, or correct the settings' prefix and source.",
        )
    return name


def require_drill(drill: Drill, settings: Settings) -> Drill:
    """`drill`, or ProductionTargetRefused when any of its names is not a drill's own."""
    require_drill_name(drill.target, settings)
    for name, expected in ((drill.writer, writer_of(drill.target)), (drill.namespace, drill.target)):
        if name != expected:
            raise ProductionTargetRefused(
                f"The name does not follow from the drill's target {drill.target}: {expected} was expected.",
                resource=name,
                next_step="Start a new drill; its names are made by its first step.",
            )
    return drill


def bears_tag(found: Mapping[str, str], drill: Drill) -> bool:
    """Whether the tags on a resource are this drill's."""
    return found.get(DRILL_TAG) == drill.id and found.get(ENVIRONMENT_TAG) == drill.environment


def bears_labels(found: Mapping[str, str], drill: Drill) -> bool:
    """Whether the labels on an object are this drill's."""
    return all(found.get(key) == value for key, value in labels(drill).items())


def require_tag(name: str, found: Mapping[str, str], drill: Drill) -> None:
    """Raise ProductionTargetRefused unless `found`, the tags on the resource `name`, are this drill's."""
    if not bears_tag(found, drill):
        raise ProductionTargetRefused(
            f"It exists and is not this drill's: its tag {DRILL_TAG} is {found.get(DRILL_TAG, 'absent')}, "
            f"not {drill.id}.",
            resource=name,
            next_step="Look who made it; delete it by hand if it is not needed, then start again.",
        )
