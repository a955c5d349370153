"""The simulated platform: nodes that become Ready some time after they are ordered, and workspaces on them.

Minutes are those of the trace. A workspace takes one of a node's places, 12 to 16 by Coder's validated architectures
for nodes of 8 vCPU and 32 GB: how many a node has is taken in turn, as workspaces differ in size.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Placement = Literal["packed", "spread"]
PLACEMENTS: Final[Mapping[str, Placement]] = {"spread": "spread", "packed": "packed"}
ZONES = ("a", "b", "c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fabric:
    """What the platform is made of.

    node_minutes  from the order of a node until it is Ready
    places        the fewest and the most workspaces of a node
    placement     where a workspace comes: `spread` onto the node with the most room, which is what a scheduler does
                  that nobody has told otherwise; `packed` onto the fullest that has room
    available     the nodes that the Region has for the group; None: as many as are ordered
    """

    node_minutes: int = 4
    places: tuple[int, int] = (12, 16)
    placement: Placement = "spread"
    available: int | None = None

    @property
    def usual_places(self) -> float:
        """Workspaces of an average node."""
        return sum(self.places) / 2

    def places_of(self, number: int) -> int:
        """How many workspaces this node takes."""
        fewest, most = self.places
        return fewest + number * 2 % (most - fewest + 1)


@dataclass(slots=True, eq=False, kw_only=True)
class Machine:
    """A node of the group. `chosen_by` is the scaling that cordoned it; empty: it takes workspaces."""

    name: str
    number: int
    ordered_at: int
    ready_at: int
    places: int
    ready: bool = False
    chosen_by: str = ""
    holds: dict[str, None] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        return ZONES[self.number % len(ZONES)]

    @property
    def takes(self) -> bool:
        """A scheduler would place a workspace here."""
        return self.ready and not self.chosen_by and len(self.holds) < self.places


@dataclass(slots=True)
class Waits:
    """Workspaces that had to wait for a node: how many, and the longest wait in minutes."""

    count: int = 0
    longest: int = 0

    def over(self, minutes: int) -> None:
        """One of them waits no more."""
        self.count += minutes > 0
        self.longest = max(self.longest, minutes)


class World:
    """One group of nodes and what runs on it. `version` changes with everything that a decision could see."""

    def __init__(self, fabric: Fabric, *, nodes: int) -> None:
        self.fabric = fabric
        self.minute = 0
        self.desired = nodes
        self.machines: list[Machine] = []
        self.where: dict[str, Machine] = {}
        self.waiting: dict[str, int] = {}
        self.waits = Waits()
        self.starts = 0
        self.killed: Counter[int] = Counter()
        self.version = 0
        self._ordered = 0
        self._places: int | None = None
        self._launch(ready_in=0)
        self.advance(0)

    @property
    def running(self) -> int:
        """Workspaces with a place."""
        return len(self.where)

    @property
    def ready(self) -> int:
        """Nodes that are Ready."""
        return sum(each.ready for each in self.machines)

    @property
    def places(self) -> int:
        """What Ready nodes that take workspaces have room for in all."""
        if self._places is None:
            self._places = sum(each.places for each in self.machines if each.ready and not each.chosen_by)
        return self._places

    @property
    def next_ready(self) -> int | None:
        """The minute in which the next ordered node becomes Ready."""
        return min((each.ready_at for each in self.machines if not each.ready), default=None)

    def advance(self, minute: int) -> None:
        """Let it be this minute: nodes that are due become Ready, and what waits for room comes onto them."""
        self.minute = minute
        due = [each for each in self.machines if not each.ready and each.ready_at <= minute]
        for each in due:
            each.ready = True
        if due:
            self._changed()

    def start(self, workspace: str) -> None:
        """A developer, or autostart, starts a workspace; it waits where no node has room."""
        if workspace not in self.where and workspace not in self.waiting:
            self.starts += 1
            self._appear(workspace)

    def stop(self, workspace: str) -> None:
        """It is stopped, by hand or by autostop."""
        machine = self.where.pop(workspace, None)
        if machine is not None:
            del machine.holds[workspace]
            self._changed(places=False)
        elif workspace in self.waiting:
            self.waits.over(self.minute - self.waiting.pop(workspace))
            self.version += 1

    def order(self, desired: int) -> None:
        """More nodes are desired. A lower size only lowers what is desired: nodes end by `end` alone."""
        self.desired = desired
        self._launch(ready_in=self.fabric.node_minutes)

    def cordon(self, names: Iterable[str], *, by: str) -> None:
        """Nothing new comes onto these; an empty `by` lets it come again."""
        chosen = set(names)
        for each in self.machines:
            if each.name in chosen:
                each.chosen_by = by
        self._changed()

    def end(self, machines: Iterable[Machine]) -> None:
        """These go together, whatever runs on them. A killed workspace's pod is made again, and wants a place.

        Auto Scaling orders others where fewer are there than are desired.
        """
        gone = list(machines)
        for each in gone:
            self.machines.remove(each)
        self._launch(ready_in=self.fabric.node_minutes)
        for workspace in [workspace for each in gone for workspace in each.holds]:
            del self.where[workspace]
            self.killed[self.minute] += 1
            self._appear(workspace)

    def _launch(self, *, ready_in: int) -> None:
        wanted = self.desired if self.fabric.available is None else min(self.desired, self.fabric.available)
        while len(self.machines) < wanted:
            number, self._ordered = self._ordered, self._ordered + 1
            self.machines.append(
                Machine(
                    name=f"node-{number:05}",
                    number=number,
                    ordered_at=self.minute,
                    ready_at=self.minute + ready_in,
                    places=self.fabric.places_of(number),
                )
            )
        self._changed()

    def _appear(self, workspace: str) -> None:
        self.version += 1
        if not self._place(workspace):
            self.waiting[workspace] = self.minute

    def _place(self, workspace: str) -> bool:
        machine = self._roomy()
        if machine is None:
            return False
        machine.holds[workspace] = None
        self.where[workspace] = machine
        return True

    def _roomy(self) -> Machine | None:
        """Where the scheduler would place a workspace. Of nodes that are alike it takes the oldest."""
        fitting = [each for each in self.machines if each.takes]
        if self.fabric.placement == "packed":
            return min(fitting, key=lambda each: each.places - len(each.holds), default=None)
        return max(fitting, key=lambda each: 1 - len(each.holds) / each.places, default=None)

    def _changed(self, *, places: bool = True) -> None:
        """Somewhere there may be room now: who waited longest comes first."""
        self.version += 1
        if places:
            self._places = None
        while self.waiting:
            first = next(iter(self.waiting))
            if not self._place(first):
                break
            self.waits.over(self.minute - self.waiting.pop(first))
