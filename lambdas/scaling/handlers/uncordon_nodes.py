"""UncordonNodes: every node that a scaling cordoned and did not terminate takes pods again."""

from typing import Any

from lambdas.platform.place import Place
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import ScalingRun


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run` and the names that were `terminated`; give the names that were `uncordoned`.

    By the mark on the node and not by what was planned: one that a scaling left which died is let go as well. The group
    is held, so that none of them is another's who still works.
    """
    run, gone = call.take(ScalingRun, "run"), frozenset(call.event["terminated"])
    api = Place(call.settings).api
    ours = (each.name for each in api.nodes(run.node_group) if each.cordoned_by and each.name not in gone)
    return {"uncordoned": [name for name in ours if api.uncordon(name)]}
