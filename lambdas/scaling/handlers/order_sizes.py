"""OrderSizes: the three sizes of a node group, together, in one update of EKS."""

from typing import Any

from lambdas.adapters import aws, node_groups
from lambdas.adapters.scalings import Scalings
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import ScalingRun, Sizes
from lambdas.scaling.ordering import never_lower
from lambdas.scaling.present import group_of


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run` and `sizes`; give the `update` to follow, the sizes that were `ordered`, and when.

    Asked again after the order it is the same order, by its token.
    """
    run = call.take(ScalingRun, "run")
    group = group_of(run.cluster, run.node_group, run.demand.role)
    sizes = never_lower(call.take(Sizes, "sizes"), than=group.sizes)
    token = f"{run.id}-{call.context.state}-{sizes.smallest}-{sizes.desired}-{sizes.largest}"
    update = node_groups.door().resize(group, sizes, cluster=run.cluster, token=token)
    if sizes.desired > group.sizes.desired:
        scalings = Scalings(call.settings.evidence.table, aws.client("dynamodb"))
        scalings.note_change(run.node_group, grown=True, at=call.now)
    return {"update": update.id, "sizes": sizes, "ordered_at": call.context.entered_at}
