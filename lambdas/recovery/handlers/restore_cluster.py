"""RestoreCluster: start the restore beside production, or adopt the one this drill started."""

from typing import Any

from lambdas.adapters import rds
from lambdas.contracts import Blueprint, Drill, RecoveryPoint
from lambdas.errors import ServiceBusy
from lambdas.recovery import names
from lambdas.recovery.restoring import restore_order
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `drill`, `recovery_point`, `blueprint`; tell what is being restored and how large it may grow."""
    drill = names.require_drill(call.take(Drill, "drill"), call.settings)
    point, blueprint = call.take(RecoveryPoint, "recovery_point"), call.take(Blueprint, "blueprint")
    order = restore_order(drill, point, blueprint, settings=call.settings)
    cluster = rds.door().cluster(drill.target)
    adopted = cluster is not None
    if cluster is None:
        cluster = rds.door().restore(order)
    if cluster is None:
        raise ServiceBusy(
            "The name was taken between the look and the restore.",
            resource=drill.target,
            next_step="Nothing to do: the step is tried again and sees whose it is.",
        )
    if adopted:
        names.require_tag(drill.target, cluster.tags, drill)
    return {
        "cluster": drill.target,
        "resource_id": cluster.resource_id,
        "engine_version": cluster.engine_version,
        "min_acu": order.min_acu,
        "max_acu": order.max_acu,
        "parameter_group": order.parameter_group,
        "adopted": adopted,
    }
