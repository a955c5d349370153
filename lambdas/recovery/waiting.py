"""Whether to go on waiting: what a status means for a copy on its way.

Statuses: Aurora user guide, "DB cluster status" and "DB instance status". Those that do not heal by waiting end the
run at once; everything unknown is waited for until the run's own ceiling.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, assert_never

from lambdas import payload
from lambdas.contracts import Run
from lambdas.errors import NotYet, RestoreFailed, RestoreOverdue
from lambdas.recovery.database import AVAILABLE, Cluster, Instance

# RDS describes lag behind its creates by seconds; longer than this is absence.
SHOWS_WITHIN = timedelta(minutes=2)
_ENDS = ("failed", "-error")
_BEGINS = ("incompatible-", "inaccessible-encryption-credentials", "insufficient-capacity")
# `deleting`, `stopping`: somebody else lays hands on the copy. `impaired`: a managed secret that will not come.
_NEVER_HEALS = frozenset({"deleted", "deleting", "impaired", "storage-full", "stopped", "stopping"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What one look decides, with its reason."""

    verdict: Literal["ready", "wait", "failed", "overdue"]
    reason: str


def never_heals(status: str) -> bool:
    """Whether a cluster, instance or secret in this status is beyond waiting."""
    return status in _NEVER_HEALS or status.endswith(_ENDS) or status.startswith(_BEGINS)


def judge_cluster(cluster: Cluster | None, *, run: Run, now: datetime, since: datetime | None = None) -> Wait:
    """Ready when the cluster can take an instance. `since` as in `_absent`."""
    if cluster is None:
        return _absent("The restored cluster", since=since, now=now)
    return _judge("The restored cluster", cluster.status, ready=cluster.status == AVAILABLE, run=run, now=now)


def judge_instance(instance: Instance | None, *, run: Run, now: datetime, since: datetime | None = None) -> Wait:
    """Ready when the writer is available. `since` as in `_absent`."""
    if instance is None:
        return _absent("The writer", since=since, now=now)
    return _judge("The writer", instance.status, ready=instance.status == AVAILABLE, run=run, now=now)


def judge_credentials(cluster: Cluster | None, *, run: Run, now: datetime) -> Wait:
    """Ready when the managed secret is active and the cluster, available again, tells its endpoint."""
    if cluster is None:
        return Wait(verdict="failed", reason="The restored cluster does not exist any more.")
    if never_heals(cluster.status):
        return Wait(verdict="failed", reason=f"The restored cluster is {cluster.status}, which does not heal.")
    if cluster.managed_secret is None:
        return _judge("The managed master secret", "not there yet", ready=False, run=run, now=now)
    if cluster.managed_secret.status == "active" and cluster.status != AVAILABLE:
        # `resetting-master-credentials`: the secret can be there before the database takes its password.
        return _judge("The restored cluster", cluster.status, ready=False, run=run, now=now)
    ready = cluster.managed_secret.status == "active" and cluster.endpoint is not None
    return _judge("The managed master secret", cluster.managed_secret.status, ready=ready, run=run, now=now)


def require_ready(wait: Wait, *, resource: str, not_yet: type[NotYet]) -> None:
    """Return when ready; else raise `not_yet`, RestoreFailed or RestoreOverdue about `resource`."""
    match wait.verdict:
        case "ready":
            return
        case "wait":
            raise not_yet(wait.reason, resource=resource, next_step="Nothing to do: the machine asks again.")
        case "failed":
            raise RestoreFailed(
                wait.reason,
                resource=resource,
                next_step="See the cluster's events in RDS; the teardown deletes the copy.",
            )
        case "overdue":
            raise RestoreOverdue(
                wait.reason,
                resource=resource,
                next_step="See the cluster's events in RDS; the recovery-time objective cannot be met like this.",
            )
        case _:
            assert_never(wait.verdict)


def _absent(what: str, *, since: datetime | None, now: datetime) -> Wait:
    """What it means that something is not found: `since` is when looking began, right after its creation.

    A describe may not show at once what a create has just returned; later, or without `since`, it is gone.
    """
    if since is not None and now < since + SHOWS_WITHIN:
        return Wait(verdict="wait", reason=f"{what} does not show yet.")
    return Wait(verdict="failed", reason=f"{what} does not exist any more.")


def _judge(what: str, status: str, *, ready: bool, run: Run, now: datetime) -> Wait:
    if never_heals(status):
        return Wait(verdict="failed", reason=f"{what} is {status}, which does not heal.")
    if ready:
        return Wait(verdict="ready", reason=f"{what} is {status}.")
    if now > run.give_up_at:
        return Wait(
            verdict="overdue",
            reason=f"{what} is still {status}, and it is waited for only until {payload.instant(run.give_up_at)}.",
        )
    return Wait(verdict="wait", reason=f"{what} is {status}.")
