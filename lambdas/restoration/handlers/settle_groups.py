"""SettleGroups: the cluster that serves has the platform's groups alone, and the other one is marked as resting."""

from typing import Any

from lambdas.adapters import rds
from lambdas.restoration import holding
from lambdas.restoration.marking import marks, resting, to_mark
from lambdas.restoration.names import RESTING
from lambdas.restore_contracts import BeforeDatabase, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`, `database_before`, and of the cluster that serves `resource_id` and `security_groups`."""
    holding.require(call.take(Restoration, "restoration"), call.settings)
    serving, before = call.event["resource_id"], call.take(BeforeDatabase, "database_before")
    settled = _settle(serving, tuple(call.event["security_groups"]))
    wanted = marks(RESTING, call.settings.environment)
    others = resting(before, serving=serving)
    for arn in to_mark(others, (*rds.door().clusters(), *rds.door().instances()), wanted):
        rds.door().tag(arn, wanted)
    return settled


def _settle(serving: str, groups: tuple[str, ...]) -> dict[str, Any]:
    cluster = rds.door().cluster_of(serving)
    if cluster is None or not groups:
        return {"security_groups": [], "skipped": "the cluster no longer exists, or had no groups"}
    if cluster.security_groups != groups:
        rds.door().set_security_groups(cluster.name, groups)
    return {"security_groups": groups, "skipped": None}
