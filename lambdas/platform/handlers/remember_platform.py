"""RememberPlatform: everything of the platform that a rollback puts back, read right before the fence."""

from lambdas.adapters import secrets
from lambdas.errors import PlanRefused
from lambdas.platform import discovery, workloads
from lambdas.platform.digests import digest
from lambdas.platform.place import Place
from lambdas.platform.surveying import build_of
from lambdas.restore_contracts import BeforePlatform
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> BeforePlatform:
    """Take `restoration`. A Deployment that a restore had stopped is remembered with the count that it left on it."""
    place = Place(call.settings, refused=PlanRefused)
    coder = place.coder()
    wanted = workloads.require_replicas(workloads.workload(coder))
    source = discovery.find(coder, place.keys(coder))
    secret, _ = place.url(source)
    held = secrets.door().connection(place.settings.connection_secret)
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
