"""AddInstances: the writer, and as many readers as the source had."""

from typing import Any

from lambdas.adapters import rds
from lambdas.contracts import Blueprint, RecoveryPoint
from lambdas.errors import ServiceBusy
from lambdas.recovery.restoring import InstanceOrder
from lambdas.restoration import names
from lambdas.restoration.shaping import instance_orders
from lambdas.restore_contracts import Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`, `recovery_point`, `blueprint`; create what is missing, the writer first."""
    restoration = names.require_target(call.take(Restoration, "restoration"), call.settings)
    orders = instance_orders(restoration, call.take(RecoveryPoint, "recovery_point"), call.take(Blueprint, "blueprint"))
    for order in orders:
        _create_or_adopt(order, restoration)
    return {"instances": [order.name for order in orders]}


def _create_or_adopt(order: InstanceOrder, restoration: Restoration) -> None:
    instance = rds.door().instance(order.name)
    if instance is not None:
        names.require_own(order.name, instance.tags, restoration)
    elif rds.door().add_instance(order) is None:
        raise ServiceBusy(
            "The name was taken between the look and the creation.",
            resource=order.name,
            next_step="Nothing to do: the step is tried again and sees whose it is.",
        )
