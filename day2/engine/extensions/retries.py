"""Retriers wait as long as they say: MaxDelaySeconds is honoured, and an interval above a minute too.

MiniStack cuts every interval at 60 s and does not know MaxDelaySeconds. JitterStrategy stays ignored: every
interval is waited in full. `States.Runtime` and `States.DataLimitExceeded` end the execution; neither States.ALL
nor States.TaskFailed takes them (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import stepfunctions

from day2.engine.extensions import endings
from day2.engine.settings import EngineSettings

NEEDS = (
    "services.stepfunctions._error_matches",
    "services.stepfunctions._find_matching_retrier",
)

TERMINAL = frozenset({"States.Runtime", "States.DataLimitExceeded"})
LONGEST_SECONDS = 31_622_400.0

Retrier = Mapping[str, Any]

_matches = stepfunctions._error_matches
_find = stepfunctions._find_matching_retrier


def install(_settings: EngineSettings) -> None:
    stepfunctions._error_matches = matches
    stepfunctions._find_matching_retrier = find_and_wait


def matches(names: Sequence[str], error: str) -> bool:
    if error in TERMINAL:
        return error in names and error != "States.Runtime"
    return bool(_matches(names, error))


def find_and_wait(retriers: Sequence[Retrier], error: str, counts: Mapping[int, int]) -> tuple[Retrier | None, int]:
    """The retrier that takes `error`, after its interval has passed; MiniStack itself then waits no more."""
    retrier, index = _find(retriers, error, counts)
    if retrier is None:
        return None, index
    endings.pause(interval(retrier, attempt=counts.get(index, 0)))
    return {**retrier, "IntervalSeconds": 0, "BackoffRate": 1.0}, index


def interval(retrier: Retrier, *, attempt: int) -> float:
    """Seconds before the retry that follows `attempt` earlier ones."""
    ceiling = float(retrier.get("MaxDelaySeconds", LONGEST_SECONDS))
    try:
        grown = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2.0)) ** attempt
    except OverflowError:
        return ceiling
    return min(grown, ceiling)
