"""One look at the whole platform: everything asked, each answer judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from lambdas import payload
from lambdas.contracts import Credentials
from lambdas.errors import (
    AccessRefused,
    DatabaseNotReachable,
    KubernetesUnavailable,
    PlatformNotHealthy,
    RequestRefused,
    VerificationFailed,
)
from lambdas.platform import checks, rollout
from lambdas.platform.answers import Broken, Skipped
from lambdas.platform.checks import Said
from lambdas.platform.cluster import Deployment, Pod
from lambdas.platform.connection_url import ConnectionUrl
from lambdas.platform.databases import Counts, Database
from lambdas.platform.place import Place
from lambdas.restore_contracts import BeforePlatform, PlatformCheck

T = TypeVar("T")

_OUT_OF_REACH = (DatabaseNotReachable, AccessRefused, RequestRefused, VerificationFailed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The database that the platform is to serve, and the one that it is to have left, where that still exists."""

    serving: Credentials
    left: Credentials | None


def sides_of(event: Mapping[str, Any]) -> Sides:
    """Out of a step's event: `credentials` of the restored database, `old` of the one before, where it still exists.

    `direction` "back" is a rollback's: the platform is to serve the old one, which then has to be there (KeyError).
    """
    restored = payload.read(Credentials, event["credentials"])
    told = event.get("old")
    if event.get("direction", "forward") == "back":
        return Sides(serving=payload.read(Credentials, event["old"]), left=restored)
    return Sides(serving=restored, left=payload.read(Credentials, told) if told else None)


def look(place: Place, before: BeforePlatform, sides: Sides) -> tuple[PlatformCheck, ...]:
    """Every check, none raised for what it finds.

    Raises:
        ServiceBusy: the cluster's API does not answer.
        KubernetesUnavailable: it refuses what any look needs, or the Deployment or its Secret is not there any more.
    """
    coder = place.coder()
    pods = tuple(each for each in place.pods(coder) if each.live)
    _, url = place.url(before.url)
    return (
        checks.rolled_out(rollout.judge(coder, pods, replicas=before.coder.replicas)),
        *_of_replicas(place, before, coder, pods, sides.serving),
        checks.named(_place(url), left=_place(sides.left) if sides.left else None),
        checks.serving(_asked(lambda: Database(sides.serving).connections(url.user))),
        checks.left(_left(sides.left, url.user)),
        checks.quiet(_logs(place, coder, pods, container=before.url.container)),
    )


def _place(database: ConnectionUrl | Credentials) -> str:
    return f"{database.host.lower()}:{database.port}"


def require_healthy(seen: tuple[PlatformCheck, ...], *, resource: str) -> None:
    """Return when none of them failed. Raises PlatformNotHealthy with those that did, in words."""
    if failed := checks.failing(seen):
        raise PlatformNotHealthy(
            "; ".join(f"{each.title}: {each.detail}" for each in failed),
            resource=resource,
            next_step="Nothing to do yet: it is looked at again, and a platform that stays so is led back.",
        )


def _of_replicas(
    place: Place, before: BeforePlatform, coder: Deployment, pods: tuple[Pod, ...], serving: Credentials
) -> tuple[PlatformCheck, ...]:
    token = place.token()
    replicas = {pod.name: place.replica(coder, pod, container=before.url.container, token=token) for pod in pods}
    alive = checks.alive({name: each.alive() for name, each in replicas.items()})
    version = checks.same_version({name: each.build() for name, each in replicas.items()}, before=before.version)
    if not replicas:
        return alive, version
    # Any of them tells of the one database: a ready one, where there is one.
    chosen = replicas[max(pods, key=lambda each: each.ready).name]
    counted = _asked(lambda: Database(serving).counts())
    users, templates, groups = chosen.users(), chosen.templates(), chosen.groups()
    again = _asked(lambda: Database(serving).counts())
    in_database = _both(counted, again)
    return (
        alive,
        version,
        checks.healthy(chosen.health()),
        checks.same_count("users", users, database=_part(in_database, lambda each: each.users)),
        checks.same_count("templates", templates, database=_part(in_database, lambda each: each.templates)),
        checks.same_count("groups", groups, database=_part(in_database, lambda each: each.groups)),
    )


def _both(first: Counts | Broken, second: Counts | Broken) -> Counts | Broken:
    if isinstance(first, Broken):
        return first
    if isinstance(second, Broken):
        return second
    return Counts(
        users=first.users.or_(second.users),
        templates=first.templates.or_(second.templates),
        groups=first.groups.or_(second.groups),
    )


def _part(counts: Counts | Broken, part: Callable[[Counts], checks.Counted]) -> checks.Counted | Broken:
    return counts if isinstance(counts, Broken) else part(counts)


def _left(database: Credentials | None, user: str) -> int | Skipped:
    if database is None:
        return Skipped("the other database does not exist any more")
    asked = _asked(lambda: Database(database).connections(user))
    return Skipped(asked.reason) if isinstance(asked, Broken) else asked


def _logs(place: Place, coder: Deployment, pods: tuple[Pod, ...], *, container: str) -> dict[str, Said] | Skipped:
    try:
        return {pod.name: _said(place, coder, pod, container) for pod in pods}
    except KubernetesUnavailable as refusal:
        return Skipped(refusal.what)


def _said(place: Place, coder: Deployment, pod: Pod, container: str) -> Said:
    restarted = any(each.restarts for each in pod.containers)
    log = place.api.log(coder.namespace, pod.name, container=container)
    before = place.api.log(coder.namespace, pod.name, container=container, previous=True) if restarted else ""
    return Said(ready=pod.ready, log=log, before=before)


def _asked(ask: Callable[[], T]) -> T | Broken:
    try:
        return ask()
    except _OUT_OF_REACH as refusal:
        return Broken(f"{refusal.resource}: {refusal.what}")
