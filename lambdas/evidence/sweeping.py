"""What the daily sweep found out: what still stays behind, and how long ago the last proof is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.contracts import Drill, RecoveryPointKind
from lambdas.evidence import failures
from lambdas.evidence.cleanup import cleanup
from lambdas.evidence.summary import Summary

State = Mapping[str, Any]

# What the metric says while no drill was ever begun: beyond every alarm's threshold, and plainly no measurement.
NEVER_DRILLED_DAYS = 999.0

# A snapshot's drill proves the snapshot; only this one proves how little is lost (ADR 5).
PROVES_THE_RPO: RecoveryPointKind = "point-in-time"

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The sweep's result.

    swept      drills that were torn down or looked through
    leftovers  resources still there; what could not be looked at counts as one
    problems   a sentence for everything that stayed, or could not be looked at or recorded
    """

    swept: int
    leftovers: int
    problems: tuple[str, ...]


def close(state: State) -> Sweep:
    """Count over all drills the sweep handled, and the places it could not look at."""
    swept = state.get("swept") or ()
    problems: list[str] = []
    leftovers = 0
    for each in swept:
        drill, cleaned = each["drill"], cleanup(each)
        if not cleaned["proven"]:
            leftovers += cleaned["leftovers"] or 1
            problems.append(f"{drill['target']}: {cleaned['reason']}")
        if each.get("evidence_failure"):
            lost = failures.read(each["evidence_failure"], part="evidence")
            problems.append(f"{drill['id']} stays open in the ledger: {lost.sentence}")
        if each.get("announce_failure"):
            untold = failures.read(each["announce_failure"], part="announcement")
            problems.append(f"{drill['id']} was recorded, but nobody was told: {untold.sentence}")
    for stray in _strays(state):
        leftovers += 1
        problems.append(stray)
    for name, what in (("namespace_failure", "namespaces"), ("failure", "the drills that were found")):
        if state.get(name):
            leftovers += 1
            problems.append(f"{what} could not be looked through: {failures.read(state[name], part='sweep').sentence}")
    return Sweep(swept=len(swept), leftovers=leftovers, problems=tuple(problems))


def _strays(state: State) -> tuple[str, ...]:
    """What bears the drills' prefix but no drill's tag: nobody's to delete, but somebody's to look at."""
    left_alone = [
        each
        for name in ("found", "orphans")
        for each in (state.get(name) or {}).get("left_alone") or ()
        if each["drill"] is None
    ]
    return tuple(dict.fromkeys(f"{each['what']} {each['reason']}" for each in left_alone))


def days_since_last_passed(
    history: Sequence[Summary], *, running: Sequence[Drill], now: datetime, kind: RecoveryPointKind | None = None
) -> float:
    """Days since the last passed drill began; before any has passed, since the first drill began.

    `history` newest first; `kind` asks for drills of that kind that measured what such a drill is for, None counts
    all. 999 when none was ever begun. A drill begins at its opening: that is the data's proof, not its cleanup.
    """
    passed = (each for each in history if each.outcome == "passed" and (kind is None or _measured(each, kind)))
    begun = next((each.opened_at for each in passed), None)
    if begun is None:
        begun = min([each.opened_at for each in history] + [each.opened_at for each in running], default=None)
    return NEVER_DRILLED_DAYS if begun is None else round((now - begun).total_seconds() / _SECONDS_A_DAY, 2)


def _measured(drill: Summary, kind: RecoveryPointKind) -> bool:
    """Whether it measured what such a drill is for: a recovery point that was chosen by hand proves no RPO."""
    return drill.recovery_point_kind == kind and drill.rpo_seconds is not None
