"""A drill's or a verification's outcome in the terminal: verdict first, every check's result, 80 columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from day2.cli.output import MARKS, duration
from day2.drill.evidence import Evidence
from lambdas.evidence.summary import Summary

_ORDER = ("fail", "warn", "skip", "pass", "report")
_TOLD = frozenset({"fail", "warn", "skip"})
# Characters: between two columns, the longest note, and what a name is never squeezed below.
GAP, NOTE, NARROWEST_NAME = 2, 15, 12


def show_drill(console: Console, evidence: Evidence) -> None:
    """Verdict, objectives, checks and paths of one drill."""
    record = evidence.record
    outcome, verdict = record["outcome"], record["verdict"]
    console.print(f"\n[bold]Drill {evidence.summary.id}[/]  {MARKS[outcome['result']]}")
    if outcome["error"] is not None:
        console.print(Padding(f"[red]{outcome['error']['name']}[/] {escape(outcome['error']['sentence'])}", (0, 2)))
    if verdict is not None:
        console.print(objectives(verdict, evidence.summary))
        for reason in _reasons(verdict):
            console.print(Padding(f"[dim]{escape(reason)}[/]", (0, 2)))
        console.print()
    if record["checks"] is not None:
        show_checks(console, [*record["checks"], *record["controls"]])
    console.print(f"Cleanup: {escape(record['cleanup']['reason'])}")
    if record["on_one_machine"]:
        console.print("[dim]On one machine: what only AWS can show is listed in the report.[/]")
    console.print()
    for file in evidence.files:
        console.print(f"  {file}")
    console.print(f"  [dim]sha256 {evidence.summary.sha256}[/]")
    console.print(f"  [dim]as {evidence.checked_by} has it[/]")
    console.print(f"\n{closing(evidence.summary)}")


def closing(summary: Summary) -> str:
    """The verdict once more, for whom the checks have scrolled it away."""
    figures = "".join(
        f", {name} {duration(measured)} of {duration(objective)}"
        for name, measured, objective in (
            ("RTO", summary.rto_seconds, summary.rto_objective_seconds),
            (loss(summary), summary.rpo_seconds, summary.rpo_objective_seconds),
        )
        if measured is not None
    )
    return f"{MARKS[summary.outcome]}{figures}"


def loss(summary: Summary) -> str:
    """A snapshot's age proves no RPO, so it is not called one."""
    return "snapshot age" if summary.from_snapshot else "RPO"


def objectives(verdict: Mapping[str, Any], summary: Summary) -> Table:
    grid = Table.grid(padding=(0, 2), expand=True)
    for _ in range(2):
        grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    for name, title in (("integrity", "integrity"), ("rto", "RTO"), ("rpo", loss(summary))):
        part = verdict[name]
        measured = part["reason"]
        if part["measured_seconds"] is not None:
            measured = f"{duration(part['measured_seconds'])} of {duration(part['objective_seconds'])}"
        grid.add_row(f"  {title}", MARKS[part["verdict"]], escape(measured))
    return grid


def _reasons(verdict: Mapping[str, Any]) -> tuple[str, ...]:
    """What is said of an objective beyond its figures: integrity's reason stands in the figures' place."""
    return tuple(
        verdict[name]["reason"] for name in ("rto", "rpo") if verdict[name]["verdict"] != "pass" or name == "rpo"
    )


def show_checks(console: Console, checks: Sequence[Mapping[str, Any]]) -> None:
    """One line a check, what needs attention first and with its reason below; planted failures apart, marked so."""
    rows = _rows(checks)
    columns = _columns(rows, console.width)
    for row in rows:
        console.print(_line(row, columns))
        if row.reason:
            console.print(Padding(Text(row.reason, style="dim"), (0, 2, 0, columns.mark + GAP)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A check as it is shown. `note` gives way in a narrow terminal, `reason` stands below and never does."""

    mark: Text
    name: Text
    figure: str
    note: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """The widths that all rows share, of the mark, the name and the figure; the note has the rest."""

    mark: int
    name: int
    figure: int


def _columns(rows: Sequence[_Row], width: int) -> _Columns:
    """Only names and notes give way when the terminal is narrow: a verdict and its figure never do."""
    mark = max((row.mark.cell_len for row in rows), default=0)
    figure = max((len(row.figure) for row in rows), default=0)
    longest = max((row.name.cell_len for row in rows), default=0)
    left = width - mark - figure - 3 * GAP - NOTE
    return _Columns(mark=mark, name=min(longest, max(left, NARROWEST_NAME)), figure=figure)


def _line(row: _Row, columns: _Columns) -> Table:
    grid = Table.grid(padding=(0, GAP), expand=True)
    grid.add_column(width=columns.mark, no_wrap=True)
    grid.add_column(width=columns.name, overflow="fold")
    grid.add_column(width=columns.figure, justify="right", no_wrap=True)
    grid.add_column(style="dim", ratio=1)
    grid.add_row(row.mark, row.name, row.figure, Text(row.note, no_wrap=True, overflow="ellipsis"))
    return grid


def _rows(checks: Sequence[Mapping[str, Any]]) -> tuple[_Row, ...]:
    rank = {verdict: place for place, verdict in enumerate(_ORDER)}
    ordinary = sorted(
        (check for check in checks if not check.get("control")), key=lambda check: (rank[check["verdict"]], check["id"])
    )
    return (*map(_ordinary, ordinary), *(_planted(check) for check in checks if check.get("control")))


def _ordinary(check: Mapping[str, Any]) -> _Row:
    verdict, expected = check["verdict"], check["expected"]
    return _Row(
        mark=Text.from_markup(f"  {MARKS[verdict]}"),
        name=Text(check["id"], style="bold" if verdict == "fail" else ""),
        figure=_figure(check),
        note="" if verdict == "skip" else expected if expected == "reported" else f"expected {expected}",
        reason=check["detail"] if verdict in _TOLD else "",
    )


def _planted(check: Mapping[str, Any]) -> _Row:
    return _Row(
        mark=Text.from_markup("  [green]found[/]" if check["verdict"] == "fail" else "  [bold red]MISSED[/]"),
        name=Text(check["id"], style="bold" if check["verdict"] == "fail" else ""),
        figure=_figure(check),
        note="planted failure",
    )


def _figure(check: Mapping[str, Any]) -> str:
    actual = check.get("actual", check.get("value"))
    return "-" if actual is None else str(actual)
