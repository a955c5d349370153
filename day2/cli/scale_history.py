"""`day2 scale history`: who scaled what, when and why; `day2 freeze`: no automatic scaling for a while."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from day2.cli.exit_codes import FAILED
from day2.cli.moments import end_of
from day2.cli.output import console, sentences, stop
from day2.cli.places import Environment, Json, Local, asked_for, caller
from day2.cli.scale_group import deployment_of
from day2.scaling import running
from lambdas import payload
from lambdas.errors import InputRejected
from lambdas.scaling.contracts import Decision, Override, ScalingRun
from lambdas.words import clock

Entry = tuple[datetime, ScalingRun, Decision, Mapping[str, Any] | None]

_WORDS = {"scaled": "[green]scaled[/]", "partly": "[yellow]partly[/]", "unchanged": "[dim]unchanged[/]"}


def history(
    *,
    days: Annotated[int, typer.Option(min=1, max=400, metavar="N", help="How far back.")] = 92,
    local: Local = True,
    environment: Environment = "",
    as_json: Json = False,
) -> None:
    """Who scaled which node group, when and why; every decision not to as well, the latest first."""
    now = datetime.now(UTC)
    with sentences():
        environment = asked_for(environment, local=local)
        deployment = deployment_of(environment, local=local)
        found = list(running.history(deployment, since=now - timedelta(days=days), until=now))
    if as_json:
        typer.echo(json.dumps([_document(each) for each in found], indent=2))
    elif not found:
        stop(
            f"Nothing was decided in the last {days} days.", "Scale by hand with `day2 scale workspaces`.", code=FAILED
        )
    else:
        console.print(_table(found))


def freeze(
    *,
    until: Annotated[str, typer.Option(metavar="TIME", help="22:00, or RFC 3339.", show_default=False)] = "",
    length: Annotated[str, typer.Option("--for", metavar="LENGTH", help="3h, 2d.", show_default=False)] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="For the ledger.", show_default=False)] = "",
    local: Local = True,
    environment: Environment = "",
) -> None:
    """Stop all automatic scaling, by schedules and alarms, until a moment; people scale as ever.

    Another freeze replaces it; `--for 1m` ends it soon.
    """
    with sentences():
        moment = end_of(length, until, now=datetime.now().astimezone())
        if moment is None:
            raise InputRejected(("--until or --for: is missing; a freeze ends by itself",))
        if moment <= datetime.now(UTC):
            raise InputRejected((f"--until: {clock(moment)} is past",))
        environment = asked_for(environment, local=local)
        deployment = deployment_of(environment, local=local)
        running.freeze(deployment, Override(until=moment, by=caller(deployment), reason=reason))
    console.print(f"Nothing is scaled by the clock or by alarms until {clock(moment)}.")


def _document(entry: Entry) -> dict[str, Any]:
    at, run, decision, end = entry
    return {
        "at": payload.instant(at),
        "scaling": run.id,
        "group": run.node_group,
        "started_by": run.started_by,
        "reason": run.demand.reason,
        "decision": payload.write(decision),
        "ended": end,
    }


def _table(found: Sequence[Entry]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("when (UTC)", "group", "outcome"):
        table.add_column(title, no_wrap=True)
    table.add_column("decision, and by whom", overflow="fold")
    for at, run, decision, end in found:
        outcome = str(end["outcome"]) if end else "goes on"
        reason = f" ({run.demand.reason})" if run.demand.reason else ""
        table.add_row(
            f"{at:%Y-%m-%d %H:%M}",
            run.demand.role,
            _WORDS.get(outcome, f"[bold red]{outcome}[/]" if end else outcome),
            f"{decision.reason}\n[dim]{run.started_by}{reason}[/]",
        )
    return table
