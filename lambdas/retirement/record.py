"""What is kept of a retirement, and what is announced of it: who deleted which database, why, and what is left of it.

From the machine's state `$`: `retirement`, `quiet`, `unused`, `final`, `still_unused`, `deleted` as far as they came,
and `failure`, the first error.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambdas import payload
from lambdas.evidence import failures
from lambdas.evidence.message import Message
from lambdas.evidence.parts import without_addresses
from lambdas.retirement.contracts import Outcome
from lambdas.settings import Settings
from lambdas.words import clock, sentence

State = Mapping[str, Any]
VERSION = 1
_WHAT = ("id", "cluster", "resource_id", "instances", "successor", "execution", "started_by", "reason", "ticket")


def outcome_of(state: State) -> Outcome:
    """How it ended. A deletion is begun once the cluster was seen unused for the second time, and not before."""
    if state.get("deleted"):
        return "retired"
    return "unfinished" if state.get("still_unused") else "kept"


def build(state: State, settings: Settings, *, closed_at: datetime) -> dict[str, Any]:
    """The record, without e-mail addresses but for who started it, whom an auditor needs as they are told."""
    caught = state.get("failure")
    failure = failures.read(caught, part="retirement") if caught else None
    retirement = state["retirement"]
    record = {
        "record": "retirement",
        "version": VERSION,
        "environment": settings.environment,
        "outcome": outcome_of(state),
        "retirement": {name: retirement[name] for name in _WHAT},
        "opened_at": retirement["opened_at"],
        "closed_at": payload.instant(closed_at),
        "quiet": _without_timing(state.get("quiet")),
        "unused": _without_timing(state.get("unused")),
        "unused_before_deletion": _without_timing(state.get("still_unused")),
        "final_snapshot": (state.get("final") or {}).get("snapshot"),
        "error": failure and failure.name,
        "cause": failure and failure.sentence,
    }
    told: dict[str, Any] = without_addresses(record)
    told["retirement"] |= {name: retirement[name] for name in ("execution", "started_by")}
    return told


def place(cluster: str, retirement: str) -> str:
    """The record's key in the evidence bucket."""
    return f"retirements/{cluster}/{retirement}/record.json"


def message(record: State, *, environment: str, where: str) -> Message:
    """The announcement. `where` is the record's URI, or why there is none."""
    told, snapshot = record["retirement"], record["final_snapshot"]
    cluster, outcome = told["cluster"], record["outcome"]
    first = {
        "retired": f"The cluster {cluster} and its instances are deleted. {told['successor']} serves.",
        "kept": f"The cluster {cluster} was not retired, and nothing of it was deleted.",
        "unfinished": f"The cluster {cluster} was begun to be deleted, and was not seen to be gone.",
    }[outcome]
    lines = [first, "", f"Retired by  {told['started_by']}", f"Reason      {told['reason']}"]
    lines += [f"Ticket      {told['ticket']}"] if told["ticket"] else []
    lines.append(f"Ended       {clock(payload.parse_instant(record['closed_at']))}")
    if snapshot:
        lines.append(f"Snapshot    {snapshot['name']}, which stays until it is deleted by hand")
    if outcome == "retired":
        lines.append("Backups     its automated backups stay, as retained ones, until their days are over")
    if record["error"]:
        lines += ["", f"Error: {record['error']}", sentence(record["cause"])]
    if outcome == "unfinished":
        lines += ["", "WHAT TO DO NEXT", f"See the cluster's events in RDS, then: day2 retire {cluster}"]
    lines += ["", f"Record: {where}"]
    word = {"retired": "Retired", "kept": "NOT retired", "unfinished": "Retirement UNFINISHED"}[outcome]
    return Message(subject=f"[{environment}] {word}: {cluster}", body="\n".join(lines) + "\n")


def _without_timing(result: State | None) -> dict[str, Any] | None:
    return None if result is None else {name: value for name, value in result.items() if name != "timing"}
