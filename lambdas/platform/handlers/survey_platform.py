"""SurveyPlatform: Coder as it stands, and where it takes its connection URL from. Nothing is changed."""

from collections.abc import Callable
from typing import TypeVar

from lambdas.adapters import secrets
from lambdas.adapters.secrets import ConnectionSecret
from lambdas.contracts import RecoveryPoint
from lambdas.errors import AccessRefused, DatabaseNotReachable, PlanRefused, RequestRefused, VerificationFailed
from lambdas.platform import discovery, workloads
from lambdas.platform.cluster import Deployment, Secret
from lambdas.platform.connection_url import ConnectionUrl
from lambdas.platform.databases import Database
from lambdas.platform.place import Place
from lambdas.platform.surveying import build_of, require_mutable
from lambdas.restore_contracts import PlatformFacts
from lambdas.runtime import Call, step

T = TypeVar("T")


@step
def handler(call: Call) -> PlatformFacts:
    """Take `restoration` and `recovery_point`; what is not there as a restore needs it is PlanRefused."""
    point = call.take(RecoveryPoint, "recovery_point")
    place = Place(call.settings, refused=PlanRefused)
    coder = place.coder()
    wanted = workloads.require_replicas(workloads.workload(coder))
    source = discovery.find(coder, place.keys(coder))
    secret, url = place.url(source)
    require_mutable(secret)
    held = secrets.door().connection(place.settings.connection_secret)
    unknown: list[str] = []
    build = build_of(place, coder, source.container, unknown)
    rows = _rows(lambda: Database(place.credentials()).audit_rows_since(point.time), unknown)
    return PlatformFacts(
        coder=wanted,
        provisioners=tuple(map(workloads.workload, place.provisioners())),
        url=source,
        host=url.host,
        secret_host=held.host,
        login=held.user,
        secret_version=held.version,
        version=build.version if build else workloads.version_of(coder.images),
        deployment_id=build.deployment_id if build else None,
        newest_audit_rows=rows,
        unknown=tuple(unknown),
        user=url.user,
        warnings=_warnings(coder, secret, url, held),
    )


def _rows(ask: Callable[[], int], unknown: list[str]) -> int | None:
    try:
        return ask()
    except (DatabaseNotReachable, AccessRefused, RequestRefused, VerificationFailed) as refusal:
        unknown.append(f"How many rows the audit log has since the recovery point: {refusal.resource}: {refusal.what}.")
        return None


def _warnings(coder: Deployment, secret: Secret, url: ConnectionUrl, held: ConnectionSecret) -> tuple[str, ...]:
    where = f"{secret.namespace}/{secret.name}"
    told = []
    if secret.keeper:
        told.append(f"The Secret {where} is kept by {secret.keeper}, which may write its own value again.")
    if url.host != held.host.lower():
        told.append(f"The Secret {where} names the host {url.host}, the connection secret {held.host}.")
    if url.user != held.user:
        told.append(
            f"Coder signs in as {url.user} and not as {held.user}: it keeps that login, as of the recovery point."
        )
    if discovery.by_iam(coder):
        told.append("Coder signs in by IAM: its role must allow rds-db:connect on the restored cluster's resource id.")
    return tuple(told)
