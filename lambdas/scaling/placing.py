"""What would end with a node: the workspaces whose pods are bound to it, or the daemons that run a build on it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lambdas.platform.cluster import Pod
from lambdas.scaling.contracts import Node

WORKSPACE_LABEL = "com.coder.workspace.id"
BUSY = "busy"
"""Coder's status of a provisioner daemon that runs a job; `idle` and `offline` run none."""


def with_workspaces(nodes: Sequence[Node], pods: Sequence[Pod]) -> tuple[Node, ...]:
    """The nodes with the ids of the workspaces on them. A pod that ends still holds its node: it may save its state."""
    return _held(nodes, {pod.name: (pod.labels.get(WORKSPACE_LABEL, pod.name), pod.node) for pod in _running(pods)})


def with_builds(nodes: Sequence[Node], pods: Sequence[Pod], daemons: Mapping[str, str]) -> tuple[Node, ...]:
    """The nodes with the names of the daemons that run a build there; `daemons`: name -> status by Coder.

    A daemon is called like its pod. A pod that no daemon is called like may run a build of which Coder does not tell,
    so that it holds its node as well.
    """
    holding = {pod.name: (pod.name, pod.node) for pod in _running(pods) if daemons.get(pod.name, BUSY) == BUSY}
    return _held(nodes, holding)


def named(nodes: Sequence[Node], *, most: int) -> tuple[Node, ...]:
    """The nodes with at most so many named of what holds them; the others are counted."""
    return tuple(replace(each, holds=each.holds[:most], more=max(0, len(each.holds) - most)) for each in nodes)


def workspaces(pods: Sequence[Pod]) -> tuple[int, int]:
    """How many workspaces have a pod that has not ended, and how many of these have no node yet."""
    placed = {each.labels.get(WORKSPACE_LABEL, each.name): each.node for each in sorted(_running(pods), key=_by_node)}
    return len(placed), sum(not node for node in placed.values())


def _by_node(pod: Pod) -> bool:
    return bool(pod.node)


def _running(pods: Sequence[Pod]) -> list[Pod]:
    return [each for each in pods if not each.over]


def _held(nodes: Sequence[Node], holding: Mapping[str, tuple[str, str]]) -> tuple[Node, ...]:
    """`holding`: pod -> what it is to an operator, and its node."""
    by_node: dict[str, set[str]] = defaultdict(set)
    for what, node in holding.values():
        by_node[node].add(what)
    return tuple(replace(each, holds=tuple(sorted(by_node[each.name]))) for each in nodes)
