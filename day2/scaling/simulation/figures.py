"""What is counted while a simulation runs, and what is drawn of it."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from day2.scaling.simulation.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One way of scaling in figures.

    killed             running workspaces that ended with their node
    late_minutes       for how long nodes promised by a schedule were missing after the promised time
    waited             starts that found no room at once
    waiting_minutes    minutes that workspaces waited for a node, all of them together
    longest_wait_minutes  of one workspace
    node_hours         from a node's order to its end
    changes            of the desired size
    most_nodes         at once
    spared             nodes that were chosen to end, and stayed because something had started on them
    decisions          that were asked for, those that change nothing among them
    """

    starts: int
    killed: int
    late_minutes: int
    waited: int
    waiting_minutes: int
    longest_wait_minutes: int
    node_hours: float
    changes: int
    most_nodes: int
    spared: int = 0
    decisions: int = 0


class Sample(NamedTuple):
    """How it stands from this minute on. `desired`, `ready` in nodes, the others in workspaces."""

    minute: int
    desired: int
    ready: int
    running: int
    waiting: int


class Recorder:
    """Looks at a world from change to change. `promised`: from which minute on how many nodes are to be Ready."""

    def __init__(self, world: World, promised: Iterable[tuple[int, int]]) -> None:
        self._world = world
        self._promised = deque(promised)
        self._owed: int | None = None
        self._node_minutes = self._waiting_minutes = self._late_minutes = self._most_nodes = 0
        self.samples: list[Sample] = []

    def due(self) -> int | None:
        """The next promised minute."""
        return self._promised[0][0] if self._promised else None

    def look(self) -> None:
        """What the world's minute has come to, after everything that happens in it."""
        world = self._world
        while self._promised and self._promised[0][0] <= world.minute:
            self._owed = self._promised.popleft()[1]
        # A promise is kept once: what alarms take away afterwards was not needed.
        if self._owed is not None and world.ready >= self._owed:
            self._owed = None
        self._most_nodes = max(self._most_nodes, len(world.machines))
        self.samples.append(Sample(world.minute, world.desired, world.ready, world.running, len(world.waiting)))

    def elapse(self, minutes: int) -> None:
        """So long everything stays as it is."""
        self._node_minutes += minutes * len(self._world.machines)
        self._waiting_minutes += minutes * len(self._world.waiting)
        self._late_minutes += minutes * (self._owed is not None)

    def figures(self, *, changes: int, spared: int = 0, decisions: int = 0) -> Figures:
        """The sum of it."""
        world = self._world
        for since in world.waiting.values():
            world.waits.over(world.minute - since)
        return Figures(
            starts=world.starts,
            killed=world.killed.total(),
            late_minutes=self._late_minutes,
            waited=world.waits.count,
            waiting_minutes=self._waiting_minutes,
            longest_wait_minutes=world.waits.longest,
            node_hours=self._node_minutes / 60,
            changes=changes,
            most_nodes=self._most_nodes,
            spared=spared,
            decisions=decisions,
        )
