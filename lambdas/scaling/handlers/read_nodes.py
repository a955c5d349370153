"""ReadNodes: the group's nodes, what runs on them, and what Coder says runs and waits."""

from datetime import timedelta

from lambdas.platform.place import Place
from lambdas.runtime import Call, step
from lambdas.scaling import capacity
from lambdas.scaling.contracts import Capacity, Held
from lambdas.scaling.groups import policy_of


@step
def handler(call: Call) -> Capacity:
    """Take `held`. What cannot be learnt is told in `unknown`."""
    group = call.take(Held, "held").group
    ahead = timedelta(minutes=policy_of(call.settings, group.role).autostop_ahead_minutes)
    return capacity.look(Place(call.settings), role=group.role, node_group=group.name, stops_before=call.now + ahead)
