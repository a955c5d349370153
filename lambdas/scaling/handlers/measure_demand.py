"""MeasureDemand: every minute, how loaded each node group is. What cannot be measured is missing, and never guessed."""

from datetime import timedelta
from typing import Any

from lambdas.errors import KubernetesUnavailable
from lambdas.evidence import metrics
from lambdas.platform.place import Place
from lambdas.runtime import Operation, logger, operation
from lambdas.scaling import capacity, measures, placing
from lambdas.scaling.contracts import Capacity, Role
from lambdas.scaling.demand import Load, provisioner_load, workspace_load
from lambdas.scaling.groups import scaling_of
from lambdas.settings import ScaledGroup


@operation
def handler(call: Operation) -> dict[str, Any]:
    """Take nothing; give each group's load in percent and why, None where it is not known."""
    place = Place(call.settings)
    found = {role: _measure(call, place, role, policy) for role, policy in scaling_of(call.settings).groups.items()}
    return {role: load and {"percent": load.percent, "because": load.because} for role, load in found.items()}


def _measure(call: Operation, place: Place, role: Role, policy: ScaledGroup) -> Load | None:
    seen = capacity.look(place, role=role, node_group=policy.node_group)
    load = _load(call, place, role, policy, seen)
    for each in seen.unknown:
        logger.warning(each, extra={"group": policy.node_group})
    metrics.publish(measures.of_group(load, seen, environment=call.settings.environment, role=role), at=call.now)
    return load


def _load(call: Operation, place: Place, role: Role, policy: ScaledGroup, seen: Capacity) -> Load | None:
    if role == "provisioner":
        wait = timedelta(seconds=policy.longest_wait_seconds)
        return None if seen.queue is None else provisioner_load(seen.queue, now=call.now, longest_wait=wait)
    try:
        rooms = place.api.rooms(policy.node_group)
        asked = place.api.requests(place.settings.workspaces, placing.WORKSPACE_LABEL)
        _, unplaced = placing.workspaces(place.api.pods(place.settings.workspaces, placing.WORKSPACE_LABEL))
    except KubernetesUnavailable as refusal:
        logger.warning(str(refusal), extra={"group": policy.node_group})
        return None
    return workspace_load(rooms, asked, unplaced=unplaced)
