"""What a cut-over's outage is made of: what pods and AWS take in any case, and what the orchestration adds.

From StopPlatform's entry to the platform's verification, as a restore's record measures it. Functions take what
`economy` assumes of Lambda; each of those behind the fence is called for the first time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .cloud import REALISTIC, Durations
from .economy import as_lambda_would
from .restoring import AUTOMATIC, stage

POD_ENDS_SECONDS, POD_STARTS_SECONDS = 8, 25
"""coderd's own: it drains for seconds, and connects and migrates before it is ready."""


@dataclass(frozen=True, kw_only=True)
class Outage:
    """One cut-over's. `functions_seconds` is the part of it within functions."""

    seconds: float
    unavoidable_seconds: float
    functions_seconds: float

    @property
    def added_seconds(self) -> float:
        return self.seconds - self.unavoidable_seconds


def unavoidable(strategy: str, durations: Durations) -> float:
    """Pods end, pods start; a swap renames two clusters one after the other, each with its instances beside it."""
    names = 2 * durations.renaming if strategy == "swap-identifiers" else 0
    return POD_ENDS_SECONDS + names + POD_STARTS_SECONDS


def measure(strategy: str, durations: Durations = REALISTIC) -> Outage:
    """Restore the platform in virtual time, and take its outage apart."""
    with stage(durations=durations) as here:
        here.platform.ends_seconds, here.platform.starts_seconds = POD_ENDS_SECONDS, POD_STARTS_SECONDS
        here.world.seconds = 0
        spent = as_lambda_would(here)
        request: Mapping[str, Any] = {**AUTOMATIC, "strategy": strategy}
        execution = here.restore(request)
        assert execution.output["outcome"] == "kept", execution.cause
        begun, ended = _entered(execution.history, "StopPlatform"), _left(execution.history, "VerifyPlatform")
        behind = [call.started_at for call in here.world.invocations]
        within = sum(seconds for at, (_, seconds) in zip(behind, spent, strict=True) if begun <= at < ended)
    return Outage(
        seconds=(ended - begun).total_seconds(),
        unavoidable_seconds=unavoidable(strategy, durations),
        functions_seconds=within,
    )


def _entered(history: list[dict[str, Any]], state: str) -> datetime:
    return _moment(history, state, "stateEnteredEventDetails")


def _left(history: list[dict[str, Any]], state: str) -> datetime:
    return _moment(history, state, "stateExitedEventDetails")


def _moment(history: list[dict[str, Any]], state: str, details: str) -> datetime:
    found = next(each["timestamp"] for each in history if each.get(details, {}).get("name") == state)
    return found if isinstance(found, datetime) else datetime.fromisoformat(found)
