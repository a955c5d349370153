"""TakeFinalSnapshot: the last snapshot, begun once and looked at until it can be restored from."""

from datetime import timedelta
from typing import Any

from lambdas.adapters import rds
from lambdas.errors import FinalSnapshotFailed, FinalSnapshotOverdue, ProductionTargetRefused, SnapshotNotReady
from lambdas.recovery.database import AVAILABLE, Snapshot
from lambdas.retirement import names
from lambdas.retirement.contracts import Retirement
from lambdas.runtime import Call, step

# Aurora's snapshots are minutes even of a large volume; what is not there in two hours is stuck.
CEILING = timedelta(hours=2)
_ON_ITS_WAY = frozenset({"creating", AVAILABLE})


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `retirement`; give the `snapshot`, available."""
    retirement = call.take(Retirement, "retirement")
    snapshot = rds.door().snapshot(retirement.snapshot)
    if snapshot is None:
        _begin(retirement)
    elif snapshot.tags.get(names.RETIREMENT_TAG) != retirement.id:
        raise FinalSnapshotFailed(
            "A snapshot of this name exists and is not this retirement's.",
            resource=retirement.snapshot,
            next_step="Look whose it is, and retire the cluster again: the next one gets another name.",
        )
    elif snapshot.status not in _ON_ITS_WAY:
        raise FinalSnapshotFailed(
            f"It is {snapshot.status}; nothing was deleted.",
            resource=retirement.snapshot,
            next_step="See the cluster's events in RDS and whether its KMS key is usable, and retire it again.",
        )
    elif snapshot.status == AVAILABLE:
        return {"snapshot": _told(snapshot)}
    if call.now > call.context.entered_at + CEILING:
        raise FinalSnapshotOverdue(
            "The final snapshot is not there after two hours; nothing was deleted.",
            resource=retirement.snapshot,
            next_step="See the cluster's events in RDS, and retire it again.",
        )
    raise SnapshotNotReady(
        "The final snapshot is being taken.",
        resource=retirement.snapshot,
        next_step="Nothing to do: the machine asks again.",
    )


def _begin(retirement: Retirement) -> None:
    cluster = rds.door().cluster(retirement.cluster)
    if cluster is None or cluster.resource_id != retirement.resource_id:
        raise ProductionTargetRefused(
            "The cluster of this name is another one by now, or none; nothing was changed.",
            resource=retirement.cluster,
            next_step="Look who renamed or deleted it.",
        )
    tags = names.snapshot_tags(cluster.tags, retirement=retirement.id, environment=retirement.environment)
    rds.door().take_snapshot(retirement.snapshot, cluster=cluster.name, tags=tags)


def _told(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "name": snapshot.name,
        "created_at": snapshot.created_at,
        "engine_version": snapshot.engine_version,
        "encrypted": snapshot.encrypted,
    }
