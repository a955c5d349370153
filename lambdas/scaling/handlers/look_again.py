"""LookAgain: of the cordoned nodes, those that still hold nothing; none of them where a fact is in doubt."""

from typing import Any

from lambdas.platform.place import Place
from lambdas.runtime import Call, step
from lambdas.scaling import capacity, guard
from lambdas.scaling.contracts import Decision, Facts, Held, ScalingRun
from lambdas.scaling.groups import policy_of


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run`, `held` and `decision`; give the nodes that `go`, how many `stay`, and the `doubts`."""
    run, held, decision = call.take(ScalingRun, "run"), call.take(Held, "held"), call.take(Decision, "decision")
    seen = capacity.look(Place(call.settings), role=held.group.role, node_group=held.group.name)
    facts = Facts(
        group=held.group, nodes=seen.nodes, workspaces=seen.workspaces, queue=seen.queue, unknown=seen.unknown
    )
    doubts = guard.doubts(facts, policy_of(call.settings, run.demand.role))
    go = () if doubts else guard.still_empty(decision.remove, seen.nodes, by=run.id)
    return {"go": list(go), "stay": len(decision.remove) - len(go), "doubts": list(doubts)}
