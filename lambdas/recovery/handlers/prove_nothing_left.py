"""ProveNothingLeft: list everything that could have stayed. An error while listing is no proof of absence."""

from collections.abc import Callable, Iterable
from typing import Any

from lambdas.adapters import rds, secrets
from lambdas.contracts import Drill
from lambdas.errors import AccessRefused, LeftoversFound, RequestRefused
from lambdas.recovery.leftovers import Listing, Proof, is_of, namespace_listing
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `drill` and the whole `drill_state`; give every listing, all of them empty."""
    drill = call.take(Drill, "drill")
    proof = Proof(listings=(*_listings(drill), namespace_listing(call.event["drill_state"], drill)))
    if proof.objections:
        raise LeftoversFound(
            "; ".join(proof.objections),
            resource=drill.target,
            next_step="Look at each; what is the drill's own is deleted by the daily sweep, or by hand.",
        )
    return {"clear": True, "looked_at": proof.looked_at}


def _listings(drill: Drill) -> tuple[Listing, ...]:
    door = rds.door()
    return (
        _list(
            "DB clusters",
            lambda: (each.name for each in door.clusters() if is_of(drill, names=(each.name,), tags=each.tags)),
        ),
        _list(
            "DB instances",
            lambda: (
                each.name for each in door.instances() if is_of(drill, names=(each.name, each.cluster), tags=each.tags)
            ),
        ),
        _list(
            "DB cluster snapshots",
            lambda: (each.name for each in door.snapshots() if is_of(drill, names=(each.cluster,), tags=each.tags)),
        ),
        _list(
            "automated backups",
            lambda: (
                each.resource_id
                for each in door.automated_backups()
                if is_of(drill, names=(each.cluster,), tags=each.tags)
            ),
        ),
        _list(
            "managed master secrets",
            lambda: secrets.door().managed_by(drill.target),
        ),
    )


def _list(what: str, look: Callable[[], Iterable[str]]) -> Listing:
    try:
        return Listing(what=what, names=tuple(look()))
    except (AccessRefused, RequestRefused) as refusal:
        return Listing(what=what, unknown=f"{type(refusal).__name__}: {refusal.what}")
