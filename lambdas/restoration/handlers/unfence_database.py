"""UnfenceDatabase: the fence changes sides. Nobody reaches the restored cluster, and the platform the old one again."""

from typing import Any

from lambdas.adapters import rds
from lambdas.recovery.database import AVAILABLE
from lambdas.restoration import holding
from lambdas.restore_contracts import BeforeDatabase, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration` and `database_before`. Nothing is done to an old cluster that was not fenced.

    The restored one is closed first: where names were swapped, an old answer of the DNS could still lead there. The old
    one keeps the verifier's own group beside its own until the rollback is over.
    """
    holding.require(call.take(Restoration, "restoration"), call.settings)
    before = call.take(BeforeDatabase, "database_before")
    found, fence = rds.door().clusters(), (call.settings.database.security_group,)
    for each in found:
        if each.resource_id in before.restored and each.security_groups != fence:
            rds.door().set_security_groups(each.name, fence)
    cluster = next((each for each in found if before.exists and each.resource_id == before.resource_id), None)
    if cluster is None:
        return {"security_groups": [], "skipped": f"{before.name} no longer exists"}
    if before.cannot_serve is not None and cluster.status != AVAILABLE:
        return {"security_groups": [], "skipped": before.cannot_serve}
    groups = tuple(dict.fromkeys((*before.security_groups, call.settings.database.security_group)))
    if cluster.security_groups != groups:
        rds.door().set_security_groups(cluster.name, groups)
    return {"security_groups": groups, "skipped": None}
