"""ProveIsolation: nobody but the verifier reaches the copy, or no row is read."""

from collections.abc import Callable
from typing import Any, TypeVar

from lambdas.adapters import ec2, rds
from lambdas.contracts import Drill
from lambdas.errors import AccessRefused, IsolationNotProven, RequestRefused
from lambdas.recovery.isolation import Surroundings, judge_isolation
from lambdas.runtime import Call, step

T = TypeVar("T")


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `drill`; give every fact that was looked at. What cannot be read is not proven."""
    drill = call.take(Drill, "drill")
    isolation = judge_isolation(_look(drill, call), drill=drill, settings=call.settings)
    if isolation.doubts:
        raise IsolationNotProven(
            "; ".join(isolation.doubts),
            resource=drill.target,
            next_step="No row was read. Close what is named here, or correct the settings' database, and start again.",
        )
    return {"proven": True, "facts": isolation.facts}


def _look(drill: Drill, call: Call) -> Surroundings:
    unread: dict[str, str] = {}

    def read(what: str, look: Callable[[], T]) -> T | None:
        try:
            return look()
        except (AccessRefused, RequestRefused) as refusal:
            unread[what] = refusal.what
            return None

    cluster = read("cluster", lambda: rds.door().cluster(drill.target))
    everything = read("instances", lambda: rds.door().instances())
    instances = None if everything is None else tuple(each for each in everything if each.cluster == drill.target)
    groups = read("security groups", lambda: ec2.door().security_groups((call.settings.database.security_group,)))
    networks = sorted({each.vpc for each in instances or () if each.vpc})
    tables = None
    if networks:
        tables = read("route tables", lambda: tuple(each for vpc in networks for each in ec2.door().route_tables(vpc)))
    return Surroundings(cluster=cluster, instances=instances, groups=groups, route_tables=tables, unread=unread)
