"""VerifyPlatform: the platform serves the database that it is to serve, and has left the other."""

from typing import Any

from lambdas.platform.looking import look, require_healthy, sides_of
from lambdas.platform.place import Place
from lambdas.restore_contracts import BeforePlatform, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`, `before`, `credentials`, `old` and `direction`; give `checks`, or PlatformNotHealthy."""
    before = call.take(BeforePlatform, "before")
    place = Place(call.settings)
    place.led_by(call.take(Restoration, "restoration"))
    seen = look(place, before, sides_of(call.event))
    require_healthy(seen, resource=f"{before.coder.namespace}/{before.coder.name}")
    return {"checks": seen}
