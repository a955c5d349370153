"""StartProvisioners: every provisioner's Deployment to the count that it had."""

from typing import Any

from lambdas.platform.place import Place
from lambdas.platform.workloads import REPLICAS
from lambdas.restore_contracts import BeforePlatform, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration` and `before`; give what was started, and what is not there any more."""
    place = Place(call.settings)
    place.led_by(call.take(Restoration, "restoration"))
    started: list[str] = []
    missing: list[str] = []
    for each in call.take(BeforePlatform, "before").provisioners:
        if each.replicas == 0:
            continue
        there = place.api.scale(each.namespace, each.name, each.replicas, annotations={REPLICAS: None})
        (started if there else missing).append(f"{each.namespace}/{each.name}")
    return {"started": started, "missing": missing}
