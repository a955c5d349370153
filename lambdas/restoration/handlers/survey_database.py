"""SurveyDatabase: the recovery point, the source as it is, and the shape that the restored cluster gets."""

from typing import Any

from lambdas.adapters import aws, rds
from lambdas.adapters.ledger import Ledger
from lambdas.recovery.recovery_points import blueprint, choose
from lambdas.recovery.request import reread_selector
from lambdas.restoration import fencing, names
from lambdas.restoration.shaping import shape_of
from lambdas.restore_contracts import Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`; give `recovery_point`, `blueprint`, its `origin`, and whether the source exists.

    `others`: the clusters that restores have made or set aside, by their endpoints.
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
    return {
        "recovery_point": point,
        "blueprint": shape,
        "origin": origin,
        "source_exists": inventory.source is not None,
        "source_status": inventory.source.status if inventory.source else None,
        "others": names.others(rds.door().clusters(), source=restoration.source, settings=call.settings),
    }
