"""RestoreBeside: start the restore beside the source, shaped like it, or adopt the one this restore started."""

from typing import Any

from lambdas.adapters import rds
from lambdas.contracts import Blueprint, RecoveryPoint
from lambdas.errors import ServiceBusy
from lambdas.restoration import names
from lambdas.restoration.shaping import restore_order
from lambdas.restore_contracts import Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`, `recovery_point`, `blueprint`; tell what is being restored."""
    restoration = names.require_target(call.take(Restoration, "restoration"), call.settings)
    order = restore_order(
        restoration,
        call.take(RecoveryPoint, "recovery_point"),
        call.take(Blueprint, "blueprint"),
        settings=call.settings,
    )
    cluster = rds.door().cluster(restoration.target)
    adopted = cluster is not None
    if cluster is None:
        cluster = rds.door().restore(order)
    if cluster is None:
        raise ServiceBusy(
            "The name was taken between the look and the restore.",
            resource=restoration.target,
            next_step="Nothing to do: the step is tried again and sees whose it is.",
        )
    if adopted:
        names.require_own(restoration.target, cluster.tags, restoration)
    return {
        "cluster": restoration.target,
        "resource_id": cluster.resource_id,
        "arn": cluster.arn,
        "engine_version": cluster.engine_version,
        "security_groups": order.security_groups,
        "parameter_group": order.parameter_group,
        "adopted": adopted,
    }
