"""What CloudWatch counted: connections of the last hour, on each of the cluster's instances."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lambdas.words import clock, plural

WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The most client connections that were counted at once within the window, and the minute of it."""

    connections: int
    at: datetime


def busy(peaks: Mapping[str, Peak | None]) -> str:
    """Who had connections, in words: `coder-prod-aurora-1 had 3 connections at ...`. Empty when none had any."""
    return "; ".join(
        f"{name} had {plural(peak.connections, 'connection')} at {clock(peak.at)}"
        for name, peak in peaks.items()
        if peak is not None and peak.connections
    )


def unmeasured(peaks: Mapping[str, Peak | None]) -> tuple[str, ...]:
    """The instances of which nothing was counted: unknown, which is not none."""
    return tuple(name for name, peak in peaks.items() if peak is None)
