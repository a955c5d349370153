"""CordonNodes: nothing new comes onto the nodes that are to go."""

from typing import Any

from lambdas.platform.place import Place
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import Decision, ScalingRun


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run` and `decision`; give the names of the nodes that are `cordoned`. One that is gone is left out."""
    run, decision = call.take(ScalingRun, "run"), call.take(Decision, "decision")
    api = Place(call.settings).api
    return {"cordoned": [each.name for each in decision.remove if api.cordon(each.name, by=run.id)]}
