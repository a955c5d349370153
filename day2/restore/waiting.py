"""The restores that wait for an approval, as the ledger has them."""

from datetime import datetime
from typing import Any

from day2.drill.deployment import Deployment
from lambdas import payload
from lambdas.adapters.approvals import Approvals
from lambdas.restore_contracts import ApprovalItem


def waiting(deployment: Deployment, *, now: datetime) -> tuple[ApprovalItem, ...]:
    """The questions that can still be answered, newest first."""
    found = Approvals(deployment.table, deployment.clients("dynamodb")).approvals("waiting")
    return tuple(each for each in found if each.expires_at > now)


def for_machines(asked: ApprovalItem, *, now: datetime) -> dict[str, Any]:
    """All that may be shown of a question; its token may not."""
    restoration = asked.restoration
    return {
        "id": restoration.id,
        "source": restoration.source,
        "target": restoration.target,
        "recovery_point": restoration.recovery_point,
        "execution": restoration.execution,
        "started_by": restoration.started_by,
        "reason": restoration.reason,
        "ticket": restoration.ticket,
        "asked_at": payload.instant(asked.asked_at),
        "expires_at": payload.instant(asked.expires_at),
        "expires_in_seconds": int((asked.expires_at - now).total_seconds()),
        "lost": asked.lost,
        "summary": asked.summary,
        "verdict": asked.verdict,
    }
