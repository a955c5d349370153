"""OrderSizes: the three sizes of a node group, together, in one update of EKS."""

from typing import Any

from lambdas.adapters import aws, node_groups
from lambdas.adapters.scalings import Scalings
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import Group, ScalingRun, Sizes


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run`, `held`'s `group` and `sizes`; give the `update` to follow, and when it was ordered."""
    run, group, sizes = call.take(ScalingRun, "run"), call.take(Group, "group"), call.take(Sizes, "sizes")
    now = node_groups.door().group(run.cluster, run.node_group, run.demand.role)
    # Asked again after the order, or redriven: an order that stands is followed, not given twice.
    token = f"{run.id}-{call.context.state}-{sizes.smallest}-{sizes.desired}-{sizes.largest}"
    update = node_groups.door().resize(now, sizes, cluster=run.cluster, token=token)
    if sizes.desired > group.sizes.desired:
        scalings = Scalings(call.settings.evidence.table, aws.client("dynamodb"))
        scalings.note_change(run.node_group, grown=True, at=call.now)
    return {"update": update.id, "ordered_at": call.context.entered_at}
