"""FreeGroup: another scaling of the group may begin; a deferred one says whether it comes back."""

from typing import Any

from lambdas.adapters import aws
from lambdas.adapters.scalings import Scalings
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import Decision, ScalingRun
from lambdas.scaling.ordering import goes_on


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `run` and `decision`; give whether it goes on `again` later."""
    run, decision = call.take(ScalingRun, "run"), call.take(Decision, "decision")
    Scalings(call.settings.evidence.table, aws.client("dynamodb")).unlock(run)
    return {"again": goes_on(decision, run.demand, late=call.now >= run.demand.give_up)}
