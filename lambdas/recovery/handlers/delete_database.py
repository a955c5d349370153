"""DeleteDatabase: one look, one step further, until nothing of the drill is left and nothing can appear any more."""

from typing import Any

from lambdas.adapters import rds, secrets
from lambdas.contracts import Drill
from lambdas.errors import ProductionTargetRefused, StillDeleting, TeardownOverdue
from lambdas.recovery import names
from lambdas.recovery.leftovers import is_of
from lambdas.recovery.teardown import CEILING, Demolition, Remains, plan_demolition, what_may_appear
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `drill` and the whole `drill_state`; gone, or StillDeleting until it is."""
    drill = names.require_drill(call.take(Drill, "drill"), call.settings)
    may_appear = what_may_appear(call.event["drill_state"], entered_at=call.context.entered_at, now=call.now)
    plan = plan_demolition(_look(drill), drill, may_appear=may_appear)
    _carry_out(plan)
    if plan.waiting_for:
        waiting_for = f"Not gone yet: {', '.join(plan.waiting_for)}."
        if call.now > call.context.entered_at + CEILING:
            raise TeardownOverdue(
                waiting_for,
                resource=drill.target,
                next_step="See the events in RDS; the daily sweep goes on with it. It costs money until it is gone.",
            )
        raise StillDeleting(waiting_for, resource=drill.target, next_step="Nothing to do: the machine asks again.")
    if plan.foreign:
        raise ProductionTargetRefused(
            f"It bears the drill's name and not its tag, so it is not deleted: {', '.join(plan.foreign)}.",
            resource=drill.target,
            next_step="Look who made it, and delete it by hand if it is not needed.",
        )
    return {"gone": True, "target": drill.target}


def _look(drill: Drill) -> Remains:
    door = rds.door()
    return Remains(
        cluster=door.cluster(drill.target),
        instances=tuple(each for each in door.instances() if each.cluster == drill.target or each.name == drill.writer),
        snapshots=tuple(
            each for each in door.snapshots() if each.cluster == drill.target or is_of(drill, names=(), tags=each.tags)
        ),
        backups=tuple(each for each in door.automated_backups() if each.cluster == drill.target),
        secrets=secrets.door().managed_by(drill.target),
    )


def _carry_out(plan: Demolition) -> None:
    door = rds.door()
    for instance in plan.instances:
        door.delete_instance(instance)
    if plan.cluster is not None:
        door.delete_cluster(plan.cluster)
    for snapshot in plan.snapshots:
        door.delete_snapshot(snapshot)
    for backup in plan.backups:
        door.delete_automated_backup(backup)
