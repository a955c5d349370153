"""How a restore's plan and its end look in a terminal of 80 columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from day2.cli.output import duration
from lambdas import payload
from lambdas.evidence.restore_summary import RestoreSummary
from lambdas.restore_contracts import Outcome, Plan
from lambdas.words import clock, dollars, plural

GOOD: frozenset[Outcome] = frozenset({"kept", "beside", "not-cut-over"})
"""What ends with exit code 0: as it was asked for, or as a person decided."""

_ENDS: Mapping[Outcome, tuple[str, str, str]] = {
    "kept": ("✓", "green", "The platform serves on the restored database."),
    "beside": ("✓", "green", "The restored cluster stands beside, verified; nothing was cut over."),
    "not-cut-over": ("○", "yellow", "Not cut over: the restored cluster stands beside, verified and untouched."),
    "rolled-back": ("✗", "red", "Rolled back: the platform serves on the old database again."),
    "fenced": ("✗", "bold red", "FENCED: the platform serves nothing, and is not half switched."),
    "failed": ("✗", "red", "Failed before anything of the platform was changed."),
}


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
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    report = {"report": str(files[0]), "terraform": next((str(each) for each in files if each.suffix == ".sh"), "")}
    for name, value in {**_rows(summary), **(report if files else {})}.items():
        if value:
            grid.add_row(f"  {name}", value)
    parts: list[RenderableType] = [Text(), Text.assemble((f"{mark} {words}", style)), grid]
    if summary.error:
        parts += [Text(), Text(f"First error: {summary.error}"), Text(summary.cause or "")]
    return Group(*parts)


def _rows(summary: RestoreSummary) -> dict[str, str]:
    at = summary.recovery_point_time
    rows = "" if summary.lost_audit_rows is None else f"; {plural(summary.lost_audit_rows, 'row')} of the audit log"
    return {
        "restore": summary.id,
        "back to": f"{summary.recovery_point_id} ({clock(at)})" if at else "",
        "serves from": summary.serves_from or "",
        "restored": summary.target,
        "verified": summary.verdict or "",
        "lost": f"the last {duration(summary.rpo_seconds)}{rows}" if summary.rpo_seconds is not None else "",
        "outage": duration(summary.outage_seconds) if summary.outage_seconds is not None else "",
        "all of it": f"{duration(summary.rto_seconds)}, {duration(summary.own_seconds)} without people"
        if summary.rto_seconds is not None
        else "",
        "approved by": summary.approved_by or "",
    }
