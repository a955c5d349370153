"""Starting a scaling, a person's word that holds over the automatic, and what was decided before."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from day2.drill import execution
from day2.drill.deployment import Deployment
from day2.drill.execution import Watched
from lambdas.adapters.scalings import EVERYTHING, Scalings
from lambdas.errors import RequestRefused
from lambdas.scaling.contracts import Decision, Override, ScalingRun

_SKEW = timedelta(minutes=1)
"""Step Functions' clock and the functions' are not the same."""


def start(deployment: Deployment, request: Mapping[str, Any]) -> str:
    """Start the machine that scales; the execution's ARN. Raises RequestRefused where it is not, or may not be."""
    return execution.start(deployment, request, machine=_machine(deployment))


def freeze(deployment: Deployment, override: Override) -> None:
    """Stop all automatic scaling until the word lapses. Raises RequestRefused where nothing is scaled."""
    _machine(deployment)
    _ledger(deployment).say(EVERYTHING, override)


def history(
    deployment: Deployment, *, since: datetime, until: datetime
) -> Iterator[tuple[datetime, ScalingRun, Decision, Mapping[str, Any] | None]]:
    """When which scaling decided what, the latest first, and how it ended; None while it goes on."""
    ledger = _ledger(deployment)
    for at, run, decision in ledger.history(since=since, until=until):
        yield at, run, decision, ledger.end(run)


def decided(deployment: Deployment, seen: Watched) -> Decision | None:
    """What a scaling that has ended decided last, by the ledger; None where it came to nothing, as a dry run does."""
    until = (seen.stopped_at or seen.started_at) + _SKEW
    found = _ledger(deployment).history(since=seen.started_at - _SKEW, until=until)
    return next((decision for _, run, decision in found if run.execution == seen.execution), None)


def _ledger(deployment: Deployment) -> Scalings:
    return Scalings(deployment.table, deployment.clients("dynamodb"))


def _machine(deployment: Deployment) -> str:
    if deployment.scale_machine is None:
        raise RequestRefused(
            "This environment scales no node group.",
            resource=f"coder-day2-{deployment.environment}-operations",
            next_step="Give its settings the table [scaling], and run `make deploy`.",
        )
    return deployment.scale_machine
