"""`day2 drills`: the history, with the RTO's trend."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from day2.cli.exit_codes import FAILED
from day2.cli.output import MARKS, console, duration, sentences, stop, warn
from day2.cli.places import Environment, Json, Local, asked_for, on_aws, on_the_engine
from day2.drill import evidence
from day2.drill.deployment import Deployment
from lambdas import payload
from lambdas.adapters.ledger import Ledger
from lambdas.evidence.summary import Summary

_BARS = "▁▂▃▄▅▆▇█"


def drills(
    *,
    local: Local = True,
    environment: Environment = "",
    source: Annotated[
        str, typer.Option(metavar="NAME", help="The cluster, with --aws, when the environment drills several.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=100, metavar="COUNT", help="How many, newest first.")] = 12,
    as_json: Json = False,
) -> None:
    """The drills that have ended, newest first; on this machine also those of an engine that is up."""
    with sentences():
        environment = asked_for(environment, local=local)
        found = _here(limit) if local else _on_aws(environment, source, limit)
    if as_json:
        typer.echo(json.dumps([payload.write(each) for each in found], indent=2))
    elif not found:
        stop("There is no ended drill to show.", "Start one with `day2 drill`.", code=FAILED)
    else:
        console.print(table(found))
        console.print(f"RTO, oldest to newest  {trend([each.rto_seconds for each in reversed(found)])}")


def _here(limit: int) -> tuple[Summary, ...]:
    """Those whose reports lie here and those that the engine that is up knows, whoever started them; each once."""
    found = {each.summary.id: each.summary for each in evidence.kept(otherwise=warn)}
    deployment = on_the_engine()
    if deployment is not None:
        found |= {each.id: each for each in _of(deployment, deployment.source, limit)}
    return tuple(sorted(found.values(), key=lambda each: each.opened_at, reverse=True)[:limit])


def _on_aws(environment: str, source: str, limit: int) -> tuple[Summary, ...]:
    deployment = on_aws(environment)
    return _of(deployment, source or deployment.source, limit)


def _of(deployment: Deployment, source: str, limit: int) -> tuple[Summary, ...]:
    return Ledger(deployment.table, deployment.clients("dynamodb")).history(source, limit)


def table(found: Sequence[Summary]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title, justify in (("drill", "left"), ("outcome", "left"), ("RTO", "right"), ("RPO", "right")):
        table.add_column(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]  # both are rich's words
    table.add_column("recovery point")
    table.add_column("first error", overflow="fold")
    for each in found:
        table.add_row(
            each.id,
            MARKS[each.outcome],
            duration(each.rto_seconds),
            # A snapshot's age proves no RPO; it stands in the report.
            "-" if each.from_snapshot else duration(each.rpo_seconds),
            each.recovery_point_kind or "-",
            each.error or "",
        )
    return table


def trend(seconds: Sequence[float | None]) -> str:
    """A bar for each drill, scaled to the slowest; `·` where nothing was verified."""
    highest = max((each for each in seconds if each is not None), default=0) or 1
    return "".join("·" if each is None else _BARS[min(7, int(each / highest * 7.999))] for each in seconds)
