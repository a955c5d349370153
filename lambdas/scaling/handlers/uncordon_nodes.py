"""UncordonNodes: every node that a scaling cordoned and that does not end takes pods again."""

from typing import Any

from lambdas.platform.place import Place
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import ScalingRun


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run` and the ids of the instances that are `staying`; give the names that were `uncordoned`.

    By the mark on the node and not by what was planned: one that a scaling left which died is let go as well. The group
    is held, so that none of them is another's who still works. A node that ends, or of which it is not known, stays as
    it is: a workspace would start on it.
    """
    run, staying = call.take(ScalingRun, "run"), frozenset(call.event["staying"])
    api = Place(call.settings).api
    marked = (each for each in api.nodes(run.node_group) if each.cordoned_by and each.instance in staying)
    return {"uncordoned": [each.name for each in marked if api.uncordon(each.name)]}
