"""What drills that no longer run have left behind: decided by tag, prefix, execution and age.

A drill whose execution runs is left alone. What bears the prefix without a drill's tag is nobody's to delete: it is
told. What bears the tag but no execution that can be asked about is an orphan once it is older than any execution
can be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas import payload
from lambdas.contracts import Drill
from lambdas.recovery.names import DRILL_TAG, ENVIRONMENT_TAG, EXECUTION_TAG, is_under_prefix, target_of, writer_of
from lambdas.recovery.restoring import LONGEST_EXECUTION
from lambdas.settings import Settings

# A namespace younger than this may be of a drill that opened after the ledger was read.
NAMESPACE_GRACE = timedelta(hours=1)
# More dead drills than this are the next sweep's. Were every one of these stuck, and every step of theirs failing, the
# sweep's time, its history (25,000 events) and its results (256 KiB) would stay within what Step Functions allows;
# beyond any of these an execution ends past its own Catch, and nobody counts what stayed.
MOST_AT_ONCE = 12
_NOT_KNOWN = "not known: rebuilt by the sweep from the tags of what was left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One resource under the prefix or with a drill's tag.

    kind    cluster | instance | snapshot | automated backup | namespace
    target  the name of the drill's cluster that it belongs to
    """

    kind: str
    name: str
    target: str
    tags: Mapping[str, str]
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of an execution. `runs` None: nobody can be asked (no ARN, or one that AWS forgot)."""

    runs: bool | None
    stopped_at: datetime | None = None
    status: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything the judgement rests on: what was listed, the ledger's running entries, each execution's fate."""

    traces: tuple[Trace, ...]
    ledger: tuple[Drill, ...]
    fates: Mapping[str, Fate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """One dead drill: what the sweep tears down and records.

    failure       {Error, Cause} as the drill itself would have had it
    cluster_seen  its cluster was listed, so the restore call has had its effect
    died_at       when its execution ended, if that is known
    """

    drill: Drill
    failure: Mapping[str, str]
    cluster_seen: bool
    died_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """What the sweep does not touch, and why. `drill` None: it bears no drill's tag."""

    drill: str | None
    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What was found. `running` holds the ids of drills that are alive, `postponed` those of the next sweep's."""

    drills: tuple[Orphan, ...]
    left_alone: tuple[LeftAlone, ...]
    running: tuple[str, ...] = ()
    postponed: tuple[str, ...] = ()


def executions_to_ask(traces: Sequence[Trace], ledger: Sequence[Drill], *, settings: Settings) -> tuple[str, ...]:
    """The executions whose fate decides, each once. Another environment's are not ours to ask about."""
    told = [each.tags.get(EXECUTION_TAG, "") for each in traces if _stray(each, settings) is None]
    return tuple(dict.fromkeys(each for each in (*told, *(drill.execution for drill in ledger)) if each))


def judge(seen: Seen, *, settings: Settings, now: datetime, only_execution: str | None = None) -> Sweep:
    """Divide what was found into dead drills and what is left alone."""
    entries = {each.id: each for each in seen.ledger}
    by_drill: dict[str, list[Trace]] = {each: [] for each in entries}
    left_alone: list[LeftAlone] = []
    for trace in seen.traces:
        if stray := _stray(trace, settings):
            left_alone.append(stray)
        else:
            by_drill.setdefault(trace.tags[DRILL_TAG], []).append(trace)
    orphans: list[Orphan] = []
    running: list[str] = []
    for id_, left in sorted(by_drill.items()):
        drill = entries.get(id_) or rebuild(id_, left, settings=settings, now=now)
        if only_execution is not None and drill.execution != only_execution:
            continue
        fate = seen.fates.get(drill.execution, Fate(runs=None))
        if reason := _alive(drill, fate, now=now):
            running.append(id_)
            left_alone.append(LeftAlone(drill=id_, what=f"{len(left)} resources", reason=reason))
        else:
            orphans.append(_orphan(drill, left, fate, died_unrecorded=id_ in entries))
    first, later = _in_turn(orphans, room=MOST_AT_ONCE)
    return Sweep(drills=first, left_alone=tuple(left_alone), running=tuple(running), postponed=later)


def judge_namespaces(
    namespaces: Sequence[Trace],
    found: Mapping[str, Any],
    *,
    settings: Settings,
    now: datetime,
    only_execution: str | None = None,
) -> Sweep:
    """Dead drills of which only a namespace is left, beside what FindOrphans `found`."""
    taken = found.get("drills", ())
    known = {*(each["drill"]["id"] for each in taken), *found.get("postponed", ())}
    running = set(found.get("running", ()))
    orphans: list[Orphan] = []
    left_alone: list[LeftAlone] = []
    for trace in namespaces:
        if stray := _stray(trace, settings):
            left_alone.append(stray)
            continue
        id_ = trace.tags[DRILL_TAG]
        execution = trace.tags.get(EXECUTION_TAG, "")
        if id_ in known or (only_execution is not None and execution != only_execution):
            continue
        age = now - (trace.created_at or now)
        if id_ in running or (only_execution is None and age < NAMESPACE_GRACE):
            reason = "its drill runs" if id_ in running else f"younger than {NAMESPACE_GRACE}"
            left_alone.append(LeftAlone(drill=id_, what=f"namespace {trace.name}", reason=reason))
            continue
        drill = rebuild(id_, (trace,), settings=settings, now=now)
        orphans.append(_orphan(drill, (trace,), Fate(runs=False), died_unrecorded=False))
    first, later = _in_turn(orphans, room=MOST_AT_ONCE - len(taken))
    return Sweep(drills=first, left_alone=tuple(left_alone), postponed=later)


def rebuild(id_: str, traces: Sequence[Trace], *, settings: Settings, now: datetime) -> Drill:
    """A drill from what it left, for the teardown and the record. What nobody knows any more says so."""
    target = traces[0].target if traces else target_of(id_, settings)
    execution = next((each.tags[EXECUTION_TAG] for each in traces if each.tags.get(EXECUTION_TAG)), "")
    opened_at = min((each.created_at for each in traces if each.created_at), default=_date_of(id_) or now)
    return Drill(
        id=id_,
        environment=settings.environment,
        source=settings.source,
        target=target,
        writer=writer_of(target),
        namespace=target,
        execution=execution,
        opened_at=opened_at,
        give_up_at=now,
        recovery_point=_NOT_KNOWN,
        started_by=_NOT_KNOWN,
    )


def _in_turn(orphans: Sequence[Orphan], *, room: int) -> tuple[tuple[Orphan, ...], tuple[str, ...]]:
    """Those for which there is `room` now, and the ids of the others."""
    return tuple(orphans[:room]), tuple(each.drill.id for each in orphans[room:])


def _stray(trace: Trace, settings: Settings) -> LeftAlone | None:
    """Why a trace belongs to no drill of this environment; None when it does."""
    what = f"{trace.kind} {trace.name}"
    if DRILL_TAG not in trace.tags:
        return LeftAlone(drill=None, what=what, reason=f"bears the prefix but no tag {DRILL_TAG}: look who made it")
    if trace.tags.get(ENVIRONMENT_TAG) != settings.environment:
        return LeftAlone(drill=trace.tags[DRILL_TAG], what=what, reason="is another environment's")
    if not is_under_prefix(trace.target, settings):
        return LeftAlone(
            drill=trace.tags[DRILL_TAG], what=what, reason="bears the tag but not the prefix: look who did"
        )
    return None


def _alive(drill: Drill, fate: Fate, *, now: datetime) -> str | None:
    if fate.runs:
        return f"its execution {drill.execution} runs"
    if fate.runs is None and now - drill.opened_at < LONGEST_EXECUTION:
        return f"its execution cannot be asked about, and it is younger than {LONGEST_EXECUTION}"
    return None


def _orphan(drill: Drill, left: Sequence[Trace], fate: Fate, *, died_unrecorded: bool) -> Orphan:
    kinds = ", ".join(f"{each.kind} {each.name}" for each in left) or "nothing"
    when = f" at {payload.instant(fate.stopped_at)}" if fate.stopped_at else ""
    if died_unrecorded:
        failure = {
            "Error": "ExecutionDied",
            "Cause": f"The execution ended{when} ({fate.status}) without recording its drill; left: {kinds}.",
        }
    else:
        failure = {
            "Error": "LeftoversFound",
            "Cause": f"The drill ended{when} ({fate.status}) and left: {kinds}.",
        }
    return Orphan(
        drill=drill,
        failure=failure,
        cluster_seen=any(each.kind == "cluster" for each in left),
        died_at=fate.stopped_at,
    )


def _date_of(id_: str) -> datetime | None:
    try:
        return datetime.strptime(id_[:8], "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
