"""CloseSweep: the count, the days since the last proof, and an error when anything stayed."""

from typing import Any

from lambdas import payload
from lambdas.adapters import aws
from lambdas.adapters.ledger import Ledger
from lambdas.errors import LeftoversFound
from lambdas.evidence import metrics, sweeping
from lambdas.runtime import Call, step
from lambdas.words import plural

# Far more drills than a source can have had.
_ALL = 100_000


@step
def handler(call: Call) -> dict[str, Any]:
    """Publish the metrics, then return `{swept, leftovers, problems, days_since_last_passed, …}` or raise."""
    settings = call.settings
    ledger = Ledger(settings.evidence.table, aws.client("dynamodb"))
    sweep = sweeping.close(call.event["sweep_state"])
    history = ledger.history(settings.source, _ALL)
    running = [each for each in ledger.running() if each.source == settings.source]
    days, point_in_time_days = (
        sweeping.days_since_last_passed(history, running=running, now=call.now, kind=kind)
        for kind in (None, sweeping.PROVES_THE_RPO)
    )
    metrics.publish(
        metrics.of_sweep(
            environment=settings.environment,
            source=settings.source,
            leftovers=sweep.leftovers,
            days=days,
            point_in_time_days=point_in_time_days,
            everything="execution" not in call.event["sweep_state"],
        ),
        at=call.now,
    )
    if sweep.problems:
        raise LeftoversFound(
            f"{plural(len(sweep.problems), 'problem')} after the sweep: {' | '.join(sweep.problems)}",
            resource=settings.environment,
            next_step="Delete what is named here by hand if the next sweep does not.",
        )
    return {
        **payload.write(sweep),
        "days_since_last_passed": days,
        "days_since_last_passed_point_in_time": point_in_time_days,
    }
