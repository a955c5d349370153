"""AwaitNodes: nodes are there when they are Ready, not when they are desired."""

from datetime import timedelta
from typing import Any

from lambdas import payload
from lambdas.errors import CapacityMissing, NodesNotReady
from lambdas.platform.place import Place
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import ScalingRun, Sizes
from lambdas.scaling.groups import policy_of


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run` and `sizes`; give how many nodes are `ready`.

    Raises NodesNotReady until there are as many as desired, CapacityMissing after the settings' `ready_minutes`, or
    `alarm_ready_minutes` where an alarm has ordered them.
    """
    run, sizes = call.take(ScalingRun, "run"), call.take(Sizes, "sizes")
    ready = sum(each.ready for each in Place(call.settings).api.nodes(run.node_group))
    if ready >= sizes.desired:
        return {"ready": ready}
    policy = policy_of(call.settings, run.demand.role)
    within = policy.alarm_ready_minutes if run.demand.origin == "alarm" else policy.ready_minutes
    until = call.context.entered_at + timedelta(minutes=within)
    said = f"{ready} of {sizes.desired} nodes are Ready"
    if call.now < until:
        raise NodesNotReady(
            f"{said}; they are waited for until {payload.instant(until)}.",
            resource=run.node_group,
            next_step="Nothing to do: the machine asks again.",
        )
    raise CapacityMissing(
        f"{said}.",
        resource=run.node_group,
        next_step="The alert names the cause that Auto Scaling gives; what is Ready stays, and the rest stays ordered.",
    )
