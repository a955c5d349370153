"""`day2 scale simulate`: what clock, alarms and guard would do with a platform's days, beside two other ways."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from day2.cli.output import console, sentences
from day2.cli.places import Json
from day2.drill.evidence import FOLDER
from day2.scaling.simulation import page
from day2.scaling.simulation.asking import DAYS, SEED, USERS, Asked, judged
from day2.scaling.simulation.comparison import Comparison, compare
from day2.scaling.simulation.summary import USD_PER_NODE_HOUR, compared, document, rows, ways
from lambdas.words import plural


def simulate(  # noqa: PLR0913  one argument for each option
    *,
    days: Annotated[
        int | None,
        typer.Option(metavar="COUNT", help=f"How many: {DAYS}, or all of the trace's.", show_default=False),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first day. Left out: today.", show_default=False)
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Recorded days: CSV or JSON lines of time, workspace, event."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help=f"Of invented days. Left out: {SEED}.", show_default=False)
    ] = None,
    users: Annotated[
        int | None, typer.Option(metavar="N", help=f"Of invented days. Left out: {USERS}.", show_default=False)
    ] = None,
    placement: Annotated[
        str, typer.Option(metavar="HOW", help="spread or packed: how workspaces come onto nodes.")
    ] = "spread",
    node_price: Annotated[float, typer.Option(metavar="USD", help="A node's for an hour.")] = USD_PER_NODE_HOUR,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page. Left out: one in reports/.", show_default=False)
    ] = None,
    environment: Annotated[
        str, typer.Option("--environment", "--env", metavar="NAME", help="Whose settings: a file of config/.")
    ] = "prod",
    as_json: Json = False,
) -> None:
    """Run clock, alarms and guard against days of workspaces, beside the fixed schedule and the peak at all hours.

    The decisions are the deployed ones, the platform a model: AWS is not asked. Exit code 2 for bad input.
    """
    asked = Asked(
        environment=environment,
        days=days,
        first=first,
        trace=trace,
        seed=seed,
        users=users,
        placement=placement,
        node_price=node_price,
        html=html,
    )
    with sentences():
        setting, told = judged(asked, now=datetime.now(UTC))
        found = compare(told, setting)
    written = html or FOLDER / _name(found, asked)
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(
        page.render(found, environment=environment, usd_per_node_hour=node_price), encoding="utf-8", newline="\n"
    )
    if as_json:
        figures = document(found, environment=environment, usd_per_node_hour=node_price)
        typer.echo(json.dumps({**figures, "files": [str(written)]}, indent=2))
    else:
        _show(found, asked, written)


def _name(found: Comparison, asked: Asked) -> str:
    """`scaling-prod-2026-11-30-14-days-seed-1.html`: the same run again takes the place of its page."""
    trace = found.trace
    local = trace.begins.astimezone(found.setting.zone).date()
    of = f"seed-{SEED if asked.seed is None else asked.seed}" if asked.trace is None else asked.trace.stem
    return f"scaling-{asked.environment}-{local}-{found.days}-days-{of}.html"


def _show(found: Comparison, asked: Asked, written: Path) -> None:
    local = found.trace.begins.astimezone(found.setting.zone)
    console.print(
        f"{escape(asked.environment)}: {found.setting.policy.node_group}, "
        f"{plural(found.days, 'day')} from {local:%a %Y-%m-%d}, {found.setting.zone.key}"
    )
    console.print(f"[dim]{escape(found.trace.origin)}: {plural(found.guarded.figures.starts, 'start')}[/]\n")
    console.print(_table(found, asked))
    ours = found.guarded.figures
    console.print(
        f"\nClock and alarms take {compared(ours, found.always_peak.figures)} than always at peak,\n"
        f"and {compared(ours, found.fixed.figures)} than the fixed schedule.\n"
    )
    console.print(f"  {escape(str(written))}", soft_wrap=True)


def _table(found: Comparison, asked: Asked) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("")
    for each in ways(found):
        table.add_column(each.title, justify="right", no_wrap=True)
    for row in rows(found, usd_per_node_hour=asked.node_price):
        cells = (f"[red]{value}[/]" if bad else value for value, bad in zip(row.values, row.bad, strict=True))
        table.add_row(row.title, *cells)
    return table
