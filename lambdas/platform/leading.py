"""Which restore leads the platform, as the Deployment of coderd bears it.

A step inside the VPC sees Kubernetes and not the ledger; and what stands on the Deployment changes in one write with
the replicas.
"""

from datetime import datetime

from lambdas import payload
from lambdas.platform.cluster import Deployment
from lambdas.restore_contracts import Restoration

LEADER = "coder-day2/restore"
"""The annotation: when the restore that stopped the platform last was opened, and its id. It stays."""


def mark(restoration: Restoration) -> dict[str, str]:
    """The annotation that this restore sets when it stops the platform."""
    return {LEADER: f"{payload.instant(restoration.opened_at)} {restoration.id}"}


def follower(coder: Deployment, restoration: Restoration) -> str | None:
    """The id of a restore that was opened later and has stopped the platform since; None where there is none.

    What somebody wrote there by hand and cannot be read is nobody's.
    """
    opened, _, id_ = coder.annotations.get(LEADER, "").partition(" ")
    try:
        moment = datetime.fromisoformat(opened)
    except ValueError:
        return None
    return id_ if id_ != restoration.id and moment.tzinfo and moment > restoration.opened_at else None
