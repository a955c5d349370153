"""Soak: the platform is looked at again and again, until it was healthy for as long as the settings say."""

from datetime import timedelta
from typing import Any

from lambdas import payload
from lambdas.errors import SoakNotOver
from lambdas.platform.looking import look, require_healthy, sides_of
from lambdas.platform.place import Place
from lambdas.restore_contracts import BeforePlatform, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take what VerifyPlatform takes; give the last `checks` and the number of `looks`.

    Until the time is over every healthy look is SoakNotOver; an unhealthy one is PlatformNotHealthy at any time.
    """
    before = call.take(BeforePlatform, "before")
    resource = f"{before.coder.namespace}/{before.coder.name}"
    restoration, place = call.take(Restoration, "restoration"), Place(call.settings)
    place.led_by(restoration)
    seen = look(place, before, sides_of(call.event))
    require_healthy(seen, resource=resource)
    until = call.context.entered_at + timedelta(seconds=restoration.soak_seconds)
    if call.now < until:
        raise SoakNotOver(
            f"The platform is healthy, and is watched until {payload.instant(until)}.",
            resource=resource,
            next_step="Nothing to do: the machine asks again.",
        )
    return {"checks": seen, "looks": call.context.retries + 1}
