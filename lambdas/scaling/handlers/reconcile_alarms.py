"""ReconcileAlarms: every five minutes, for messages that were lost and alarms that are stuck."""

from typing import Any

from lambdas.adapters import alarms, aws
from lambdas.adapters.scalings import Scalings
from lambdas.runtime import Operation, operation
from lambdas.scaling.contracts import Decision, Facts
from lambdas.scaling.groups import cluster_of, policy_of, scaling_of
from lambdas.scaling.handlers.route_alarm import start
from lambdas.scaling.planning import plan_scaling
from lambdas.scaling.present import group_of
from lambdas.scaling.request import demand_of, read_request
from lambdas.scaling.routing import Routed, Start, gone, reconcile, settled


@operation
def handler(call: Operation) -> dict[str, Any]:
    """Take nothing; give how each alarm of the settings was judged, by its name."""
    scaling = scaling_of(call.settings)
    present = alarms.door().present(scaling.alarms)
    judged = {
        name: _spared(call, reconcile(present[name], rule, policy_of(call.settings, rule.role), call.now))
        if name in present
        else gone(name)
        for name, rule in scaling.alarms.items()
    }
    return {"verdicts": {name: start(each, machine=scaling.machine) for name, each in judged.items()}}


def _spared(call: Operation, routed: Routed) -> Routed:
    """Without a start that would be decided as `nothing`: an alarm is stuck all night with its group at the floor."""
    if routed.start is None:
        return routed
    decision = _foreseen(call, routed.start)
    return settled(routed, decision.reason) if decision.action == "nothing" else routed


def _foreseen(call: Operation, begun: Start) -> Decision:
    """The decision by what is known without a look at the nodes; the machine looks, and decides again."""
    request = read_request(begun.request, scaling=scaling_of(call.settings), now=call.now).request
    assert request.role is not None  # noqa: S101  the settings' own rule names it
    policy = policy_of(call.settings, request.role)
    scalings = Scalings(call.settings.evidence.table, aws.client("dynamodb"))
    facts = Facts(
        group=group_of(cluster_of(call.settings), policy.node_group, request.role),
        standing=scalings.standing(policy.node_group),
    )
    return plan_scaling(facts, demand_of(request, policy, started_at=call.now), policy, call.now)
