"""AwaitUpdate: an update of a node group is followed to its end, and its errors are told."""

from typing import Any

from lambdas.adapters import node_groups
from lambdas.errors import GroupUpdating, UpdateFailed
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import ScalingRun


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run` and `ordered`. Raises GroupUpdating until it is over, UpdateFailed when it failed."""
    run, update = call.take(ScalingRun, "run"), call.event["ordered"]["update"]
    found = node_groups.door().update(run.cluster, run.node_group, update)
    resource = f"{run.cluster}/{run.node_group}"
    match found.status:
        case "Successful":
            return {"status": found.status}
        case "InProgress":
            raise GroupUpdating(
                f"Its update {update} runs.", resource=resource, next_step="Nothing to do: it is followed to its end."
            )
        case _:
            why = "; ".join(found.errors) or "EKS tells no error"
            raise UpdateFailed(
                f"The update {update} is {found.status}: {why}.",
                resource=resource,
                next_step="Mend what EKS names, and start again; the group keeps the nodes that it has.",
            )
