"""The live view of a drill: one line a state, with its elapsed time and what it is waiting for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from day2.cli.output import duration
from day2.drill.execution import Watched
from day2.drill.progress import StateProgress
from lambdas import errors

_BRANCHING = frozenset({"Parallel", "Map"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: a state, or the several runs of one state side by side (Map items)."""

    name: str
    mark: str
    style: str
    at_seconds: float
    seconds: float
    note: str


def lines(seen: Watched, now: datetime) -> tuple[Line, ...]:
    """The rows of an execution as last seen; states that only branch are left out."""
    shown = [state for state in seen.states if state.kind not in _BRANCHING]
    return tuple(_line(list(same), seen, now) for _, same in groupby(shown, key=lambda state: state.name))


def _line(states: Sequence[StateProgress], seen: Watched, now: datetime) -> Line:
    statuses = {state.status(execution_ended=seen.ended) for state in states}
    mark, style = ("●", "cyan") if "running" in statuses else ("✗", "red") if "failed" in statuses else ("✓", "green")
    failures = sum(state.failures for state in states)
    notes = [f"{len(states)} groups"] if len(states) > 1 else []
    if failures:
        notes.append(_waiting(states[-1], failures))
    return Line(
        name=states[0].name,
        mark=mark,
        style=style,
        at_seconds=(states[0].entered_at - seen.started_at).total_seconds(),
        seconds=max(state.seconds(seen.stopped_at or now) for state in states),
        note=", ".join(notes),
    )


def _waiting(state: StateProgress, failures: int) -> str:
    """The machine's normal waiting is told as such; AWS being busy, and every failure, by its name."""
    kind = getattr(errors, state.last_error, None)
    waits = isinstance(kind, type) and issubclass(kind, errors.NotYet) and kind is not errors.ServiceBusy
    return f"asked {failures + 1} times" if waits else f"{state.last_error or 'failed'} x{failures}"


def table(seen: Watched, now: datetime) -> RenderableType:
    """The rows as a table that fits 80 columns."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=1)
    grid.add_column(min_width=22)
    grid.add_column(justify="right", min_width=7)
    grid.add_column(justify="right", min_width=7)
    grid.add_column(style="dim", overflow="ellipsis", no_wrap=True)
    grid.add_row("", Text("state", style="dim"), Text("at", style="dim"), Text("took", style="dim"), "")
    for line in lines(seen, now):
        grid.add_row(
            Text(line.mark, style=line.style),
            Text(line.name, style="bold" if line.style == "cyan" else ""),
            f"+{duration(line.at_seconds)}",
            duration(line.seconds),
            line.note,
        )
    return grid


def show(console: Console, looks: Iterator[Watched]) -> Watched:
    """Show an execution until it ends; the last look. Without a terminal, one line as each state ends."""
    if console.is_terminal:
        return _show_live(console, looks)
    return _show_lines(console, looks)


def _show_live(console: Console, looks: Iterator[Watched]) -> Watched:
    with Live(console=console, refresh_per_second=8, vertical_overflow="visible") as live:
        for seen in looks:
            now = datetime.now(UTC)
            live.update(Group(table(seen, now), Text(f"{seen.status.lower()} · {duration(seen.seconds(now))}")))
    return seen


def _show_lines(console: Console, looks: Iterator[Watched]) -> Watched:
    printed = 0
    for seen in looks:
        rows = lines(seen, datetime.now(UTC))
        ended = next((index for index, row in enumerate(rows) if row.style == "cyan"), len(rows))
        for row in rows[printed:ended]:
            note = f"  {row.note}" if row.note else ""
            console.print(f"{row.mark} {row.name:<22} +{duration(row.at_seconds):>6} {duration(row.seconds):>7}{note}")
        printed = max(printed, ended)
    return seen
