"""RunChecks: runs one group of checks on the copy, read-only."""

from lambdas.contracts import CheckGroup, Credentials, GroupResult, RecoveryPoint
from lambdas.runtime import Call, step
from lambdas.verification import runner
from lambdas.verification.access import server


@step
def handler(call: Call) -> GroupResult:
    return runner.run_group(
        server(call.take(Credentials, "credentials")),
        call.take(CheckGroup, "group"),
        as_of=call.take(RecoveryPoint, "recovery_point").time,
        phase="drill",
        settings=call.settings.verification,
    )
