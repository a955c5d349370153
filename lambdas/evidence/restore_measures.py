"""What a restore took and what it lost: recovery time with and without people's, the outage, the lost interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lambdas import payload
from lambdas.contracts import ObjectiveVerdict
from lambdas.evidence import restore_timeline as when
from lambdas.evidence.restore_outcome import outcome_of, serving_of
from lambdas.evidence.timeline import Step
from lambdas.settings import Objectives
from lambdas.words import duration, sentence

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryTime:
    """From the opening to a verified platform. `own_seconds`: without `waited_seconds`, the wait for people."""

    verdict: ObjectiveVerdict
    reason: str
    measured_seconds: float | None
    own_seconds: float | None
    waited_seconds: float | None
    objective_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch in which the platform served nobody. `ended_at` None: nobody saw it end."""

    began_at: datetime | None
    ended_at: datetime | None
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What the restore itself took away from the platform's users. `seconds` None: it goes on, or is not known."""

    seconds: float | None
    periods: tuple[Period, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The interval whose writes the serving database has not.

    stands_in   where those writes still are: old | restored | nowhere; None when nothing was lost
    audit_rows  rows of the audit log in it, as counted at the plan; None when nobody could count
    """

    verdict: ObjectiveVerdict
    reason: str
    seconds: float | None
    objective_seconds: float
    began_at: datetime | None = None
    ended_at: datetime | None = None
    audit_rows: int | None = None
    stands_in: Literal["old", "restored", "nowhere"] | None = None


def recovery_time(state: State, steps: Sequence[Step], promised: Objectives) -> RecoveryTime:
    """The RTO. Only a platform that was kept on the restored database has one."""
    objective = promised.rto_minutes * 60.0
    waited, verified = _seconds(steps, when.ASK), when.finished(steps, when.VERIFIED)
    if outcome_of(state) != "kept" or verified is None:
        return RecoveryTime(
            verdict="not-measured",
            reason=f"The platform was not {'brought to' if verified is None else 'kept on'} the restored database.",
            measured_seconds=None,
            own_seconds=None,
            waited_seconds=waited,
            objective_seconds=objective,
        )
    measured = (verified - payload.parse_instant(state["restoration"]["opened_at"])).total_seconds()
    own = measured - (waited or 0)
    apart = f", {duration(own)} of it without waiting for people" if waited else ""
    return RecoveryTime(
        verdict="pass" if measured <= objective else "fail",
        reason=f"The platform was verified {duration(measured)} after the opening{apart}; the objective is "
        f"{duration(objective)}.",
        measured_seconds=measured,
        own_seconds=own,
        waited_seconds=waited,
        objective_seconds=objective,
    )


def outage(state: State, steps: Sequence[Step]) -> Outage:
    """From the fence to the platform's verification, and again from the rollback's to its own."""
    if not any(each.state == when.FENCE for each in steps):
        return Outage(seconds=0, periods=(), reason="The platform was never stopped.")
    verified, back = when.finished(steps, when.VERIFIED), when.turned_back(state)
    fenced, turned = when.entered(steps, when.FENCE), when.entered(steps, when.BACK)
    again = when.finished(steps, when.BACK_VERIFIED) if outcome_of(state) == "rolled-back" else None
    spans = [(fenced, verified), (turned, again)] if verified and back else [(fenced, again if back else verified)]
    periods = tuple(Period(began_at=begun, ended_at=ended, seconds=_between(begun, ended)) for begun, ended in spans)
    known = [each.seconds for each in periods if each.seconds is not None]
    whole = len(known) == len(periods)
    gone = (state.get("survey") or {}).get("source_exists") is False
    before = " The old database was gone before, so this is not all that the users missed." if gone else ""
    return Outage(
        seconds=sum(known) if whole else None,
        periods=periods,
        reason=f"It begins with the fence{_ending(state, whole=whole)}.{before}",
    )


def _ending(state: State, *, whole: bool) -> str:
    """No more of an outage's end than was seen."""
    if whole:
        return " and ends with the verification of the platform"
    serving = serving_of(state)
    if serving.database == "nothing":
        return " and has not ended"
    if serving.proven:
        return "; when it ended is not known"
    return "; nobody saw the platform serve after the rollback began"


def loss(state: State, steps: Sequence[Step], promised: Objectives) -> Loss:
    """What was written and is not in the database that serves now."""
    objective = promised.rpo_minutes * 60.0
    point = (state.get("survey") or {}).get("recovery_point")
    match outcome_of(state):
        case "kept" if point:
            return _by_going_back(state, steps, payload.parse_instant(point["time"]), objective)
        case "rolled-back" | "fenced" if when.entered(steps, "StartCoder"):
            return _by_coming_back(steps, objective)
        case _:
            return Loss(
                verdict="not-measured",
                reason="Nothing was lost by it: nothing was written to another database.",
                seconds=None,
                objective_seconds=objective,
            )


def _by_going_back(state: State, steps: Sequence[Step], point: datetime, objective: float) -> Loss:
    fenced = when.finished(steps, "AwaitStopped") or when.entered(steps, when.FENCE)
    gone = state["survey"].get("source_exists") is False
    seconds = _between(point, fenced)
    rows = (state.get("platform") or {}).get("newest_audit_rows")
    return Loss(
        verdict=_against(seconds, objective, chosen=state["restoration"]["recovery_point"]),
        reason=_lost(seconds, objective, chosen=state["restoration"]["recovery_point"], gone=gone),
        seconds=seconds,
        objective_seconds=objective,
        began_at=point,
        ended_at=fenced,
        audit_rows=rows,
        stands_in="nowhere" if gone else "old",
    )


def _against(seconds: float | None, objective: float, *, chosen: str) -> ObjectiveVerdict:
    """Further back than the objective is a fault of the backups only where the latest was asked for."""
    if seconds is None:
        return "not-measured"
    if seconds <= objective:
        return "pass"
    return "fail" if chosen == "latest-restorable-time" else "warn"


def _lost(seconds: float | None, objective: float, *, chosen: str, gone: bool) -> str:
    if seconds is None:
        return "When the last write was possible is not known."
    most = "at most " if gone else ""
    told = sentence(f"{most}{duration(seconds)} of writes lie between the recovery point and the fence")[:-1]
    if seconds <= objective or chosen == "latest-restorable-time":
        return f"{told}; the objective is {duration(objective)}."
    return f"{told}: more than the objective of {duration(objective)}, because that recovery point was asked for."


def _by_coming_back(steps: Sequence[Step], objective: float) -> Loss:
    begun, ended = when.entered(steps, "StartCoder"), when.finished(steps, "BackAwaitStopped")
    return Loss(
        verdict="not-measured",
        reason="What was written while coderd ran on the restored database stands there alone.",
        seconds=_between(begun, ended),
        objective_seconds=objective,
        began_at=begun,
        ended_at=ended,
        stands_in="restored",
    )


def _seconds(steps: Sequence[Step], name: str) -> float | None:
    found = next((each for each in steps if each.state == name), None)
    return None if found is None else _between(found.entered_at, found.finished_at)


def _between(begun: datetime | None, ended: datetime | None) -> float | None:
    return None if begun is None or ended is None else max((ended - begun).total_seconds(), 0.0)
