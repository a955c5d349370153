"""ReadNodes: the group's nodes, what runs on them, and what Coder says runs and waits."""

from lambdas.platform.place import Place
from lambdas.runtime import Call, step
from lambdas.scaling import capacity
from lambdas.scaling.contracts import Capacity, Held


@step
def handler(call: Call) -> Capacity:
    """Take `held`. What cannot be learnt is told in `unknown`."""
    group = call.take(Held, "held").group
    return capacity.look(Place(call.settings), role=group.role, node_group=group.name)
