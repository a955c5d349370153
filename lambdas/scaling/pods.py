"""Provisioners' pods with their nodes: how many there are to be, and which of them end first.

Nodes come first when a group grows, and pods go first when it shrinks. Which pods a Deployment ends when it is lowered
is told by their deletion cost (Kubernetes, "Pod deletion cost"); it is the best that Kubernetes offers and no promise,
so that a node goes only when none of them is on it any more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lambdas.platform.cluster import Deployment, Pod
from lambdas.scaling.contracts import Doomed
from lambdas.scaling.placing import BUSY

FIRST, LAST = -100, 100
"""Deletion costs: of an idle daemon on a node that goes, and of one that runs a build, or may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """Of the chosen nodes those that have no provisioner any more, and those on which one still ends."""

    go: tuple[Doomed, ...]
    ending: tuple[Doomed, ...]


def shares(total: int, deployments: Mapping[str, int]) -> dict[str, int]:
    """So many pods, over Deployments in proportion to their present replicas; evenly where none has any."""
    if not deployments:
        return {}
    weights = deployments if sum(deployments.values()) else dict.fromkeys(deployments, 1)
    whole = sum(weights.values())
    exact = {name: total * weight / whole for name, weight in weights.items()}
    found = {name: int(share) for name, share in exact.items()}
    by_rest = sorted(exact, key=lambda name: (found[name] - exact[name], name))
    for name in by_rest[: total - sum(found.values())]:
        found[name] += 1
    return found


def wanted(nodes: int, per_node: int, *, busy: int = 0) -> int:
    """How many pods for so many nodes; never fewer than run a build."""
    return max(nodes * per_node, busy)


def costs(pods: Sequence[Pod], daemons: Mapping[str, str], going: Collection[str]) -> dict[str, int]:
    """Pod -> its deletion cost. A pod that no daemon is called like may run a build of which Coder does not tell."""
    return {pod.name: LAST if is_busy(pod, daemons) else FIRST if pod.node in going else 0 for pod in pods if pod.live}


def is_busy(pod: Pod, daemons: Mapping[str, str]) -> bool:
    """Whether a build may run in it."""
    return daemons.get(pod.name, BUSY) == BUSY


def settled(deployment: Deployment, replicas: int) -> bool:
    """Whether its controller has chosen the pods that end: those that are on their way out are counted no more."""
    return deployment.observed >= deployment.generation and deployment.total <= replicas


def cleared(chosen: Sequence[Doomed], pods: Sequence[Pod]) -> Cleared:
    """What may go now, what must be waited for; a node with a pod that stays is in neither."""
    staying = {pod.node for pod in pods if pod.live}
    ending = {pod.node for pod in pods if pod.terminating and not pod.over} - staying
    left = [each for each in chosen if each.name not in staying]
    return Cleared(
        go=tuple(each for each in left if each.name not in ending),
        ending=tuple(each for each in left if each.name in ending),
    )
