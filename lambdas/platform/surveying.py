"""What SurveyPlatform and RememberPlatform both find out."""

from lambdas.errors import PlanRefused
from lambdas.platform.answers import Broken, Build, Skipped
from lambdas.platform.cluster import Deployment, Secret
from lambdas.platform.place import Place


def build_of(place: Place, coder: Deployment, container: str, unknown: list[str]) -> Build | None:
    """What a ready replica says it is; None, and a sentence in `unknown`, when none does."""
    ready = [pod for pod in place.pods(coder) if pod.live and pod.ready]
    if not ready:
        unknown.append("Coder's own word for its version: no replica is ready.")
        return None
    answer = place.replica(coder, ready[0], container=container, token=Skipped("not needed")).build()
    if isinstance(answer, Skipped | Broken):
        unknown.append(f"Coder's own word for its version: {answer.reason}.")
        return None
    return answer


def require_mutable(secret: Secret) -> None:
    """Raises PlanRefused when nobody can change the Secret."""
    if secret.immutable:
        raise PlanRefused(
            "The Secret of the connection URL is immutable.",
            resource=f"{secret.namespace}/{secret.name}",
            next_step="Delete it and create it again without `immutable`, or restore by swap-identifiers.",
        )
