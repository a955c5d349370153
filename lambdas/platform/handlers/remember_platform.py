"""RememberPlatform: everything of the platform that a rollback puts back, read right before the fence."""

from lambdas import payload
from lambdas.adapters import secrets
from lambdas.errors import PlanRefused
from lambdas.platform import discovery, workloads
from lambdas.platform.digests import digest
from lambdas.platform.place import Place
from lambdas.platform.surveying import build_of, require_unchanged
from lambdas.restore_contracts import BeforePlatform, PlatformFacts
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> BeforePlatform:
    """Take `restoration`, and `platform` as it was surveyed, where it has to be the same still.

    A Deployment that a restore had stopped is remembered with the count that it left on it.
    """
    place = Place(call.settings, refused=PlanRefused)
    coder = place.coder()
    wanted = workloads.require_replicas(workloads.workload(coder))
    source = discovery.find(coder, place.keys(coder))
    secret, url = place.url(source)
    held = secrets.door().connection(place.settings.connection_secret)
    if planned := call.event.get("platform"):
        require_unchanged(payload.read(PlatformFacts, planned), coder, url, held)
    build = build_of(place, coder, source.container, [])
    return BeforePlatform(
        coder=wanted,
        provisioners=tuple(map(workloads.workload, place.provisioners())),
        url=source,
        secret_version=held.version,
        secret_digest=digest(held.text),
        kubernetes_digest=digest(secret.data[source.key]),
        version=build.version if build else workloads.version_of(coder.images),
    )
