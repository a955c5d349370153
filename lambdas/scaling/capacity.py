"""One look at a node group: its nodes and what runs on them by Kubernetes, what runs and waits by Coder.

What cannot be learnt is a sentence in `unknown`, and no error: a group may still grow on it, and never shrinks.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from lambdas.adapters.coder import Coder
from lambdas.errors import KubernetesUnavailable
from lambdas.platform import discovery
from lambdas.platform.answers import Broken, Skipped
from lambdas.platform.cluster import Pod
from lambdas.platform.place import Place
from lambdas.scaling import placing
from lambdas.scaling.contracts import Capacity, Queue, Role, Workspaces

T = TypeVar("T")

MOST_NAMED = 5
"""Workspaces of a node that are named: 200 nodes with all of theirs would not fit into a state's payload."""


def look(place: Place, *, role: Role, node_group: str, stops_before: datetime | None = None) -> Capacity:
    """The group as it stands now. Raises ServiceBusy, and nothing else that is foreign.

    `stops_before`: of provisioners, count the workspaces that are stopped by themselves until then; None: do not ask.
    """
    unknown: list[str] = []
    coder = _coder(place, unknown)
    if role == "workspace":
        return _workspaces(place, node_group, coder, unknown)
    seen = _provisioners(place, node_group, coder, unknown)
    if coder is None or seen.queue is None or stops_before is None:
        return seen
    deadlines = _told(coder.deadlines(), unknown)
    due = sum(each <= stops_before for each in deadlines or ())
    return replace(seen, queue=replace(seen.queue, autostop_due=due), unknown=tuple(unknown))


def daemons(place: Place) -> Mapping[str, str] | None:
    """Provisioner daemons of all organizations, name -> idle, busy or offline; None where Coder does not tell them."""
    unknown: list[str] = []
    found: dict[str, str] = {}
    coder = _coder(place, unknown)
    return found if coder is not None and _queue(coder, found, unknown) is not None else None


def _workspaces(place: Place, node_group: str, coder: Coder | None, unknown: list[str]) -> Capacity:
    try:
        nodes = place.api.nodes(node_group)
        pods = place.api.pods(place.settings.workspaces, placing.WORKSPACE_LABEL)
    except KubernetesUnavailable as refusal:
        return Capacity(unknown=(*unknown, f"Kubernetes: {refusal.what}"))
    with_pods, unplaced = placing.workspaces(pods)
    held = placing.named(placing.with_workspaces(nodes, pods), most=MOST_NAMED)
    if coder is None:
        return Capacity(nodes=held, unknown=tuple(unknown))
    running, totals = _told(coder.running(), unknown), _told(coder.workspaces(), unknown)
    seen = None
    if running is not None and totals is not None:
        moving = sum(totals.get(each, 0) for each in ("pending", "building"))
        seen = Workspaces(
            running=running, moving=moving, total=totals.get("running", 0), pods=with_pods, unplaced=unplaced
        )
    return Capacity(nodes=held, workspaces=seen, unknown=tuple(unknown))


def _provisioners(place: Place, node_group: str, coder: Coder | None, unknown: list[str]) -> Capacity:
    try:
        nodes, pods = place.api.nodes(node_group), _pods_of_provisioners(place)
    except KubernetesUnavailable as refusal:
        return Capacity(unknown=(*unknown, f"Kubernetes: {refusal.what}"))
    daemons: dict[str, str] = {}
    queue = None if coder is None else _queue(coder, daemons, unknown)
    return Capacity(nodes=placing.with_builds(nodes, pods, daemons), queue=queue, unknown=tuple(unknown))


def _queue(coder: Coder, daemons: dict[str, str], unknown: list[str]) -> Queue | None:
    """What waits and runs in all organizations; their daemons are entered."""
    organizations = _told(coder.organizations(), unknown)
    waiting: list[datetime] = []
    builds = 0
    for each in organizations or ():
        pending, running = _told(coder.waiting(each), unknown), _told(coder.building(each), unknown)
        known: Mapping[str, str] | None = _told(coder.daemons(each), unknown)
        if pending is None or running is None or known is None:
            return None
        daemons.update(known)
        waiting += pending
        builds += running
    if organizations is None:
        return None
    live = sum(status != "offline" for status in daemons.values())
    return Queue(pending=len(waiting), running=builds, oldest=min(waiting, default=None), daemons=live)


def _pods_of_provisioners(place: Place) -> tuple[Pod, ...]:
    return tuple(pod for each in place.provisioners() for pod in place.pods(each))


def _coder(place: Place, unknown: list[str]) -> Coder | None:
    """A ready replica's API, or why there is none."""
    try:
        deployment = place.coder()
        ready = [pod for pod in place.pods(deployment) if pod.live and pod.ready]
    except KubernetesUnavailable as refusal:
        unknown.append(f"Coder: {refusal.what}")
        return None
    if not ready:
        unknown.append("Coder: no replica is ready")
        return None
    return place.replica(deployment, ready[0], container=discovery.container_of(deployment), token=place.token())


def _told(answer: T | Skipped | Broken, unknown: list[str]) -> T | None:
    if isinstance(answer, Skipped | Broken):
        unknown.append(f"Coder: {answer.reason}")
        return None
    return answer
