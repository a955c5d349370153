"""How many replicas a Deployment is to have, also while it stands at none because a restore stopped it."""

from lambdas.errors import PlanRefused
from lambdas.platform.cluster import Deployment
from lambdas.restore_contracts import Workload

REPLICAS = "coder-day2/replicas"
"""The annotation of a Deployment that a restore stopped: the count to come back to. It goes when it is started."""


def workload(deployment: Deployment) -> Workload:
    """The Deployment as it is to be: at 0 with our annotation, the count that the annotation remembers."""
    return Workload(
        namespace=deployment.namespace,
        name=deployment.name,
        replicas=_intended(deployment),
        ready=deployment.ready,
        images=deployment.images,
    )


def require_replicas(coder: Workload) -> Workload:
    """`coder` itself. PlanRefused when it is to have none: nothing could be started, nor looked at."""
    if coder.replicas > 0:
        return coder
    raise PlanRefused(
        "It stands at 0 replicas, and nothing tells how many it is to have.",
        resource=f"{coder.namespace}/{coder.name}",
        next_step=f"kubectl -n {coder.namespace} annotate deployment {coder.name} {REPLICAS}=COUNT, and start again.",
    )


def version_of(images: tuple[str, ...]) -> str | None:
    """Coder's version by the tag of the image whose name contains `coder`; None where it tells none."""
    for image in images:
        name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
        if "coder" in name and tag.removeprefix("v")[:1].isdigit():
            return tag
    return None


def _intended(deployment: Deployment) -> int:
    remembered = deployment.annotations.get(REPLICAS, "")
    return int(remembered) if deployment.replicas == 0 and remembered.isdigit() else deployment.replicas
