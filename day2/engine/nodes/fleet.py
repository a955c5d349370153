"""All node groups of one engine, and the thread in which their time passes; it begins with the first group."""

import contextvars
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

from day2.engine.nodes.refusals import no_such_instance
from day2.engine.nodes.scaling_group import ScalingGroup

Tell = Callable[[ScalingGroup, datetime], None]
"""Shows a group as it now is wherever it is seen."""


class Fleet:
    """The groups, by the names of their Auto Scaling groups. Whoever changes one holds `lock` and then calls `look`."""

    def __init__(self, tell: Tell) -> None:
        self.lock = threading.RLock()
        self._tell = tell
        self._groups: dict[str, ScalingGroup] = {}
        self._changed = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, group: ScalingGroup) -> None:
        with self.lock:
            self._groups[group.name] = group
            self.look()
            if self._thread is None:
                context = contextvars.copy_context()  # MiniStack keeps the caller's account and Region there
                self._thread = threading.Thread(target=context.run, args=(self._go_on,), daemon=True, name="fleet")
                self._thread.start()

    def remove(self, name: str) -> None:
        """Forget a group; the caller has it no more anywhere else."""
        with self.lock:
            self._groups.pop(name, None)

    def groups(self) -> list[ScalingGroup]:
        return list(self._groups.values())

    def named(self, name: str) -> ScalingGroup | None:
        """By the name of the Auto Scaling group."""
        return self._groups.get(name)

    def of(self, cluster: str, node_group: str) -> ScalingGroup | None:
        """By that of the node group."""
        return next((each for each in self.groups() if (each.cluster, each.node_group) == (cluster, node_group)), None)

    def with_instance(self, instance: str) -> ScalingGroup:
        """The group of an instance. Raises Refusal."""
        for each in self.groups():
            if any(one.id == instance for one in each.instances):
                return each
        raise no_such_instance(instance)

    def look(self) -> None:
        """Bring every group up to now."""
        with self.lock:
            self._step()
        self._changed.set()

    def _go_on(self) -> None:
        wait: float | None = None
        while True:
            self._changed.wait(wait)
            self._changed.clear()
            try:
                with self.lock:
                    wait = self._step()
            except Exception:  # noqa: BLE001  the next round tries again
                sys.stderr.write(traceback.format_exc())
                wait = 1.0

    def _step(self) -> float | None:
        """Seconds until something is due; None where nothing is."""
        now = datetime.now(UTC)
        for group in self.groups():
            group.step(now)
            self._tell(group, now)
        moments = [moment for each in self.groups() if (moment := each.due(now))]
        return max(0.0, (min(moments) - datetime.now(UTC)).total_seconds()) if moments else None
