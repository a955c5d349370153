"""TerminateNodes: exactly these instances end, each with the desired size one lower."""

from typing import Any

from lambdas import payload
from lambdas.adapters import aws, fleet
from lambdas.adapters.scalings import Scalings
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import Doomed, Group, ScalingRun


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run`, `group` and what LookAgain says may `go`.

    Give the names of the nodes that are `terminated`, and the ids of the group's instances that are `staying`.

    Asked again it ends none twice: what ends already is not wanted one fewer for again, and what is no member of
    this group's Auto Scaling group is not touched, whatever the input says.
    """
    run, group = call.take(ScalingRun, "run"), call.take(Group, "group")
    go = [payload.read(Doomed, each) for each in call.event["looked"]["go"]]
    members = fleet.door().members(group.auto_scaling_group)
    stays = {each.instance: each.stays for each in members}
    for node in go:
        if stays.get(node.instance) and fleet.door().terminate(node.instance):
            stays[node.instance] = False
    terminated = [each.name for each in go if not stays.get(each.instance, False)]
    if terminated:
        scalings = Scalings(call.settings.evidence.table, aws.client("dynamodb"))
        scalings.note_change(run.node_group, grown=False, at=call.now)
    return {"terminated": terminated, "staying": [instance for instance, stays_on in stays.items() if stays_on]}
