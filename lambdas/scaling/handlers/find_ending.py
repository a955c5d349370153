"""FindEnding: of the nodes that were to go, those whose instance ends already or is gone."""

from typing import Any

from lambdas.adapters import fleet
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import Decision, Group


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `group` and `decision`; give the names that were `terminated`, however far TerminateNodes came."""
    group, decision = call.take(Group, "group"), call.take(Decision, "decision")
    members = fleet.door().members(group.auto_scaling_group)
    staying = frozenset(each.instance for each in members if not each.state.startswith("Terminat"))
    return {"terminated": [each.name for each in decision.remove if each.instance not in staying]}
