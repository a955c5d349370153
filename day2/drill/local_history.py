"""The drills that an engine of its own has forgotten: their summaries, from this machine's reports into its ledger.

Without it each `make drill` would be the first, and its report's trend a single point.
"""

from day2.drill import evidence
from day2.drill.deployment import Deployment
from lambdas.adapters.ledger import Ledger


def bring(deployment: Deployment, *, limit: int = 12) -> int:
    """Enter the newest `limit` drills of this environment's reports; how many. Their baselines are left behind."""
    ledger = Ledger(deployment.table, deployment.clients("dynamodb"))
    kept = [each.summary for each in evidence.kept() if each.summary.environment == deployment.environment]
    for summary in kept[:limit]:
        ledger.close_drill(summary)
    return len(kept[:limit])
