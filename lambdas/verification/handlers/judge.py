"""Judge: compares what was found with expectations, baseline and objectives."""

from lambdas import payload
from lambdas.adapters import aws
from lambdas.adapters.ledger import Ledger
from lambdas.contracts import Drill, GroupResult, Judgement, RecoveryPoint, VerificationPlan
from lambdas.runtime import Call, step
from lambdas.verification.judging import judge


@step
def handler(call: Call) -> Judgement:
    drill = call.take(Drill, "drill")
    ledger = Ledger(call.settings.evidence.table, aws.client("dynamodb"))
    return judge(
        drill=drill,
        point=call.take(RecoveryPoint, "recovery_point"),
        plan=call.take(VerificationPlan, "plan"),
        results=tuple(payload.read(GroupResult, result) for result in call.event["results"]),
        before=ledger.baseline(drill.source),
        settings=call.settings,
        now=call.now,
    )
