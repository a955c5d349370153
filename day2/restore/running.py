"""Starting a platform restore, and what it left when it has ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from day2.drill import execution
from day2.drill.deployment import Deployment
from day2.drill.execution import Watched
from lambdas.adapters.restores import Restores
from lambdas.errors import RequestRefused
from lambdas.evidence.restore_summary import RestoreSummary
from lambdas.recovery.names import drill_id

ASKS = "AskApproval"
"""The state in which a restore waits for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A restore that has ended. `summary` is None for a dry run, a refused request, and what left no record."""

    seen: Watched
    summary: RestoreSummary | None


def start(deployment: Deployment, request: Mapping[str, Any]) -> str:
    """Start the restore machine; the execution's ARN. Raises RequestRefused where there is none, or it may not be."""
    if deployment.restore_machine is None:
        raise RequestRefused(
            "This environment has no platform restore.",
            resource=f"coder-day2-{deployment.environment}-operations",
            next_step="Give its settings the tables [platform] and [restore], and run `make deploy`.",
        )
    return execution.start(deployment, request, machine=deployment.restore_machine)


def id_of(seen: Watched) -> str:
    """The restore's id, by which it is answered and found again."""
    return drill_id(execution=seen.execution, started_at=seen.started_at)


def asks(seen: Watched) -> bool:
    """Whether it waits for a person now."""
    return not seen.ended and any(each.name == ASKS and each.exited_at is None for each in seen.states)


def ended(deployment: Deployment, seen: Watched) -> Ended:
    """What the ledger has of an execution that has ended."""
    found = Restores(deployment.table, deployment.clients("dynamodb")).entry(id_of(seen))
    return Ended(seen=seen, summary=found if isinstance(found, RestoreSummary) else None)
