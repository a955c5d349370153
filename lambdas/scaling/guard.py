"""May anything be taken away, and what: the guard before every scale-in.

Lowering a group's desired size ends nodes whatever runs on them: a termination by EKS ignores disruption budgets
after 15 minutes. So nodes are chosen here, among those that hold nothing, and only where every fact agrees.
"""

import math
from collections import Counter, defaultdict, deque
from collections.abc import Sequence

from lambdas.scaling.contracts import Doomed, Facts, Holding, Node, Queue, Workspaces
from lambdas.settings import ScaledGroup


def doubts(facts: Facts, policy: ScaledGroup) -> tuple[str, ...]:
    """Why the facts are not to be trusted, each in words; empty where they agree."""
    found = [*facts.unknown]
    if facts.group.role == "workspace":
        found += _workspace_doubts(facts.workspaces, policy)
    elif facts.queue is None and not facts.unknown:
        found.append("Coder's provisioner jobs are not known")
    if facts.group.sizes.desired > 0 and not facts.nodes:
        found.append(f"Kubernetes shows none of the {facts.group.sizes.desired} desired nodes of {facts.group.name}")
    return tuple(found)


def _workspace_doubts(seen: Workspaces | None, policy: ScaledGroup) -> list[str]:
    if seen is None:
        return ["Coder's workspaces are not known"]
    if _far(seen.running, seen.total, moving=seen.moving, percent=policy.tolerance_percent):
        return [f"the token sees {seen.running} running workspaces where Coder's totals say {seen.total}"]
    if _far(seen.total, seen.pods, moving=seen.moving, percent=policy.tolerance_percent):
        return [f"Coder's totals say {seen.total} running workspaces where Kubernetes has pods of {seen.pods}"]
    return []


def _far(one: int, other: int, *, moving: int, percent: float) -> bool:
    """Further apart than workspaces on the move and the tolerance explain: one of them is always forgiven."""
    return abs(one - other) > moving + max(1, math.floor(max(one, other) * percent / 100))


def removable(nodes: Sequence[Node], count: int) -> tuple[Node, ...]:
    """At most `count` nodes that hold nothing: from the zone with the most left, and there the oldest first.

    A node that is cordoned already goes first: it is one that an earlier scaling had chosen, or a person.
    """
    left = Counter(each.zone for each in nodes)
    empty = sorted(
        (each for each in nodes if not each.holds), key=lambda each: (not each.cordoned, each.created_at, each.name)
    )
    # Only the first of each zone can be next, so that a large group takes no longer than its nodes are many.
    zones: dict[str, deque[tuple[int, Node]]] = defaultdict(deque)
    for place, each in enumerate(empty):
        zones[each.zone].append((place, each))
    chosen: list[Node] = []
    while zones and len(chosen) < count:
        fullest = max(zones, key=lambda zone: (zones[zone][0][1].cordoned, left[zone], -zones[zone][0][0]))
        chosen.append(zones[fullest].popleft()[1])
        left[fullest] -= 1
        if not zones[fullest]:
            del zones[fullest]
    return tuple(chosen)


def still_empty(chosen: Sequence[Doomed], nodes: Sequence[Node], *, by: str) -> tuple[Doomed, ...]:
    """Of the chosen nodes those that may go now: there, cordoned by this scaling, and holding nothing."""
    seen = {each.name: each for each in nodes}
    return tuple(
        each
        for each in chosen
        if (node := seen.get(each.name)) and node.cordoned and node.cordoned_by == by and not node.holds
    )


def holding(nodes: Sequence[Node]) -> tuple[Holding, ...]:
    """The nodes that stay, and what they are held by: those with the least first, as they empty first."""
    held = sorted((each for each in nodes if each.holds), key=lambda each: (len(each.holds) + each.more, each.name))
    return tuple(Holding(node=each.name, holds=each.holds, more=each.more) for each in held)


def work_to_come(queue: Queue | None) -> str:
    """Why provisioners are needed still, in words; empty where nothing waits."""
    if queue is None:
        return "the queue is not known"
    parts = []
    if queue.pending:
        parts.append(f"{queue.pending} jobs are pending")
    if queue.running:
        parts.append(f"{queue.running} builds are running")
    if queue.autostop_due:
        parts.append(f"{queue.autostop_due} workspaces are stopped soon")
    return ", ".join(parts)
