"""Which sizes a change comes to: what is asked, held within the limits of the settings and of the group."""

import math
from dataclasses import dataclass, replace

from lambdas.scaling.contracts import Change, Origin, Sizes, nodes
from lambdas.settings import ScaledGroup

_ORIGINS = {"operator": "a person", "schedule": "a schedule", "alarm": "an alarm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The sizes that a change comes to, in what words it was asked, and what was taken off it by which limit."""

    sizes: Sizes
    asked: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfBounds:
    """A person asked for what the limits do not allow: refused instead of bent, every fault at once."""

    faults: tuple[str, ...]


def target(change: Change, sizes: Sizes, policy: ScaledGroup, *, origin: Origin) -> Target | OutOfBounds:
    """What `change` makes of `sizes`. A person's change is refused where an alarm's or a schedule's is held back."""
    asked = replace(
        sizes,
        smallest=sizes.smallest if change.smallest is None else change.smallest,
        largest=sizes.largest if change.largest is None else change.largest,
    )
    desired, words = _desired(change, sizes, policy)
    if desired is None:
        return OutOfBounds(faults=(f"{words}: the settings of {policy.node_group} have {_names(policy)}",))
    if origin == "operator":
        faults = tuple(_faults(desired, asked, policy, asks_largest=change.largest is not None))
        return OutOfBounds(faults=faults) if faults else Target(sizes=replace(asked, desired=desired), asked=words)
    if (change.smallest, change.largest) != (None, None):
        return OutOfBounds(faults=(f"min and max are changed by a person only, not by {_ORIGINS[origin]}",))
    return _held_back(desired, asked, policy, words=words, stepwise=change.profile is None)


def _desired(change: Change, sizes: Sizes, policy: ScaledGroup) -> tuple[int | None, str]:
    """How many nodes, and the words for it; None for a profile that the settings do not have."""
    if change.profile is not None:
        return policy.profiles.get(change.profile), f"profile {change.profile}"
    if change.by_nodes is not None:
        return sizes.desired + change.by_nodes, f"{change.by_nodes:+d} nodes"
    if change.by_percent is not None:
        # Away from zero: +10% of 4 nodes is a node more, or the request would do nothing and say that it was done.
        share = sizes.desired * change.by_percent / 100
        return sizes.desired + int(math.copysign(math.ceil(abs(share)), share)), f"{change.by_percent:+g}%"
    if change.desired is None:
        raise ValueError("a change without desired, by or profile: the request was not judged")
    return change.desired, nodes(change.desired)


def _faults(desired: int, asked: Sizes, policy: ScaledGroup, *, asks_largest: bool) -> list[str]:
    faults = []
    if asked.smallest > asked.largest:
        faults.append(f"min {asked.smallest} is more than max {asked.largest}")
    if desired < asked.smallest:
        faults.append(
            f"{nodes(desired)} is below the minimum of {asked.smallest}; ask for min, max and desired together"
        )
    if desired > asked.largest:
        faults.append(
            f"{nodes(desired)} is above the maximum of {asked.largest}; ask for min, max and desired together"
        )
    if asks_largest and asked.largest > policy.ceiling:
        faults.append(f"max {asked.largest} is above the ceiling of {policy.ceiling} in the settings")
    if desired > policy.ceiling:
        faults.append(f"{nodes(desired)} is above the ceiling of {policy.ceiling} in the settings")
    return faults


def _held_back(desired: int, asked: Sizes, policy: ScaledGroup, *, words: str, stepwise: bool) -> Target:
    """Within a step, within the limits of the settings, and last within the group's own, which EKS enforces."""
    notes = []
    if stepwise and abs(desired - asked.desired) > policy.largest_step:
        desired = asked.desired + int(math.copysign(policy.largest_step, desired - asked.desired))
        notes.append(f"held to a step of {policy.largest_step}")
    # A group that stands outside the settings' limits already is not moved by them, only not moved further out.
    lowest, highest = min(policy.floor, asked.desired), max(policy.ceiling, asked.desired)
    for held_to, bound, limit in (
        (max, lowest, f"the floor of {policy.floor}"),
        (min, highest, f"the ceiling of {policy.ceiling}"),
        (max, asked.smallest, f"the group's minimum of {asked.smallest}"),
        (min, asked.largest, f"the group's maximum of {asked.largest}"),
    ):
        within = held_to(desired, bound)
        if within != desired:
            desired = within
            notes.append(f"held to {limit}")
    return Target(sizes=replace(asked, desired=desired), asked=words, note=", ".join(notes))


def _names(policy: ScaledGroup) -> str:
    return ", ".join(sorted(policy.profiles)) or "no profile"
