"""SettleGroups: the cluster that serves has the platform's security groups, without the verifier's own."""

from typing import Any

from lambdas.adapters import rds
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take the `resource_id` of the cluster that serves, and the `security_groups` that it is to have."""
    cluster = rds.door().cluster_of(call.event["resource_id"])
    groups = tuple(call.event["security_groups"])
    if cluster is None or not groups:
        return {"security_groups": [], "skipped": "the cluster no longer exists, or had no groups"}
    if cluster.security_groups != groups:
        rds.door().set_security_groups(cluster.name, groups)
    return {"security_groups": groups, "skipped": None}
