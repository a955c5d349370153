"""FindStaying: the instances of the group that do not end."""

from typing import Any

from lambdas.adapters import fleet
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import Group


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `group`; give the ids of the instances that are `staying`: only their nodes may take pods again."""
    members = fleet.door().members(call.take(Group, "group").auto_scaling_group)
    return {"staying": [each.instance for each in members if each.stays]}
