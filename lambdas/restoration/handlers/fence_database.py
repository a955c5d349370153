"""FenceDatabase: nobody but the verifier reaches the old cluster any more, and the restored one may not be retired."""

from typing import Any

from lambdas.adapters import rds
from lambdas.recovery.database import AVAILABLE
from lambdas.restoration import holding
from lambdas.restoration.marking import marks, to_mark
from lambdas.restoration.names import SERVES
from lambdas.restore_contracts import BeforeDatabase, Change, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration` and `database_before`; give the `changes`.

    What is gone needs no fence, nor does what cannot serve; it is said.
    RDS changes no groups of a cluster that is stopped or has lost its key; and the restore is for just such a day.
    """
    holding.require(call.take(Restoration, "restoration"), call.settings)
    before = call.take(BeforeDatabase, "database_before")
    wanted = marks(SERVES, call.settings.environment)
    for arn in to_mark(before.restored, (*rds.door().clusters(), *rds.door().instances()), wanted):
        rds.door().tag(arn, wanted)
    if not before.exists:
        return {"changes": [], "skipped": f"{before.name} no longer exists"}
    fence = (call.settings.database.security_group,)
    cluster = rds.door().cluster_of(before.resource_id)
    if cluster is None:
        return {"changes": [], "skipped": f"{before.name} no longer exists"}
    if before.cannot_serve is not None and cluster.status != AVAILABLE:
        return {"changes": [], "skipped": before.cannot_serve}
    if cluster.security_groups != fence:
        rds.door().set_security_groups(cluster.name, fence)
    change = Change(
        what="security groups",
        resource=before.name,
        before=", ".join(before.security_groups),
        after=", ".join(fence),
    )
    return {"changes": [change], "skipped": None}
