"""The table of calls that this package answers in MiniStack's place."""

from collections.abc import Callable

from day2.engine.aurora import automated_backups, clusters, faults, instances, restores, snapshots, stores, tags, wire
from day2.engine.aurora.disturbances import Disturbance
from day2.engine.aurora.records import Aurora, Shown
from day2.engine.aurora.wire import Request
from day2.engine.settings import EngineSettings

_GROUPS = (clusters, instances, snapshots, restores, automated_backups, tags)
_UNLOCKED = ("DescribeDBClusters",)
"""Waits for PostgreSQL, and locks what it reads by itself."""


def install(settings: EngineSettings) -> None:
    """Answer RDS calls by this package from now on."""
    aurora = Aurora(settings)
    stores.install(
        {
            operation: wire.bind(operation, _guarded(aurora, handler, locked=operation not in _UNLOCKED))
            for group in _GROUPS
            for operation, handler in group.CALLS.items()
        }
    )


def _guarded(
    aurora: Aurora, handler: Callable[[Aurora, Request], Shown], *, locked: bool
) -> Callable[[Request], Shown]:
    def handle(request: Request) -> Shown:
        if aurora.disturbances.lasts(Disturbance.THROTTLED):
            raise faults.Fault("Throttling", "Rate exceeded")
        if not locked:
            return handler(aurora, request)
        with aurora.lock:
            return handler(aurora, request)

    return handle
