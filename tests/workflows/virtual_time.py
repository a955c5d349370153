"""Threads in virtual time: one runs at a time, in an order that never varies, and waiting costs nothing.

moto's interpreter runs every attempt, branch and Map item in a thread of its own and waits in real seconds.
`VirtualTime` stands in for `threading` there. A strand is a real thread that runs only while it holds the
baton. When it waits, the baton goes to the next strand that can run; when none can, the clock jumps to the
earliest wake-up. So two branches that wait side by side see one clock, as they would on AWS, and a run that
takes an hour there takes a fraction of a second here and is the same every time.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any


class Deadlock(RuntimeError):
    """Every strand waits for another one, and no wake-up time lies ahead."""


class StrandStopped(BaseException):
    """Unwinds a strand that is still waiting when its world ends; no interpreter catches it."""


class Strand:
    """One thread of control. `woken` tells a wait with a timeout which of the two it was."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.baton = threading.Semaphore(0)
        self.waiting = 0
        self.woken = False
        self.stopped = False


class VirtualTime:
    """The clock and the baton. It is made in, and first held by, the thread that drives the test."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._main = Strand("main")
        self._current = self._main
        self._ready: deque[Strand] = deque()
        self._timers: list[tuple[datetime, int, int, Strand]] = []
        self._order = itertools.count()
        self._threads: list[tuple[Strand, threading.Thread]] = []
        self._closing = False
        self._deadlock: Deadlock | None = None

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass, and whatever others do in them."""
        self._park(seconds)

    def spawn(self, target: Callable[[], None], *, name: str) -> None:
        """Start a strand; it runs once the present one waits."""
        strand = Strand(name)

        def run() -> None:
            strand.baton.acquire()
            self._current = strand
            try:
                if not strand.stopped:
                    target()
            except StrandStopped:
                pass
            finally:
                if not self._closing:
                    self._hand_on()

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append((strand, thread))
        self._ready.append(strand)
        thread.start()

    def close(self) -> None:
        """End every strand that still waits. Only the main strand may, after its run."""
        self._closing = True
        for strand, thread in self._threads:
            if thread.is_alive():
                strand.stopped = True
                strand.baton.release()
                thread.join(timeout=5)

    def wake(self, strand: Strand) -> None:
        """Make a waiting strand ready; its timer, if it has one, no longer counts."""
        strand.waiting += 1
        strand.woken = True
        self._ready.append(strand)

    def wait_in(self, line: list[Strand], timeout: float | None) -> bool:
        """Wait in `line` to be woken. False when `timeout` seconds passed first."""
        me = self._current
        line.append(me)
        woken = self._park(timeout)
        if me in line:
            line.remove(me)
        return woken

    def _park(self, seconds: float | None) -> bool:
        me = self._current
        me.woken = False
        if seconds is not None:
            wake_at = self.now + timedelta(seconds=max(0.0, seconds))
            heapq.heappush(self._timers, (wake_at, next(self._order), me.waiting, me))
        following = self._next()
        if following is not me:
            following.baton.release()
            me.baton.acquire()
        if me.stopped:
            raise StrandStopped
        if self._deadlock:
            raise self._deadlock
        self._current = me
        return me.woken

    def _hand_on(self) -> None:
        try:
            following = self._next()
        except Deadlock as deadlock:
            self._deadlock, following = deadlock, self._main
        following.baton.release()

    def _next(self) -> Strand:
        if self._ready:
            return self._ready.popleft()
        while self._timers:
            wake_at, _, waiting, strand = heapq.heappop(self._timers)
            if waiting == strand.waiting:
                strand.waiting += 1
                self.now = max(self.now, wake_at)
                return strand
        raise Deadlock(f"{self.now:%H:%M:%S}: every strand waits for another one")


class VirtualEvent:
    """`threading.Event` in virtual time."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._set = False
        self._line: list[Strand] = []

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        line, self._line[:] = list(self._line), []
        for strand in line:
            self._time.wake(strand)

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        return self._set or self._time.wait_in(self._line, timeout)


class VirtualThread:
    """`threading.Thread` in virtual time."""

    native_id = 0

    def __init__(  # noqa: PLR0913  the signature of threading.Thread
        self,
        time: VirtualTime,
        *,
        target: Callable[..., object],
        name: str = "strand",
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        daemon: bool | None = None,  # noqa: ARG002  part of the signature
    ) -> None:
        self._time = time
        self._work: Callable[[], object] = partial(target, *args, **(kwargs or {}))
        self._name = name
        self._ended = VirtualEvent(time)

    def start(self) -> None:
        def run() -> None:
            try:
                self._work()
            finally:
                self._ended.set()

        self._time.spawn(run, name=self._name)

    def join(self, timeout: float | None = None) -> None:
        self._ended.wait(timeout)

    def is_alive(self) -> bool:
        return not self._ended.is_set()


class VirtualThreading:
    """What a module that imported `threading` finds in its place. Locks stay real: nobody waits inside one."""

    Lock = staticmethod(threading.Lock)
    RLock = staticmethod(threading.RLock)

    def __init__(self, time: VirtualTime) -> None:
        self._time = time

    def Event(self) -> VirtualEvent:  # noqa: N802  the name in threading
        return VirtualEvent(self._time)

    def Thread(self, **arguments: Any) -> VirtualThread:  # noqa: N802  the name in threading
        return VirtualThread(self._time, **arguments)
