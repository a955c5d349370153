"""ChooseRecoveryPoint: an available recovery point of the right engine, and the source's shape."""

from lambdas.adapters import rds
from lambdas.contracts import Blueprint, Drill, RecoveryPoint
from lambdas.recovery.recovery_points import blueprint, choose
from lambdas.recovery.request import reread_selector
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, RecoveryPoint | Blueprint]:
    """Take `drill`; give `recovery_point` and `blueprint`."""
    drill = call.take(Drill, "drill")
    selector = reread_selector(drill.recovery_point)
    inventory = rds.door().inventory(drill.source, named=selector.snapshot)
    point = choose(selector, inventory, settings=call.settings, now=call.now)
    return {"recovery_point": point, "blueprint": blueprint(point, inventory, call.settings)}
