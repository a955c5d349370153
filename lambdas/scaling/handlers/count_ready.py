"""CountReady: how many nodes are Ready at the time for which a schedule promises them."""

from lambdas.errors import InputRejected
from lambdas.platform.place import Place
from lambdas.runtime import Call, step
from lambdas.scaling.groups import policy_of, scaling_of
from lambdas.scaling.promise import Counted
from lambdas.scaling.request import read_request


@step
def handler(call: Call) -> Counted:
    """Take `request`: group, profile, schedule and slot. Raises InputRejected with everything that is wrong in it."""
    reading = read_request(call.event["request"], scaling=scaling_of(call.settings), now=call.now)
    request = reading.request
    profile = request.change.profile if request.change else None
    missing = () if profile and request.schedule else ("request: profile and schedule are what a promise is made of",)
    if reading.faults or missing:
        raise InputRejected((*reading.faults, *missing))
    assert request.role is not None  # noqa: S101  it was judged
    policy = policy_of(call.settings, request.role)
    return Counted(
        role=request.role,
        node_group=policy.node_group,
        schedule=str(request.schedule),
        wanted=policy.profiles[str(profile)],
        ready=sum(each.ready for each in Place(call.settings).api.nodes(policy.node_group)),
    )
