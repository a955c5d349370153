"""PlanRestore: every call that will be made, in words; or why it cannot be done as it was asked for."""

from typing import cast

from lambdas import payload
from lambdas.contracts import Blueprint, RecoveryPoint
from lambdas.errors import PlanRefused
from lambdas.restoration import planning
from lambdas.restoration.shaping import ShapeOrigin
from lambdas.restore_contracts import Plan, PlatformFacts, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> Plan:
    """Take `restoration`, `survey` and `platform`. The moment is the state's entry: a retry plans the same."""
    survey = call.event["survey"]
    facts = planning.Facts(
        restoration=call.take(Restoration, "restoration"),
        point=payload.read(RecoveryPoint, survey["recovery_point"]),
        shape=payload.read(Blueprint, survey["blueprint"]),
        origin=cast("ShapeOrigin", survey["origin"]),
        platform=call.take(PlatformFacts, "platform"),
        source_exists=survey["source_exists"],
        source_status=survey["source_status"] or "",
        others=survey["others"],
        unfinished=survey["unfinished"],
    )
    if faults := planning.faults(facts):
        raise PlanRefused(
            "; ".join(faults),
            resource=facts.restoration.source,
            next_step="Correct it and start again; nothing was changed.",
        )
    return planning.make(facts, now=call.context.entered_at)
