"""A drill's or a verification's outcome in the terminal: verdict first, every check's result, 80 columns."""

from collections.abc import Mapping, Sequence
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
    """One line a check, what needs attention first; planted failures apart, marked as planted."""
    # Only names and details give way when the terminal is narrow: a verdict and its figure never do.
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(min_width=7, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(style="dim", ratio=1)
    rank = {verdict: place for place, verdict in enumerate(_ORDER)}
    ordinary = [each for each in checks if not each.get("control")]
    for each in sorted(ordinary, key=lambda check: (rank[check["verdict"]], check["id"])):
        grid.add_row(*_row(each, mark=f"  {MARKS[each['verdict']]}"))
    for each in (check for check in checks if check.get("control")):
        found = each["verdict"] == "fail"
        grid.add_row(
            *_row(each, mark="  [green]found[/]" if found else "  [bold red]MISSED[/]", note="planted failure")
        )
    console.print(grid)


def _wanted(expected: str) -> str:
    return expected if expected == "reported" else f"expected {expected}"


def _row(check: Mapping[str, Any], *, mark: str, note: str = "") -> tuple[str, Text, str, Text]:
    actual = check.get("actual", check.get("value"))
    attention = check["verdict"] in {"fail", "warn", "skip"}
    said = note or (check["detail"] if attention else _wanted(check["expected"]))
    name = Text(check["id"], style="bold" if check["verdict"] == "fail" else "")
    # What went wrong is read in full, what was left out or expected in a line.
    whole = check["verdict"] in {"fail", "warn"}
    detail = Text(said, no_wrap=not whole, overflow="fold" if whole else "ellipsis")
    return mark, name, "-" if actual is None else str(actual), detail
