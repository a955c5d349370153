"""StartCoder: coderd to the count that it had, of the image that it had."""

from typing import Any

from lambdas.errors import RequestRefused
from lambdas.platform.place import Place
from lambdas.platform.workloads import REPLICAS
from lambdas.restore_contracts import BeforePlatform, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration` and `before`. Another image than before is refused: it may change the schema for good."""
    before = call.take(BeforePlatform, "before").coder
    place = Place(call.settings)
    present = place.led_by(call.take(Restoration, "restoration"))
    if present.images != before.images:
        raise RequestRefused(
            f"The Deployment's images changed since the fence: {', '.join(before.images)} before, "
            f"{', '.join(present.images)} now.",
            resource=f"{before.namespace}/{before.name}",
            next_step="Put the image from before back: an upgrade goes after a restore, not into it.",
        )
    place.api.scale(before.namespace, before.name, before.replicas, annotations={REPLICAS: None})
    return {"replicas": before.replicas}
