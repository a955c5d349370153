"""PlanRestoredChecks: as PlanVerification, of the cluster that a platform is to be brought back with."""

from lambdas.contracts import Credentials, VerificationPlan
from lambdas.restore_contracts import Restoration
from lambdas.runtime import Call, step
from lambdas.verification import runner
from lambdas.verification.access import server


@step
def handler(call: Call) -> VerificationPlan:
    """Take `restoration` and `credentials`. Nothing is created in it: amcheck is used where it is."""
    return runner.make_plan(
        server(call.take(Credentials, "credentials")),
        phase="drill",
        settings=call.settings.verification,
        seed=call.take(Restoration, "restoration").id,
        copy=False,
    )
