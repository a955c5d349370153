"""JudgeRestore: whether the restored data is good enough to be asked about. Times are measured at the end."""

from lambdas import payload
from lambdas.adapters import aws
from lambdas.adapters.ledger import Ledger
from lambdas.contracts import GroupResult, Judgement, RecoveryPoint, VerificationPlan
from lambdas.restore_contracts import Restoration
from lambdas.runtime import Call, step
from lambdas.verification.judging import judge_restored


@step
def handler(call: Call) -> Judgement:
    restoration = call.take(Restoration, "restoration")
    ledger = Ledger(call.settings.evidence.table, aws.client("dynamodb"))
    return judge_restored(
        restoration=restoration,
        point=call.take(RecoveryPoint, "recovery_point"),
        plan=call.take(VerificationPlan, "plan"),
        results=tuple(payload.read(GroupResult, result) for result in call.event["results"]),
        before=ledger.baseline(restoration.source),
        settings=call.settings,
    )
