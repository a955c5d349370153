"""The one way out: what to delete next, what to wait for, and when nothing can appear any more.

Order (AWS): instances first; the cluster as soon as every instance is on its way out; with it go its automated
backups and its managed secret. Only what bears the drill's name and its tag is deleted. What bears the name alone is
told, and never touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lambdas import payload
from lambdas.contracts import Drill
from lambdas.recovery.database import DELETING, RETAINED, Cluster, Instance, RetainedBackup, Snapshot
from lambdas.recovery.names import bears_tag

# Deletions of eight minutes are usual; two hours tell a slow one from one that never ends.
CEILING = timedelta(hours=2)
# A restore call that was under way when its function died (60 s at most, 90 s by the state) may still take effect
# afterwards: for this long after, "not there" is not yet "gone".
IN_FLIGHT = timedelta(minutes=2)

# Errors by which RDS, or we, refused the restore for good: after them no cluster appears.
_REFUSED_FOR_GOOD = frozenset({"AccessRefused", "RequestRefused", "NoUsableRecoveryPoint", "ProductionTargetRefused"})
# A cluster being created cannot be deleted (InvalidDBClusterStateFault); an instance likewise.
_NOT_DELETABLE = frozenset({"creating", DELETING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What exists under a drill's name. `secrets` holds the ARNs of managed master secrets of the target."""

    cluster: Cluster | None = None
    instances: tuple[Instance, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    backups: tuple[RetainedBackup, ...] = ()
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Demolition:
    """One look's decision. Deletions are by name (backups by resource id); all of them may be called at once.

    waiting_for  what is still there, or may still appear, in words; empty when nothing of the drill is left
    foreign      what bears the name without the tag: never deleted, refused once all else is gone
    """

    instances: tuple[str, ...] = ()
    cluster: str | None = None
    snapshots: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()
    waiting_for: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


def plan_demolition(remains: Remains, drill: Drill, *, may_appear: str | None) -> Demolition:
    """What to delete now. `may_appear` says what could still come into being; None when nothing can."""
    if remains.cluster is not None and not bears_tag(remains.cluster.tags, drill):
        return Demolition(foreign=(f"cluster {remains.cluster.name}",))
    own_instances = tuple(each for each in remains.instances if _is_own(each, drill))
    foreign_instances = tuple(f"instance {each.name}" for each in remains.instances if each not in own_instances)
    if foreign_instances and not own_instances:
        # They hold the cluster, and with it all that goes with it: waiting would not end by itself.
        return Demolition(foreign=foreign_instances)
    retained = tuple(each for each in _outliving(remains) if each.status == RETAINED)
    own_retained = tuple(each for each in retained if bears_tag(each.tags, drill))
    # Automated snapshots go with the cluster and cannot be deleted by themselves.
    automated = tuple(each for each in remains.snapshots if each.type == "automated")
    manual = tuple(each for each in remains.snapshots if each.type != "automated")
    own_manual = tuple(each for each in manual if _is_own(each, drill))
    foreign = (
        *foreign_instances,
        *(f"snapshot {each.name}" for each in manual if each not in own_manual),
        *(f"automated backup {each.resource_id}" for each in retained if each not in own_retained),
    )
    waiting_for = (
        *(f"instance {each.name} ({each.status})" for each in own_instances),
        *((f"cluster {remains.cluster.name} ({remains.cluster.status})",) if remains.cluster else ()),
        *(f"snapshot {each.name} ({each.status})" for each in (*automated, *own_manual)),
        *(
            f"automated backup {each.resource_id} ({each.status})"
            for each in _outliving(remains)
            if each not in retained or each in own_retained
        ),
        *("the managed master secret" for _ in remains.secrets),
        *((may_appear,) if may_appear and remains.cluster is None else ()),
    )
    return Demolition(
        instances=tuple(each.name for each in own_instances if each.status not in _NOT_DELETABLE),
        cluster=_deletable_cluster(remains),
        snapshots=tuple(each.name for each in own_manual if each.status not in _NOT_DELETABLE),
        backups=tuple(each.resource_id for each in own_retained),
        waiting_for=waiting_for,
        foreign=foreign,
    )


def what_may_appear(state: Mapping[str, Any], *, entered_at: datetime, now: datetime) -> str | None:
    """What a restore call in flight could still bring into being, in words; None when nothing can appear any more.

    `state` is the drill's state, or a swept drill's: `cluster_seen` and `died_at` are then what FindOrphans knew.
    """
    if state.get("cluster_seen"):
        return None
    died_at = state.get("died_at")
    if died_at is None and "choice" not in state and "failure" in state:
        return None
    branch = state.get("prepared", {}).get("restore", {})
    if "cluster_ready" in branch or branch.get("failure", {}).get("Error") in _REFUSED_FOR_GOOD:
        return None
    since = entered_at if died_at is None else payload.parse_instant(died_at)
    if now >= since + IN_FLIGHT:
        return None
    return f"a restore that may have been under way, until {payload.instant(since + IN_FLIGHT)}"


def _is_own(found: Instance | Snapshot, drill: Drill) -> bool:
    """Both marks: the tag, and a name that begins with the drill's target."""
    return bears_tag(found.tags, drill) and found.name.startswith(f"{drill.target}-")


def _deletable_cluster(remains: Remains) -> str | None:
    cluster = remains.cluster
    if cluster is None or cluster.status in _NOT_DELETABLE:
        return None
    if any(each.status != DELETING for each in remains.instances):
        return None
    return cluster.name


def _outliving(remains: Remains) -> tuple[RetainedBackup, ...]:
    """Automated backups that no longer have their cluster; those of a living one go with it, a little after it."""
    return () if remains.cluster is not None else remains.backups
