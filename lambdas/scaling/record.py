"""How a scaling ended: what the ledger keeps of it, and whether somebody is told.

From the machine's state `$`: `run`, `plan`, `ordered`, `ready`, `looked`, `terminated`, `why` as far as they came, and
`failure`, the first error.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from lambdas import payload
from lambdas.evidence import failures
from lambdas.evidence.message import Message
from lambdas.scaling.contracts import Decision, ScalingRun
from lambdas.words import clock, duration, sentence

State = Mapping[str, Any]
MOST_SHOWN = 10
Outcome = Literal["scaled", "partly", "unchanged", "refused", "failed"]


def outcome_of(state: State) -> Outcome:
    """A failure is one whatever was done before it; nodes that should have gone and stayed make it `partly`."""
    if state.get("failure"):
        return "failed"
    decision = state["plan"]["decision"]
    match decision["action"]:
        case "refuse" | "wait":
            return "refused"
        case "nothing":
            return "unchanged"
        case "shrink" if decision["left"] or (state.get("lowered") or state.get("looked") or {}).get("stay"):
            return "partly"
        case _:
            return "scaled"


def summary(state: State, *, closed_at: datetime) -> dict[str, Any]:
    """What the ledger has of it."""
    run, planned = payload.read(ScalingRun, state["run"]), (state.get("plan") or {}).get("decision")
    decision = payload.read(Decision, planned) if planned else None
    failure = failures.read(state["failure"], part="scaling") if state.get("failure") else None
    looked, outcome = state.get("lowered") or state.get("looked") or {}, outcome_of(state)
    refused = decision.reason if decision and outcome == "refused" else None
    return {
        "id": run.id,
        "group": run.node_group,
        "outcome": outcome,
        "rule": decision and decision.rule,
        "decision": decision.reason if decision else f"{run.node_group} was not decided on",
        "before": decision and payload.write(decision.before),
        "after": decision and payload.write(decision.after),
        "terminated": len((state.get("terminated") or {}).get("terminated", ())),
        "left": (decision.left if decision else 0) + looked.get("stay", 0),
        "holding": payload.write(decision.holding[:MOST_SHOWN]) if decision else [],
        "doubts": looked.get("doubts", []),
        "started_by": run.started_by,
        "reason": run.demand.reason,
        "opened_at": payload.instant(run.opened_at),
        "closed_at": payload.instant(closed_at),
        "alert": (decision is not None and decision.alert) or bool(looked.get("doubts")) or failure is not None,
        "error": failure.name if failure else "ScalingRefused" if refused else None,
        "cause": failure.sentence if failure else refused,
        "left_cordoned": bool(state.get("staying_failure") or state.get("uncordon_failure")),
        "why": (state.get("why") or {}).get("cause"),
    }


def message(told: State, *, environment: str) -> Message | None:
    """The alert; None where nobody has to look: what was decided is in the ledger."""
    if not told["alert"]:
        return None
    lines = [sentence(str(told["decision"])), ""]
    failed = told["outcome"] == "failed"
    if failed:
        lines += [f"Error: {told['error']}", sentence(told["cause"]), ""]
    if told["why"]:
        lines += [f"Cause: {told['why']['kind']}", sentence(told["why"]["sentence"]), ""]
    if told["doubts"]:
        lines += ["Facts in doubt, so that every node took pods again:", *(f"  {each}" for each in told["doubts"]), ""]
    if told["left_cordoned"]:
        lines += ["Its nodes may stay cordoned, which is safe; the next scaling of the group lets them go.", ""]
    opened, closed = payload.parse_instant(told["opened_at"]), payload.parse_instant(told["closed_at"])
    lines += [
        f"Group       {told['group']}",
        f"Started by  {told['started_by']}",
        f"Ended       {clock(closed)}, after {duration((closed - opened).total_seconds())}",
        f"Scaling     {told['id']}: day2 scale history",
    ]
    word = "Scaling FAILED" if failed else "Scaling stands still"
    return Message(subject=f"[{environment}] {word}: {told['group']}", body="\n".join(lines) + "\n")
