"""LowerPods: provisioners leave the nodes that go, before these do. Nothing for a group whose pods are not scaled."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from lambdas import payload
from lambdas.errors import PodsStillRunning
from lambdas.platform.cluster import Pod
from lambdas.platform.place import Place
from lambdas.runtime import Call, step
from lambdas.scaling import capacity, pods
from lambdas.scaling.contracts import Doomed, ScalingRun
from lambdas.scaling.groups import policy_of

CEILING = timedelta(minutes=11)
"""A daemon that took up a build at the last moment has 600 s for it after its SIGTERM, by Coder's chart."""


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run` and what was `looked`; give the same, with the nodes that may `go` now.

    Raises PodsStillRunning while daemons on these nodes end; a node whose pod stays, or does not end, stays as well.
    """
    run, looked = call.take(ScalingRun, "run"), call.event["looked"]
    go = tuple(payload.read(Doomed, each) for each in looked["go"])
    per_node = policy_of(call.settings, run.demand.role).pods_per_node
    if per_node is None or not go:
        return _told(go, stay=looked["stay"], doubts=looked["doubts"])
    place = Place(call.settings)
    daemons = capacity.daemons(place)
    if daemons is None:
        return _told((), stay=looked["stay"] + len(go), doubts=[*looked["doubts"], "Coder does not tell its daemons"])
    found = _lowered(place, run, go, daemons=daemons, per_node=per_node)
    state = pods.cleared(go, found)
    if state.ending and call.now < call.context.entered_at + CEILING:
        raise _still_running(run, len(state.ending))
    return _told(state.go, stay=looked["stay"] + len(go) - len(state.go), doubts=looked["doubts"])


def _lowered(
    place: Place, run: ScalingRun, go: tuple[Doomed, ...], *, daemons: Mapping[str, str], per_node: int
) -> tuple[Pod, ...]:
    """Lower the Deployments, the pods to end first marked before; their pods. Raises PodsStillRunning."""
    going = {each.name for each in go}
    deployments = {each.name: each for each in place.provisioners()}
    of_each = {name: place.pods(each) for name, each in deployments.items()}
    everything = tuple(pod for found in of_each.values() for pod in found)
    busy = sum(pod.live and pods.is_busy(pod, daemons) for pod in everything)
    staying = sum(each.name not in going for each in place.api.nodes(run.node_group))
    present = {name: each.replicas for name, each in deployments.items()}
    replicas = pods.shares(pods.wanted(staying, per_node, busy=busy), present)
    lower = {name: count for name, count in replicas.items() if count < present[name]}
    for name, count in lower.items():
        for pod, cost in pods.costs(of_each[name], daemons, going).items():
            place.api.set_deletion_cost(deployments[name].namespace, pod, cost)
        place.api.scale(deployments[name].namespace, name, count, annotations={})
    if lower or not all(pods.settled(each, replicas[name]) for name, each in deployments.items() if name in replicas):
        raise _still_running(run, len(go))
    return everything


def _still_running(run: ScalingRun, nodes: int) -> PodsStillRunning:
    return PodsStillRunning(
        f"Provisioners on {nodes} of the nodes that go are still ending.",
        resource=run.node_group,
        next_step="Nothing to do: a daemon has 600 s for the build that it runs.",
    )


def _told(go: tuple[Doomed, ...], *, stay: int, doubts: list[str]) -> dict[str, Any]:
    return {"go": list(go), "stay": stay, "doubts": doubts}
