"""StopPlatform: provisioners and coderd to no replicas, each with the count to come back to written on it."""

from typing import Any

from lambdas.platform import leading
from lambdas.platform.place import Place
from lambdas.platform.workloads import REPLICAS
from lambdas.restore_contracts import BeforePlatform, Restoration, Workload
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration` and `before`; give the names of what was stopped. What stood at none is left as it was.

    The Deployments bear from now on which restore leads the platform.
    """
    restoration, before = call.take(Restoration, "restoration"), call.take(BeforePlatform, "before")
    place = Place(call.settings)
    place.led_by(restoration)

    def stop(each: Workload) -> bool:
        annotations = {REPLICAS: str(each.replicas), **leading.mark(restoration)}
        return place.api.scale(each.namespace, each.name, 0, annotations=annotations) is not None

    running = [each for each in (*before.provisioners, before.coder) if each.replicas > 0]
    return {"stopped": [f"{each.namespace}/{each.name}" for each in running if stop(each)]}
