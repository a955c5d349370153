"""PlanVerification: connects to the copy, reads version and sizes, and divides the checks into groups."""

from lambdas.contracts import Credentials, Drill, VerificationPlan
from lambdas.runtime import Call, step
from lambdas.verification import runner
from lambdas.verification.access import server


@step
def handler(call: Call) -> VerificationPlan:
    return runner.make_plan(
        server(call.take(Credentials, "credentials")),
        phase="drill",
        settings=call.settings.verification,
        seed=call.take(Drill, "drill").id,
        copy=True,
    )
