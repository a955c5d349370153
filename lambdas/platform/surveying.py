"""What SurveyPlatform and RememberPlatform both find out."""

from lambdas.adapters.secrets import ConnectionSecret
from lambdas.errors import PlanRefused
from lambdas.platform.answers import Broken, Build, Skipped
from lambdas.platform.cluster import Deployment, Secret
from lambdas.platform.connection_url import ConnectionUrl
from lambdas.platform.place import Place
from lambdas.restore_contracts import PlatformFacts


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


def require_unchanged(planned: PlatformFacts, coder: Deployment, url: ConnectionUrl, held: ConnectionSecret) -> None:
    """Raises PlanRefused when the platform is not the one that was planned for: an answer may have taken days.

    Another Coder was not held against the restored schema, another password does not open the restored database, and
    another database is another restore's.
    """
    changed = [
        what
        for what, before, now in (
            ("the images of coderd", planned.coder.images, coder.images),
            ("the host in its connection URL", planned.host, url.host),
            ("the connection secret", planned.secret_version, held.version),
        )
        if before != now
    ]
    if changed:
        raise PlanRefused(
            f"Since the plan, somebody has changed {' and '.join(changed)}.",
            resource=f"{coder.namespace}/{coder.name}",
            next_step="Nothing of the platform was touched: start a new restore, which plans with what is there now.",
        )


def require_mutable(secret: Secret) -> None:
    """Raises PlanRefused when nobody can change the Secret."""
    if secret.immutable:
        raise PlanRefused(
            "The Secret of the connection URL is immutable.",
            resource=f"{secret.namespace}/{secret.name}",
            next_step="Delete it and create it again without `immutable`, or restore by swap-identifiers.",
        )
