"""What the daily sweep found out: what still stays behind, and how long ago the last proof is."""

from collections.abc import Iterator, Mapping, Sequence
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
    """Count over all drills the sweep handled, those it did not come to, and the places it could not look at."""
    swept = state.get("swept") or ()
    missed = (*_postponed(state), *_strays(state), *_not_looked_through(state))
    return Sweep(
        swept=len(swept),
        leftovers=sum(map(_leftovers, swept)) + len(missed),
        problems=(*(problem for each in swept for problem in _problems(each)), *missed),
    )


def _leftovers(swept: State) -> int:
    cleaned = cleanup(swept)
    return 0 if cleaned["proven"] else int(cleaned["leftovers"] or 1)


def _problems(swept: State) -> Iterator[str]:
    """What the way out of one drill met, with its first error first."""
    drill, cleaned = swept["drill"], cleanup(swept)
    if not cleaned["proven"]:
        met = " Then ".join(map(_told, failures.of_the_way_out(swept)))
        yield f"{drill['target']}: {met or cleaned['reason']}"
    for name, what in (("evidence_failure", "recorded"), ("announce_failure", "announced")):
        if swept.get(name):
            yield f"{drill['id']} may not have been {what}: {_told(failures.read(swept[name], part='sweep'))}"


def _postponed(state: State) -> tuple[str, ...]:
    waiting = (state.get("orphans") or {}).get("postponed") or ()
    return tuple(f"{each} waits for the next sweep: there are more than one takes at once" for each in waiting)


def _not_looked_through(state: State) -> tuple[str, ...]:
    places = (("namespace_failure", "namespaces"), ("failure", "the drills that were found"))
    return tuple(
        f"{what} could not be looked through: {_told(failures.read(state[name], part='sweep'))}"
        for name, what in places
        if state.get(name)
    )


def _told(failure: failures.Failure) -> str:
    return failure.sentence if failure.name in failure.sentence else f"{failure.name}: {failure.sentence}"


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
