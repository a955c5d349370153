"""What is seen of a node group while a story goes on: samples many times a second, and what happened when."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from day2.engine.workspaces import Workspaces

_EVERY_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The group at `at` seconds from the beginning.

    desired   nodes, by EKS
    ready     nodes that are Ready and not on their way out
    occupied  nodes with a workspace on them
    running   workspaces with a node; `waiting` those without
    """

    at: float
    desired: int
    ready: int
    occupied: int
    running: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened."""

    at: float
    what: str


@dataclass(slots=True)
class Timeline:
    """See the module. `desired` asks EKS; Kubernetes is asked through `people`, a door of the timeline's own."""

    people: Workspaces
    group: str
    desired: Callable[[], int]
    samples: list[Sample] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _look: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._go_on, daemon=True, name="timeline")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self.look()

    def mark(self, what: str) -> None:
        """Note that something happens now."""
        self.marks.append(Mark(at=self._now(), what=what))

    def look(self) -> Sample:
        """One more sample, now."""
        with self._look:
            placed = self.people.placed()
            nodes = self.people.kubernetes.nodes(self.group)
            sample = Sample(
                at=self._now(),
                desired=self.desired(),
                ready=sum(each.ready for each in nodes),
                occupied=len(set(placed.values()) - {""}),
                running=sum(bool(node) for node in placed.values()),
                waiting=sum(not node for node in placed.values()),
            )
            self.samples.append(sample)
        return sample

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _go_on(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            self.look()
