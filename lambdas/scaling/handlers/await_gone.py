"""AwaitGone: terminated nodes have left Kubernetes."""

from datetime import timedelta
from typing import Any

from lambdas.errors import NodesNotGone, TerminationOverdue
from lambdas.platform.place import Place
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import ScalingRun, nodes

# A node group's own lifecycle hook gives a node 15 minutes to drain, and EC2 takes a few more.
CEILING = timedelta(minutes=30)


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run` and the names that were `terminated`; give how many are `gone`."""
    run, names = call.take(ScalingRun, "run"), frozenset(call.event["terminated"])
    left = sorted(names & {each.name for each in Place(call.settings).api.nodes(run.node_group)})
    if not left:
        return {"gone": len(names)}
    said = f"{nodes(len(left))} of {len(names)} are there still: {', '.join(left[:5])}"
    if call.now < call.context.entered_at + CEILING:
        raise NodesNotGone(said + ".", resource=run.node_group, next_step="Nothing to do: the machine asks again.")
    raise TerminationOverdue(
        said + ".",
        resource=run.node_group,
        next_step="See the instances in EC2 and the Auto Scaling group's lifecycle hooks; they hold nothing.",
    )
