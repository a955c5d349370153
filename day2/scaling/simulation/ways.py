"""The two ways that ours is measured by: today's schedules of Auto Scaling, and the peak at all hours."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from day2.scaling.simulation.world import World
from lambdas.scaling.calendar import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Sizes that did change, and why."""

    minute: int
    before: int
    after: int
    trigger: str
    reason: str


class Way(Protocol):
    """A way of scaling: it acts on its world when a minute comes."""

    world: World
    changes: list[Change]

    def act(self) -> None:
        """Do what is to be done in the world's minute."""

    def due(self) -> int | None:
        """The next minute, after the world's, in which it wants to act though nothing happens."""


class AlwaysPeak:
    """The nodes of the peak, day and night."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.changes: list[Change] = []

    def act(self) -> None:
        """Nothing ever changes."""

    def due(self) -> int | None:
        return None


class Fixed:
    """The Auto Scaling group's own scheduled actions: desired at once, and nodes end whatever runs on them.

    They know no holidays. Which nodes end is the Auto Scaling group's choice; here it is the oldest.
    """

    def __init__(self, world: World, entries: Iterable[tuple[int, Entry]]) -> None:
        self.world = world
        self.changes: list[Change] = []
        self._entries = deque(entries)

    def act(self) -> None:
        while self._entries and self._entries[0][0] <= self.world.minute:
            _, entry = self._entries.popleft()
            self._set(entry.schedule.desired, entry.schedule.name)

    def due(self) -> int | None:
        return self._entries[0][0] if self._entries else None

    def _set(self, desired: int, name: str) -> None:
        world = self.world
        if desired == world.desired:
            return
        before, excess = world.desired, len(world.machines) - desired
        world.order(desired)
        if excess > 0:
            world.end(sorted(world.machines, key=lambda each: each.ordered_at)[:excess])
        self.changes.append(
            Change(
                minute=world.minute,
                before=before,
                after=desired,
                trigger=f"schedule {name}",
                reason=f"desired is set to {desired} at once",
            )
        )
