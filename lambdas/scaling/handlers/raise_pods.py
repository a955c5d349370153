"""RaisePods: provisioners for the nodes that are there. Nothing for a group whose pods are not scaled."""

from datetime import timedelta
from typing import Any

from lambdas import payload
from lambdas.errors import CapacityMissing, PodsNotReady
from lambdas.platform.place import Place
from lambdas.runtime import Call, step
from lambdas.scaling import pods
from lambdas.scaling.contracts import ScalingRun, Sizes
from lambdas.scaling.groups import policy_of


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run` and `sizes`; give the `replicas` of each Deployment. With `again` they are not waited for.

    Raises PodsNotReady until they are available, CapacityMissing after the settings' `ready_minutes`.
    """
    run, sizes = call.take(ScalingRun, "run"), call.take(Sizes, "sizes")
    policy = policy_of(call.settings, run.demand.role)
    if policy.pods_per_node is None:
        return {"replicas": {}}
    place = Place(call.settings)
    nodes = sizes.desired
    if call.event.get("again"):
        nodes = min(nodes, sum(not each.cordoned for each in place.api.nodes(run.node_group)))
    deployments = {each.name: each for each in place.provisioners()}
    present = {name: each.replicas for name, each in deployments.items()}
    replicas = pods.shares(pods.wanted(nodes, policy.pods_per_node), present)
    for name, count in replicas.items():
        if count != present[name]:
            place.api.scale(deployments[name].namespace, name, count, annotations={})
    missing = sum(max(0, count - deployments[name].available) for name, count in replicas.items())
    if missing and not call.event.get("again"):
        _wait(call, run, missing, minutes=policy.ready_minutes)
    return {"replicas": replicas}


def _wait(call: Call, run: ScalingRun, missing: int, *, minutes: int) -> None:
    until = call.context.entered_at + timedelta(minutes=minutes)
    said = f"{missing} pods of provisioners are not available"
    if call.now < until:
        raise PodsNotReady(
            f"{said}; they are waited for until {payload.instant(until)}.",
            resource=run.node_group,
            next_step="Nothing to do: the machine asks again.",
        )
    raise CapacityMissing(
        f"{said}, though their nodes are Ready.",
        resource=run.node_group,
        next_step="See the pods of the provisioners' namespace: image, quota, and whether they ask for these nodes.",
    )
