"""RunRestoredChecks: as RunChecks, of the cluster that a platform is to be brought back with."""

from lambdas.contracts import CheckGroup, Credentials, GroupResult, RecoveryPoint
from lambdas.runtime import Call, step
from lambdas.verification import runner
from lambdas.verification.access import server


@step
def handler(call: Call) -> GroupResult:
    """Take `credentials`, `group` and `recovery_point`. No coderd is attached yet, so the phase is the drill's."""
    return runner.run_group(
        server(call.take(Credentials, "credentials")),
        call.take(CheckGroup, "group"),
        as_of=call.take(RecoveryPoint, "recovery_point").time,
        phase="drill",
        settings=call.settings.verification,
    )
