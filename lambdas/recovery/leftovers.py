"""The proof that a drill left nothing: every listing, with what it found. What could not be listed counts as left."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.contracts import Drill
from lambdas.recovery.names import DRILL_TAG


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """One kind of thing that could have stayed, and how many of it did. `found` -1: could not be looked at."""

    what: str
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One kind of thing: the names that stayed, or why they could not be listed."""

    what: str
    names: tuple[str, ...] = ()
    unknown: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """All listings together."""

    listings: tuple[Listing, ...]

    @property
    def looked_at(self) -> tuple[LookedAt, ...]:
        """For the evidence."""
        return tuple(LookedAt(what=each.what, found=-1 if each.unknown else len(each.names)) for each in self.listings)

    @property
    def objections(self) -> tuple[str, ...]:
        """What stayed or could not be ruled out; empty when nothing is left."""
        return tuple(
            f"{each.what}: could not be ruled out: {each.unknown}"
            if each.unknown
            else f"{each.what}: {', '.join(each.names)}"
            for each in self.listings
            if each.unknown or each.names
        )


def is_of(drill: Drill, *, names: tuple[str | None, ...], tags: Mapping[str, str]) -> bool:
    """Whether a resource is this drill's: by one of its names, or by its tag, should somebody have renamed it."""
    return drill.target in names or drill.writer in names or tags.get(DRILL_TAG) == drill.id


def namespace_listing(state: Mapping[str, Any], drill: Drill) -> Listing:
    """What DeleteNamespace found, from the drill's state."""
    what = "Kubernetes namespaces"
    deleted = state.get("namespace_deleted")
    if not isinstance(deleted, Mapping):
        failure = state.get("namespace_failure", {})
        error = failure.get("Error", "DeleteNamespace told nothing") if isinstance(failure, Mapping) else "unknown"
        return Listing(what=what, unknown=f"{drill.namespace}: {error}")
    if deleted.get("skipped"):
        return Listing(what=f"{what} (skipped: {deleted.get('reason', 'no Kubernetes')})")
    if deleted.get("gone"):
        return Listing(what=what)
    return Listing(what=what, names=(drill.namespace,))
