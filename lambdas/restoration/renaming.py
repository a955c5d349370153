"""Which cluster and which instance bears which name, one rename at a time.

Names move, resource ids do not: everything is known by its id. A name can be taken once its owner has left it, so each
look begins what can be begun, and the machine looks again until every name is where it is wanted. The same function
goes forward and back, from any point half way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lambdas.recovery.database import AVAILABLE, Cluster, Instance
from lambdas.restore_contracts import BeforeDatabase, Restoration

Kind = Literal["cluster", "instance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """One rename to begin."""

    kind: Kind
    name: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """One look's decision. `waiting_for` is what does not bear its name, available, yet; empty when all do."""

    begin: tuple[Rename, ...] = ()
    waiting_for: tuple[str, ...] = ()


def forward(restoration: Restoration, before: BeforeDatabase) -> dict[str, str]:
    """Resource id -> name after the swap: the old cluster out of the way, the restored one in its place.

    Instances follow their cluster: of `coder-prod-aurora-1` becomes `coder-prod-aurora-old-<id>-1`. The restored ones
    get the old ones' names in their order, and numbers of their own where there were fewer.
    """
    wanted = {}
    for resource, name in before.names.items():
        if resource in before.restored:
            continue
        wanted[resource] = f"{restoration.old_name}{name.removeprefix(restoration.source)}"
    old_instances = [name for name in before.instances if name.startswith(restoration.source)]
    for resource, name in before.names.items():
        if resource not in before.restored:
            continue
        if name == restoration.target:
            wanted[resource] = restoration.source
            continue
        number = int(name.rpartition("-")[2])
        has_one = number <= len(old_instances)
        wanted[resource] = old_instances[number - 1] if has_one else f"{restoration.source}-{number}"
    return wanted


def back(before: BeforeDatabase) -> dict[str, str]:
    """Resource id -> name as it was before the fence."""
    return dict(before.names)


def plan(
    wanted: Mapping[str, str], clusters: Sequence[Cluster], instances: Sequence[Instance], *, former: Mapping[str, str]
) -> Renames:
    """What can be renamed now. `former` are the names that all this comes from, by resource id.

    A name is free when nobody bears it, and who bore it is available again under another: until then RDS may still
    hold it. What no longer exists is not waited for: RDS knows what became of it, we do not.
    """
    present: list[tuple[Kind, str, str, str]] = [
        *(("cluster", each.resource_id, each.name, each.status) for each in clusters),
        *(("instance", each.resource_id, each.name, each.status) for each in instances),
    ]
    begin, waiting = [], []
    for kind, resource, name, status in present:
        new = wanted.get(resource)
        if new is None or (name == new and status == AVAILABLE):
            continue
        waiting.append(
            f"{kind} {name} ({status}), which is to be {new}" if name != new else f"{kind} {name} ({status})"
        )
        held = any(
            other_kind == kind and (other == new or (former.get(id_) == new and its_status != AVAILABLE))
            for other_kind, id_, other, its_status in present
            if id_ != resource
        )
        if name != new and status == AVAILABLE and not held:
            begin.append(Rename(kind=kind, name=name, new=new))
    return Renames(begin=tuple(begin), waiting_for=tuple(waiting))


def names_fault(restoration: Restoration, instances: Sequence[str]) -> str | None:
    """Why names cannot be swapped: IAM admits what begins with the source's name. None when they can."""
    strange = [each for each in instances if not each.startswith(f"{restoration.source}-")]
    if not strange:
        return None
    return (
        f"swap-identifiers renames instances too, and may rename those that begin with {restoration.source}- only, "
        f"not {', '.join(strange)}; use the strategy repoint"
    )
