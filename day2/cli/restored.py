"""How a restore's plan and its end look in a terminal of 80 columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lambdas import payload
from lambdas.evidence.restore_summary import RestoreSummary
from lambdas.restore_contracts import Outcome, Plan
from lambdas.words import clock, dollars, duration, person, plural

GOOD: frozenset[Outcome] = frozenset({"kept", "beside", "not-cut-over"})
"""What ends with exit code 0: as it was asked for, or as a person decided."""

_ENDS: Mapping[Outcome, tuple[str, str, str]] = {
    "kept": ("✓", "green", "The platform serves on the restored database."),
    "beside": ("✓", "green", "The restored cluster stands beside, verified; nothing was cut over."),
    "not-cut-over": ("○", "yellow", "Not cut over: the restored cluster stands beside, verified and untouched."),
    "rolled-back": ("✗", "red", "Rolled back: the platform serves on the old database again."),
    "fenced": ("✗", "bold red", "FENCED: no database is known to serve the platform."),
    "failed": ("✗", "red", "Failed before anything of the platform was changed."),
}
_NOT_SEEN = "NOT PROVEN: the platform was given its old database back, and was not seen to serve."
_VERDICTS: Mapping[str, str] = {"pass": "passed", "warn": "passed with warnings", "fail": "failed"}


def plan(told: Mapping[str, Any]) -> RenderableType:
    """A dry run's output: every call, what is lost, what to mind."""
    made = payload.read(Plan, told)
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", style="dim")
    grid.add_column(overflow="fold")
    for number, each in enumerate(made.calls, start=1):
        line = Text.assemble((each.call, "bold"), f" on {each.resource}: {each.changes}.")
        if each.undo:
            line.append(f"\nTaken back by: {each.undo}.", style="dim")
        grid.add_row(f"{number}.", line)
    hourly = made.hourly_cost_dollars
    least = f"at least {dollars(hourly)} an hour" if hourly else "its storage, and what capacity it takes,"
    cost = f"The restored cluster costs {least} while it stays."
    parts: list[RenderableType] = [Text(made.summary), Text(), Text.assemble(("Lost  ", "bold"), made.lost)]
    parts += [Text.assemble(("Cost  ", "bold"), cost), Text(), grid]
    if made.warnings:
        parts += [Text("\nMind:", style="bold"), *(Text(f"- {each}") for each in made.warnings)]
    return Group(*parts, Text("\nNothing was changed."))


def shown(summary: RestoreSummary, files: Sequence[Path] = ()) -> RenderableType:
    """How it ended, its figures, and where its report lies."""
    mark, style, words = _ENDS[summary.outcome]
    if summary.outcome == "fenced" and summary.serves_from:
        words = _NOT_SEEN
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    script = next((str(each) for each in files if each.suffix == ".sh"), "")
    kept = {"report": str(files[0]), "terraform": script} if files else {}
    for name, value in {**_rows(summary), **kept}.items():
        if value:
            grid.add_row(f"  {name}", value)
    parts: list[RenderableType] = [Text(), Text.assemble((f"{mark} {words}", style)), grid]
    if summary.error:
        parts += [Text(), Text(f"First error: {summary.error}"), Text(summary.cause or "")]
    if files:
        parts += [Text(), Text("What to do next is in the report.")]
    return Group(*parts)


def _rows(summary: RestoreSummary) -> dict[str, str]:
    rows = "" if summary.lost_audit_rows is None else f"; {plural(summary.lost_audit_rows, 'row')} of the audit log"
    return {
        "restore": summary.id,
        "back to": _point(summary),
        "serves from": summary.serves_from or "",
        "target": "" if summary.outcome == "kept" else summary.target,
        "data": _VERDICTS.get(summary.verdict or "", summary.verdict or ""),
        "lost": f"the last {duration(summary.rpo_seconds)}{rows}" if summary.rpo_seconds is not None else "",
        "outage": _outage(summary),
        "took": _took(summary),
        "approved by": person(summary.approved_by or ""),
    }


def _point(summary: RestoreSummary) -> str:
    """Its moment; before that its id, where that says more than the moment."""
    if summary.recovery_point_time is None:
        return ""
    at = clock(summary.recovery_point_time)
    return at if summary.recovery_point_kind == "point-in-time" else f"{summary.recovery_point_id} ({at})"


def _outage(summary: RestoreSummary) -> str:
    if summary.outage_seconds is not None:
        return duration(summary.outage_seconds)
    return "not known to be over" if summary.outcome == "fenced" else ""


def _took(summary: RestoreSummary) -> str:
    """The recovery time, and what of it was not waiting for people, where anybody was waited for."""
    if summary.rto_seconds is None:
        return ""
    apart = summary.own_seconds is not None and summary.own_seconds != summary.rto_seconds
    own = f", {duration(summary.own_seconds or 0)} without waiting for people" if apart else ""
    return f"{duration(summary.rto_seconds)}{own}"
