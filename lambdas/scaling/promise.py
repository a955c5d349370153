"""Are the nodes there that were promised for this time; and if they are not, why not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from lambdas.evidence.message import Message
from lambdas.scaling.causes import cause
from lambdas.scaling.contracts import Role, Standing, nodes
from lambdas.words import clock, sentence

Verdict = Literal["kept", "not due", "broken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a schedule's profile wants of a role's group, and how many nodes of it are Ready."""

    role: Role
    node_group: str
    schedule: str
    wanted: int
    ready: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A group at the promised time.

    desired, ready  nodes that are ordered, and those of them that are Ready
    wanted          nodes of the schedule's profile
    health          EKS's health issues of the group, each in its words
    failures        Auto Scaling's failed activities of the last hour, the latest first
    """

    desired: int
    ready: int
    wanted: int
    holiday: bool = False
    standing: Standing = field(default_factory=Standing)
    health: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What became of a schedule's promise. `missing`: nodes that should be Ready and are not; 0 unless it is broken."""

    verdict: Verdict
    reason: str
    missing: int = 0
    kind: str = ""
    cause: str = ""


def judge(seen: Seen, now: datetime) -> Promise:
    """The one judgement; the same for the same arguments. What a person ordered, or a holiday, lifts the promise."""
    if seen.ready >= seen.wanted:
        return Promise(verdict="kept", reason=f"{nodes(seen.ready)} are Ready where {seen.wanted} were promised")
    if seen.holiday:
        return Promise(verdict="not due", reason="today is a holiday, on which no schedule adds nodes")
    for word, what in (
        (seen.standing.frozen, "automatic scaling is frozen"),
        (seen.standing.override, "what a person ordered holds"),
    ):
        if word is not None and now < word.until:
            return Promise(verdict="not due", reason=f"{what} until {clock(word.until)}, by {word.by}")
    kind, why = _cause(seen)
    return Promise(
        verdict="broken",
        reason=f"{seen.ready} of {nodes(seen.wanted)} are Ready",
        missing=seen.wanted - seen.ready,
        kind=kind,
        cause=why,
    )


def _cause(seen: Seen) -> tuple[str, str]:
    """Not ordered comes first: nothing else explains nodes that nobody asked for."""
    if seen.desired < seen.wanted:
        return "not ordered", (
            f"only {nodes(seen.desired)} are ordered: see what became of the schedule's scaling in `day2 scale history`"
        )
    told: Sequence[str] = (*seen.failures, *seen.health)
    found = cause(told)
    return found["kind"], found["sentence"]


def message(promise: Promise, counted: Counted, *, environment: str, now: datetime) -> Message | None:
    """The alert; None where there is nothing to tell."""
    if promise.verdict != "broken":
        return None
    lines = [
        sentence(f"{counted.node_group}: {promise.reason} at {clock(now)}, for which {counted.schedule} promises them"),
        "",
        f"Cause: {promise.kind}",
        sentence(promise.cause),
        "",
        "What is Ready stays, and what is ordered stays ordered. Next: the runbook's `Scaling node groups`.",
    ]
    return Message(
        subject=f"[{environment}] Not ready on time: {counted.node_group} lacks {nodes(promise.missing)}",
        body="\n".join(lines) + "\n",
    )
