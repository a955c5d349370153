"""RecordScaling: how it ended, into the ledger; last the group's lock, which a failure may have left."""

from typing import Any

from lambdas import payload
from lambdas.adapters import aws
from lambdas.adapters.scalings import Scalings
from lambdas.evidence.storing import storing
from lambdas.runtime import Call, step
from lambdas.scaling import record
from lambdas.scaling.contracts import ScalingRun

_THEN = "Until it is recorded, what it did is in its execution's history alone."


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `scaling_state`, the machine's whole state; give what the ledger has of it. Dry runs do not come here."""
    state, where = call.event["scaling_state"], call.settings.evidence
    told = record.summary(state, closed_at=call.context.entered_at)
    scalings = Scalings(where.table, aws.client("dynamodb"))
    with storing("the scaling's end", where.table, then=_THEN):
        scalings.close(told)
        scalings.unlock(payload.read(ScalingRun, state["run"]))
    return told
