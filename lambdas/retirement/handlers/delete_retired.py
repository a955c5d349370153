"""DeleteRetired: one look, one step further, until the cluster is gone; judged again at each look."""

from typing import Any

from lambdas.adapters import rds, secrets
from lambdas.errors import FinalSnapshotFailed, StillDeleting, TeardownOverdue
from lambdas.recovery.database import AVAILABLE, Cluster
from lambdas.restoration.names import platform_of
from lambdas.retirement import deciding, names
from lambdas.retirement.contracts import Retirement
from lambdas.retirement.deciding import World
from lambdas.retirement.demolition import CEILING, Demolition, plan
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `retirement`; gone, or StillDeleting until it is."""
    retirement = call.take(Retirement, "retirement")
    world = World(
        clusters=rds.door().clusters(),
        instances=rds.door().instances(),
        host=secrets.door().connection(platform_of(call.settings).connection_secret).host,
    )
    # By its id: a name may belong to another one by now.
    cluster = next((each for each in world.clusters if each.resource_id == retirement.resource_id), None)
    if cluster is None:
        return {"gone": True, "cluster": retirement.cluster}
    look = plan(cluster, names.members(cluster, world.instances))
    if look.acts:  # what is on its way out already is past any refusal
        deciding.require_resting(retirement, cluster, world, call.settings)
        _require_snapshot(retirement)
        _carry_out(look, cluster)
    waiting_for = f"Not gone yet: {', '.join(look.waiting_for)}."
    if call.now > call.context.entered_at + CEILING:
        raise TeardownOverdue(
            waiting_for,
            resource=retirement.cluster,
            next_step="See its events in RDS, and retire it again. Its final snapshot is there.",
        )
    raise StillDeleting(waiting_for, resource=retirement.cluster, next_step="Nothing to do: the machine asks again.")


def _require_snapshot(retirement: Retirement) -> None:
    """Nothing is deleted while there is nothing to bring it back from."""
    snapshot = rds.door().snapshot(retirement.snapshot)
    if snapshot is None or snapshot.status != AVAILABLE:
        raise FinalSnapshotFailed(
            f"It is {'gone' if snapshot is None else snapshot.status}, so nothing more is deleted.",
            resource=retirement.snapshot,
            next_step="Look who deleted it, and retire the cluster again: another one is taken then.",
        )


def _carry_out(look: Demolition, cluster: Cluster) -> None:
    door = rds.door()
    if look.unprotect:
        door.unprotect(cluster.name)
    for instance in look.instances:
        door.delete_instance(instance)
    if look.cluster:
        door.delete_cluster(cluster.name, keep_backups=True)
