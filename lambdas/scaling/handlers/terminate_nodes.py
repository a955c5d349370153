"""TerminateNodes: exactly these instances end, each with the desired size one lower."""

from typing import Any

from lambdas import payload
from lambdas.adapters import aws, fleet
from lambdas.adapters.scalings import Scalings
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import Doomed, Group, ScalingRun


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run`, `group` and what LookAgain says may `go`; give the names of the nodes that are `terminated`.

    Asked again it ends none twice: what ends already is not wanted one fewer for again, and what is no member of
    this group's Auto Scaling group is not touched, whatever the input says.
    """
    run, group = call.take(ScalingRun, "run"), call.take(Group, "group")
    go = [payload.read(Doomed, each) for each in call.event["looked"]["go"]]
    states = {each.instance: each.state for each in fleet.door().members(group.auto_scaling_group)} if go else {}
    terminated = []
    for node in go:
        state = states.get(node.instance, "")
        if state.startswith("Terminating") or (state == "InService" and fleet.door().terminate(node.instance)):
            terminated.append(node.name)
    if terminated:
        scalings = Scalings(call.settings.evidence.table, aws.client("dynamodb"))
        scalings.note_change(run.node_group, grown=False, at=call.now)
    return {"terminated": terminated}
