"""SwapIdentifiers: the restored cluster takes the old one's name, or both take theirs back. One re-entrant step."""

from datetime import timedelta
from typing import Any

from lambdas.adapters import rds
from lambdas.errors import CutOverOverdue, NamesNotSettled
from lambdas.restoration import holding, names, renaming
from lambdas.restore_contracts import BeforeDatabase, Change, Restoration
from lambdas.runtime import Call, step

# Each rename restarts an instance, minutes at most; four of them follow one another.
CEILING = timedelta(minutes=40)


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`, `database_before` and `direction` (forward | back); give the `changes` once settled."""
    restoration = names.require_target(call.take(Restoration, "restoration"), call.settings)
    holding.require(restoration, call.settings)
    before = call.take(BeforeDatabase, "database_before")
    there, here = renaming.forward(restoration, before), renaming.back(before)
    wanted, former = (there, here) if call.event["direction"] == "forward" else (here, there)
    look = renaming.plan(wanted, rds.door().clusters(), rds.door().instances(), former=former)
    for rename in look.begin:
        if rename.kind == "cluster":
            rds.door().rename_cluster(rename.name, rename.new)
        else:
            rds.door().rename_instance(rename.name, rename.new)
    if not look.waiting_for:
        return {"changes": _changes(wanted, before)}
    if call.now > call.context.entered_at + CEILING:
        raise CutOverOverdue(
            f"The names are not settled: {'; '.join(look.waiting_for)}.",
            resource=restoration.source,
            next_step="See the events of these clusters and instances in RDS.",
        )
    raise NamesNotSettled(
        f"Waiting for {'; '.join(look.waiting_for)}.",
        resource=restoration.source,
        next_step="Nothing to do: the machine asks again.",
    )


def _changes(wanted: dict[str, str], before: BeforeDatabase) -> list[Change]:
    return [
        Change(what="identifier", resource=resource, before=before.names[resource], after=new)
        for resource, new in wanted.items()
        if before.names[resource] != new
    ]
