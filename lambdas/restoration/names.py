"""The names of a platform restore, and the guard without which none of its steps changes a cluster.

Three clusters may be changed, and no other: the source, what this restore made beside it, and the source under the name
that swap-identifiers gives it. IAM says the same by names; this module says it first, and in words.
"""

import re
from collections.abc import Mapping, Sequence

from lambdas.errors import PlanRefused, ProductionTargetRefused
from lambdas.recovery.database import Cluster
from lambdas.recovery.names import ENVIRONMENT_TAG, EXECUTION_TAG
from lambdas.restore_contracts import Restoration
from lambdas.settings import Platform, Restore, Settings

RESTORE_TAG = "coder-day2:restore"
# What a restore has put on a cluster and its instances: whether the platform serves from it, as far as a restore knows.
# Without it nothing is known, and a retirement touches only what bears RESTING.
SERVING_TAG = "coder-day2:serving"
SERVES, RESTING = "yes", "no"

# An RDS identifier takes 63 characters; the instances' names are the cluster's and a number.
LONGEST_TARGET = 63 - len("-15")
_IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9])*")


def of(settings: Settings) -> Restore:
    """How restores go here. Raises PlanRefused where the settings describe no platform to restore."""
    if settings.restore is None:
        raise _no_platform(settings)
    return settings.restore


def platform_of(settings: Settings) -> Platform:
    """The platform that is restored. As `of`."""
    if settings.platform is None:
        raise _no_platform(settings)
    return settings.platform


def _no_platform(settings: Settings) -> PlanRefused:
    return PlanRefused(
        "This environment's settings describe no platform to restore.",
        resource=settings.environment,
        next_step="Give it the tables [platform] and [restore], and deploy again.",
    )


def target_of(restore: str, settings: Restore) -> str:
    """`coder-prod-aurora-restored-20261123-0a1b2c3d`."""
    return f"{settings.restored}{restore}"


def old_name_of(restore: str, settings: Restore) -> str:
    """`coder-prod-aurora-old-20261123-0a1b2c3d`."""
    return f"{settings.old}{restore}"


def others(clusters: Sequence[Cluster], *, source: str, settings: Settings) -> dict[str, str]:
    """Endpoint -> name of the clusters that restores have made or set aside, but for the source itself."""
    restore = of(settings)
    return {
        each.endpoint: each.name
        for each in clusters
        if each.endpoint and each.name != source and each.name.startswith((restore.restored, restore.old))
    }


def instance_of(cluster: str, number: int) -> str:
    """`<cluster>-1`, the writer; the readers count on."""
    return f"{cluster}-{number}"


def target_faults(name: str, *, source: str, settings: Restore) -> tuple[str, ...]:
    """Everything that keeps `name` from being a restored cluster of `source`. Empty when it may be one."""
    faults = []
    if not _IDENTIFIER.fullmatch(name):
        faults.append(
            "is no cluster identifier: lower-case letters, digits and single hyphens, first a letter, last no hyphen"
        )
    if len(name) > LONGEST_TARGET:
        faults.append(f"has {len(name)} characters, more than the {LONGEST_TARGET} that leave room for its instances")
    if not name.startswith(settings.restored) or name == settings.restored:
        faults.append(f"does not begin with {settings.restored}")
    if name == source:
        faults.append("is the source itself")
    return tuple(faults)


def tags(restoration: Restoration) -> dict[str, str]:
    """What a restore's cluster and instances are tagged with, beside the source's own tags."""
    return {
        RESTORE_TAG: restoration.id,
        EXECUTION_TAG: restoration.execution,
        ENVIRONMENT_TAG: restoration.environment,
        SERVING_TAG: RESTING,
    }


def require_target(restoration: Restoration, settings: Settings) -> Restoration:
    """`restoration`, or ProductionTargetRefused when its target could be a cluster that was there before."""
    faults = target_faults(restoration.target, source=restoration.source, settings=of(settings))
    if faults:
        raise ProductionTargetRefused(
            f"A restore may not make this cluster: it {'; it '.join(faults)}.",
            resource=restoration.target,
            next_step="Start a new restore; its names are made by its first step.",
        )
    return restoration


def require_own(name: str, found: Mapping[str, str], restoration: Restoration) -> None:
    """Raise ProductionTargetRefused unless `found`, the tags on the resource `name`, are this restore's."""
    if found.get(RESTORE_TAG) != restoration.id or found.get(ENVIRONMENT_TAG) != restoration.environment:
        raise ProductionTargetRefused(
            f"It exists and is not this restore's: its tag {RESTORE_TAG} is {found.get(RESTORE_TAG, 'absent')}, "
            f"not {restoration.id}.",
            resource=name,
            next_step="Look who made it, name another target, and start again.",
        )
