"""UnfenceDatabase: the old cluster has its security groups again, and the verifier's own until the rollback is over."""

from typing import Any

from lambdas.adapters import rds
from lambdas.restore_contracts import BeforeDatabase
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `database_before`. Nothing is done where there was nothing to fence."""
    before = call.take(BeforeDatabase, "database_before")
    cluster = rds.door().cluster_of(before.resource_id) if before.exists else None
    if cluster is None:
        return {"security_groups": [], "skipped": f"{before.name} no longer exists"}
    groups = tuple(dict.fromkeys((*before.security_groups, call.settings.database.security_group)))
    if cluster.security_groups != groups:
        rds.door().set_security_groups(cluster.name, groups)
    return {"security_groups": groups, "skipped": None}
