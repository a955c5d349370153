"""AwaitStopped: no pod of coderd or of a provisioner is left."""

from datetime import timedelta
from typing import Any

from lambdas.errors import FenceOverdue, PodsStillRunning
from lambdas.platform import stopping
from lambdas.platform.place import Place
from lambdas.restore_contracts import BeforePlatform, Restoration
from lambdas.runtime import Call, step

# A provisioner's pod is given ten minutes to end its build.
CEILING = timedelta(minutes=20)


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration` and `before`; gone, or PodsStillRunning until they are."""
    before = call.take(BeforePlatform, "before")
    place = Place(call.settings)
    place.led_by(call.take(Restoration, "restoration"))
    stopped = stopping.judge(place.standing((before.coder, *before.provisioners)))
    if stopped.done:
        return {"gone": True}
    error = FenceOverdue if call.now > call.context.entered_at + CEILING else PodsStillRunning
    raise error(
        "; ".join(stopped.waiting_for),
        resource=f"{before.coder.namespace}/{before.coder.name}",
        next_step="See what holds them: kubectl describe; a node that is gone, a finalizer, a build that does not end.",
    )
