"""The way out, a look at a time: protection off, then instances, then the cluster; until it is gone.

Re-entrant like a drill's teardown, and narrower: one cluster by its id, its own instances, and nothing beside them. Its
automated backups are left to RDS, which keeps them as long as they were promised; its final snapshot is there before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from lambdas.recovery.database import DELETING, Cluster, Instance

# As a drill's: two hours tell a slow deletion from one that never ends.
CEILING = timedelta(hours=2)
# A cluster or an instance in one of these cannot be deleted yet.
_NOT_DELETABLE = frozenset({"creating", DELETING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Demolition:
    """One look's decision; `waiting_for` is what is still there, in words, empty when it is gone."""

    unprotect: bool = False
    instances: tuple[str, ...] = ()
    cluster: bool = False
    waiting_for: tuple[str, ...] = ()

    @property
    def acts(self) -> bool:
        """Whether there is anything to do but wait."""
        return self.unprotect or bool(self.instances) or self.cluster


def plan(cluster: Cluster | None, members: Sequence[Instance]) -> Demolition:
    """What to do now with a cluster that may be deleted, and with its instances."""
    if cluster is None:
        return Demolition()
    waiting_for = (
        *(f"instance {each.name} ({each.status})" for each in members),
        f"cluster {cluster.name} ({cluster.status})",
    )
    if cluster.deletion_protection and cluster.status != DELETING:
        return Demolition(unprotect=True, waiting_for=("its deletion protection", *waiting_for))
    empty = all(each.status == DELETING for each in members)
    return Demolition(
        instances=tuple(each.name for each in members if each.status not in _NOT_DELETABLE),
        cluster=empty and cluster.status not in _NOT_DELETABLE,
        waiting_for=waiting_for,
    )
