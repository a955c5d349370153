"""AddInstance: the one writer, without which nothing listens; and nothing listens that is open to others."""

from typing import Any

from lambdas.adapters import rds
from lambdas.contracts import Drill
from lambdas.errors import IsolationNotProven, ServiceBusy
from lambdas.recovery import names
from lambdas.recovery.database import ENGINE, Cluster
from lambdas.recovery.isolation import Isolation, judge_cluster
from lambdas.recovery.restoring import InstanceOrder
from lambdas.runtime import Call, step
from lambdas.settings import Settings


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `drill`; create its writer or adopt the one it created."""
    drill = names.require_drill(call.take(Drill, "drill"), call.settings)
    cluster = rds.door().cluster(drill.target)
    if cluster is not None:
        names.require_tag(drill.target, cluster.tags, drill)
        _require_closed(cluster, call.settings)
    instance = rds.door().instance(drill.writer)
    adopted = instance is not None
    if instance is not None:
        names.require_tag(drill.writer, instance.tags, drill)
    else:
        order = InstanceOrder(name=drill.writer, cluster=drill.target, engine=ENGINE, tags=names.tags(drill))
        instance = rds.door().add_instance(order)
    if instance is None:
        raise ServiceBusy(
            "The name was taken between the look and the creation.",
            resource=drill.writer,
            next_step="Nothing to do: the step is tried again and sees whose it is.",
        )
    return {"instance": drill.writer, "adopted": adopted}


def _require_closed(cluster: Cluster, settings: Settings) -> None:
    """What the cluster itself tells must be closed before its first instance listens; the rest is proven after."""
    doubts = Isolation(findings=judge_cluster(cluster, settings)).doubts
    if doubts:
        raise IsolationNotProven(
            "; ".join(doubts),
            resource=cluster.name,
            next_step="No instance was added. Correct the settings' database, and start again.",
        )
