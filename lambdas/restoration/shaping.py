"""How the restored cluster is shaped: like the source, as it is or as it was last seen.

What a restore leaves out falls back to something unwanted (the default security group, no deletion protection, no log
exports, one instance), so all of it is said.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from lambdas.contracts import Blueprint, InstanceShape, RecoveryPoint
from lambdas.recovery.database import ENGINE
from lambdas.recovery.restoring import SERVERLESS, InstanceOrder, RestoreOrder, major
from lambdas.restoration import fencing, names
from lambdas.restore_contracts import Restoration
from lambdas.settings import Settings

ShapeOrigin = Literal["the source as it is", "the last drill's blueprint", "the settings"]
SOURCE: ShapeOrigin = "the source as it is"
# CreateDBCluster takes no tag of AWS's own; a copied one would make the whole call fail.
_RESERVED = "aws:"
_LOWEST_RETENTION_DAYS = 1


def shape_of(found: Blueprint, *, recorded: Blueprint | None, settings: Settings) -> tuple[Blueprint, ShapeOrigin]:
    """The shape to restore to, and where it is from: the living source, the last recorded one, or the settings.

    `found` is what the inventory tells, `described` where the source exists. One that an earlier restore has left
    fenced tells the fence's group instead of its own: those are then the recorded ones, or the settings'.
    """
    known = fencing.unfenced(recorded.security_groups, settings) if recorded else ()
    groups = known or (settings.restore.security_groups if settings.restore else ())
    if found.described:
        return replace(found, security_groups=fencing.unfenced(found.security_groups, settings) or groups), SOURCE
    if recorded is not None:
        # What the recovery point itself knows better than a drill of some weeks ago.
        shape = replace(recorded, described=False, master_username=found.master_username, security_groups=groups)
        return shape, "the last drill's blueprint"
    database = settings.database
    return replace(found, security_groups=groups, min_acu=database.min_acu, max_acu=database.max_acu), "the settings"


def shape_fault(shape: Blueprint) -> str | None:
    """Why no production cluster can be made of this shape. None when one can."""
    if shape.security_groups:
        return None
    return (
        "the source is gone or still fenced by an earlier restore, no drill has recorded its security groups, and the "
        "settings' restore.security_groups is empty: the restored cluster would get the VPC's default security group"
    )


def restore_order(
    restoration: Restoration, point: RecoveryPoint, shape: Blueprint, *, settings: Settings
) -> RestoreOrder:
    """The restored cluster: the source's shape, protected from deletion.

    The verifier's own group is one of its groups until the restore is over: by it the functions reach it, whatever the
    source's groups admit.
    """
    names.require_target(restoration, settings)
    low, high = (shape.min_acu, shape.max_acu) if serverless(shape) else (None, None)
    return RestoreOrder(
        target=restoration.target,
        point=point,
        port=shape.port,
        subnet_group=shape.subnet_group,
        security_groups=(*shape.security_groups, settings.database.security_group),
        parameter_group=parameter_group(point, shape),
        kms_key=shape.kms_key or point.kms_key,
        min_acu=low if low is not None or high is None else settings.database.min_acu,
        max_acu=high,
        tags={**own_tags(shape), **names.tags(restoration)},
        backup_retention_days=max(shape.backup_retention_days or 0, _LOWEST_RETENTION_DAYS),
        iam_authentication=shape.iam_authentication,
        deletion_protection=True,
        copy_tags_to_snapshot=shape.copy_tags_to_snapshot,
        log_exports=shape.log_exports,
    )


def parameter_group(point: RecoveryPoint, shape: Blueprint) -> str | None:
    """The source's cluster parameter group; None, the default one, when it is of another major version."""
    if shape.engine_version is not None and major(shape.engine_version) != major(point.engine_version):
        return None
    return shape.cluster_parameter_group


def own_tags(shape: Blueprint) -> dict[str, str]:
    """The source's tags, without AWS's own and ours, which say who made that cluster and not this one."""
    return {key: value for key, value in shape.tags.items() if not key.startswith((_RESERVED, "coder-day2:"))}


def serverless(shape: Blueprint) -> bool:
    """Whether any of its instances is Serverless v2; also where none is known."""
    return not shape.members or any(each.instance_class == SERVERLESS for each in shape.members)


def instance_orders(restoration: Restoration, point: RecoveryPoint, shape: Blueprint) -> tuple[InstanceOrder, ...]:
    """The writer first, then as many readers as the source had, each in another zone as far as there are any."""
    members = sorted(shape.members, key=lambda each: (not each.writer, each.name)) or _unknown_members(shape)
    same_major = shape.engine_version is None or major(shape.engine_version) == major(point.engine_version)
    zones = spread(members, shape.availability_zones)
    return tuple(
        InstanceOrder(
            name=names.instance_of(restoration.target, number),
            cluster=restoration.target,
            engine=ENGINE,
            tags={**own_tags(shape), **names.tags(restoration)},
            instance_class=each.instance_class,
            zone=zone,
            promotion_tier=each.promotion_tier,
            parameter_group=each.parameter_group if same_major else None,
        )
        for number, (each, zone) in enumerate(zip(members, zones, strict=True), start=1)
    )


def spread(members: Sequence[InstanceShape], zones: Sequence[str]) -> list[str | None]:
    """A zone for each: its own where no other has it yet, else one that nobody has, else AWS's choice (None)."""
    taken: list[str | None] = []
    for each in members:
        free = [zone for zone in zones if zone not in taken and zone not in {other.zone for other in members}]
        own = each.zone if each.zone is not None and each.zone not in taken else None
        taken.append(own or (free[0] if free and each.zone is not None else None))
    return taken


def _unknown_members(shape: Blueprint) -> list[InstanceShape]:
    """As many as were counted, and one where none was: a writer."""
    count = max(shape.instances, 1)
    return [
        InstanceShape(name=str(number), instance_class=SERVERLESS, writer=number == 1) for number in range(1, count + 1)
    ]
