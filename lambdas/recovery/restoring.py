"""How the copy is made: everything the restore call is told, decided before any call.

What a restore leaves out falls back to something unwanted (the default security group, the default parameter group,
the Region's default engine version), so all of it is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from lambdas.contracts import Blueprint, Drill, RecoveryPoint
from lambdas.recovery import names
from lambdas.settings import Settings

# A wait goes on past the objective, so that a late restore is measured and fails on its figure, not on our patience;
# half as much again tells a slow restore from one that never ends.
PATIENCE = 1.5
# The state machine's own TimeoutSeconds (8 h), and an hour for clocks and the last function: after that no state
# of the execution can still be at work, and its lock may be taken over.
LONGEST_EXECUTION = timedelta(hours=9)
SERVERLESS = "db.serverless"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOrder:
    """One restore. `parameter_group` and `kms_key` None leave the choice to RDS: the default, the recovery point's.

    The defaults are those of a drill's copy, which is looked at and deleted. `min_acu`, `max_acu` None: the instances
    are not Serverless v2.
    """

    target: str
    point: RecoveryPoint
    port: int
    subnet_group: str
    security_groups: tuple[str, ...]
    parameter_group: str | None
    kms_key: str | None
    min_acu: float | None
    max_acu: float | None
    tags: Mapping[str, str]
    backup_retention_days: int = 1
    iam_authentication: bool = False
    deletion_protection: bool = False
    copy_tags_to_snapshot: bool = False
    log_exports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceOrder:
    """One instance of a restored cluster; None leaves the choice to RDS."""

    name: str
    cluster: str
    engine: str
    tags: Mapping[str, str]
    instance_class: str = SERVERLESS
    zone: str | None = None
    promotion_tier: int | None = None
    parameter_group: str | None = None


def restore_order(drill: Drill, point: RecoveryPoint, blueprint: Blueprint, *, settings: Settings) -> RestoreOrder:
    """The copy of `point`, beside production, in the drill's own security group only."""
    return RestoreOrder(
        target=names.require_drill_name(drill.target, settings),
        point=point,
        port=settings.database.port,
        subnet_group=settings.database.subnet_group,
        security_groups=(settings.database.security_group,),
        parameter_group=parameter_group(point, blueprint, settings),
        kms_key=(settings.database.kms_key or point.kms_key) if point.encrypted else settings.database.kms_key,
        min_acu=settings.database.min_acu,
        max_acu=settings.database.max_acu,
        tags=names.tags(drill),
    )


def parameter_group(point: RecoveryPoint, blueprint: Blueprint, settings: Settings) -> str | None:
    """The settings' cluster parameter group, else the source's; None when the source's is of another major version.

    IAM lets a drill use no other than the settings', where they name one. A parameter group's family is bound to a
    major version: the group of a source that was upgraded since the recovery point would make the restore fail.
    """
    if settings.database.cluster_parameter_group is not None:
        return settings.database.cluster_parameter_group
    if blueprint.engine_version is not None and major(blueprint.engine_version) != major(point.engine_version):
        return None
    return blueprint.cluster_parameter_group


def major(version: str) -> str:
    """`15` of `15.4`."""
    return version.partition(".")[0]
