"""RememberDatabase: both clusters as they are right before the fence, which a rollback brings back."""

from lambdas.adapters import rds
from lambdas.contracts import Blueprint
from lambdas.recovery.database import Cluster, Instance
from lambdas.recovery.waiting import never_heals
from lambdas.restoration import fencing, holding
from lambdas.restore_contracts import BeforeDatabase, Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> BeforeDatabase:
    """Take `restoration` and `blueprint`; changes nothing but that the ledger says who leads the platform now.

    An old cluster that an earlier restore left fenced is remembered with the groups that it is to have, the shape's.
    """
    restoration = call.take(Restoration, "restoration")
    holding.lead(restoration, call.settings)
    old, new = rds.door().cluster(restoration.source), rds.door().cluster(restoration.target)
    everything = {each.name: each for each in rds.door().instances()}
    restored = _ids(new, everything)
    if old is None:
        return BeforeDatabase(
            exists=False,
            name=restoration.source,
            names=restored,
            restored=tuple(restored),
            cannot_serve="it no longer exists",
        )
    return BeforeDatabase(
        exists=True,
        name=old.name,
        resource_id=old.resource_id,
        status=old.status,
        endpoint=old.endpoint,
        port=old.port or call.settings.database.port,
        security_groups=fencing.unfenced(old.security_groups, call.settings)
        or call.take(Blueprint, "blueprint").security_groups,
        instances=old.members,
        names={**_ids(old, everything), **restored},
        restored=tuple(restored),
        cannot_serve=_cannot_serve(old, everything),
    )


def _ids(cluster: Cluster | None, instances: dict[str, Instance]) -> dict[str, str]:
    """Resource id -> identifier of a cluster and its instances."""
    if cluster is None:
        return {}
    members = [instances[name] for name in cluster.members if name in instances]
    return {cluster.resource_id: cluster.name, **{each.resource_id: each.name for each in members}}


def _cannot_serve(old: Cluster, instances: dict[str, Instance]) -> str | None:
    """What passes by itself (a backup, a change, a restart) keeps no database from serving: it is waited for."""
    if never_heals(old.status):
        return f"it is {old.status}"
    members = [instances[name] for name in old.members if name in instances]
    if not members or all(never_heals(each.status) for each in members):
        return f"none of its instances can serve ({', '.join(each.status for each in members) or 'it has none'})"
    return None
