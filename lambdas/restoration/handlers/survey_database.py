"""SurveyDatabase: the recovery point, the source as it is, and the shape that the restored cluster gets."""

from typing import Any

from lambdas.adapters import aws, rds
from lambdas.adapters.ledger import Ledger
from lambdas.adapters.restores import Restores
from lambdas.recovery.recovery_points import blueprint, choose
from lambdas.recovery.request import reread_selector
from lambdas.restoration import fencing, names
from lambdas.restoration.shaping import shape_of
from lambdas.restore_contracts import Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`; give `recovery_point`, `blueprint`, its `origin`, and whether the source exists.

    `others`: the clusters that restores have made or set aside, by their endpoints. `unfinished`: where the source is
    not there, the id of the restore that was stopped while it gave names away.
    """
    restoration = call.take(Restoration, "restoration")
    selector = reread_selector(restoration.recovery_point)
    inventory = rds.door().inventory(restoration.source, named=selector.snapshot)
    point = choose(selector, inventory, settings=call.settings, now=call.now, any_age=True)
    found = blueprint(point, inventory, call.settings)
    recorded = None
    if not found.described or not fencing.unfenced(found.security_groups, call.settings):
        recorded = Ledger(call.settings.evidence.table, aws.client("dynamodb")).blueprint(restoration.source)
    shape, origin = shape_of(found, recorded=recorded, settings=call.settings)
    gone = inventory.source is None
    return {
        "recovery_point": point,
        "blueprint": shape,
        "origin": origin,
        "source_exists": not gone,
        "source_status": inventory.source.status if inventory.source else None,
        "others": names.others(rds.door().clusters(), source=restoration.source, settings=call.settings),
        "unfinished": _swapping(restoration, call) if gone else None,
    }


def _swapping(restoration: Restoration, call: Call) -> str | None:
    """The id of another restore that was to swap names and never came to an end; None where there is none."""
    restores = Restores(call.settings.evidence.table, aws.client("dynamodb"))
    others = (each for each in restores.unfinished(restoration.source) if each.id != restoration.id)
    return next((each.id for each in others if each.strategy == "swap-identifiers"), None)
