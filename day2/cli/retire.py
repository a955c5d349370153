"""`day2 retire`: delete what a restore has left beside, on the word of whoever types its name twice."""

import json
import re
import sys
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from day2.cli.exit_codes import BAD_INPUT, FAILED, OK
from day2.cli.output import console, sentences, stop
from day2.cli.places import Environment, Json, Local, asked_for, caller, on_aws, on_the_engine
from day2.cli.watching import IN_THE_ENGINE, Watching, in_aws, left_to_itself
from day2.drill.deployment import Deployment
from day2.drill.execution import Watched, follow
from day2.engine.engine import EngineNotAvailable
from day2.restore import retiring
from lambdas.errors import InputRejected

BETWEEN_FAULTS = re.compile(r"; (?=request[.:])")


def retire(  # noqa: PLR0913  one argument for each option
    cluster: Annotated[str, typer.Argument(metavar="CLUSTER", help="What a restore has left beside.")],
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; else asked for.", show_default=False)] = "",
    ticket: Annotated[str, typer.Option(metavar="ID", help="For the record.", show_default=False)] = "",
    yes: Annotated[
        str, typer.Option("--yes", metavar="CLUSTER", help="Its name again, for scripts.", show_default=False)
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", metavar="", help="Only see whether it may go.")] = False,
    local: Local = True,
    environment: Environment = "",
    as_json: Json = False,
) -> None:
    """Retire a cluster: prove that nobody uses it, take a final snapshot, delete it with its instances.

    The cluster that serves, the source, and whatever no restore has set aside are refused. Its name is asked for.

    Exit code 0 when it is gone (or, with --dry-run, may go), 1 when it was kept or is unfinished, 2 for bad input.
    """
    told = Console(stderr=True, highlight=False) if as_json else console
    given = {"cluster": cluster, "reason": reason, "ticket": ticket}
    request: dict[str, Any] = {name: value for name, value in given.items() if value}
    with sentences():
        environment = asked_for(environment, local=local)
        if not dry_run:
            _require_words(reason, yes)
        deployment = _deployment(environment, local=local)
        if dry_run:
            request |= {"dry_run": True}
        else:
            request |= {"reason": _told_why(reason), "confirm": _confirmed(cluster, yes, told)}
        execution = retiring.start(deployment, {**request, "started_by": caller(deployment)})
        told.print(f"Started {execution}\n")
        watching = Watching(execution)
        with left_to_itself(watching, IN_THE_ENGINE if local else in_aws(environment), what="retirement"):
            seen = watching.show(told, follow(deployment, execution))
    _leave(seen, as_json=as_json)


def _require_words(reason: str, yes: str) -> None:
    """Raise InputRejected for what is missing where nobody can be asked, before anything is looked up."""
    missing = {
        "--reason: is missing; the record says why a database was deleted": reason,
        "--yes: is missing; there is no terminal to type the name in": yes,
    }
    faults = [fault for fault, told in missing.items() if not told]
    if faults and not _somebody_is_there():
        raise InputRejected(faults)


def _told_why(reason: str) -> str:
    return reason or str(typer.prompt("Why is it retired", err=True)).strip()


def _confirmed(cluster: str, yes: str, told: Console) -> str:
    """The name as it was typed again. Raises InputRejected when it is another."""
    if not yes:
        told.print(
            f"[bold]{cluster}[/] and its instances will be deleted. A final snapshot is taken before, and stays."
        )
        yes = str(typer.prompt("Type its name to retire it", err=True)).strip()
    if yes != cluster:
        raise InputRejected((f"{yes} is not {cluster}; nothing was started",))
    return yes


def _somebody_is_there() -> bool:
    return sys.stdin.isatty()


def _deployment(environment: str, *, local: bool) -> Deployment:
    deployment = on_the_engine() if local else on_aws(environment)
    if deployment is None:
        raise EngineNotAvailable(
            "No engine is up here, so there is nothing to retire.",
            resource="this machine",
            next_step="Start one with `day2 engine up`, or retire in AWS with --aws --env NAME.",
        )
    return deployment


def _leave(seen: Watched, *, as_json: bool) -> NoReturn:
    if seen.error == "InputRejected":
        # One line a fault; what is behind them is for the console.
        stop(*BETWEEN_FAULTS.split(seen.sentence.partition(" [request] ")[0]), code=BAD_INPUT)
    if seen.status != "SUCCEEDED":
        stop(f"{seen.error or seen.status}: {seen.sentence}", code=FAILED)
    if as_json:
        typer.echo(json.dumps(seen.output, indent=2))
    else:
        console.print(shown(seen.output))
    raise typer.Exit(OK)


def shown(output: Any) -> RenderableType:
    """How it ended: a dry run's output is the retirement as it would be, any other's the ledger's entry."""
    gone = "outcome" in output
    words = f"{output['cluster']} is gone." if gone else f"{output['cluster']} may be retired; nothing was changed."
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    rows = {"serves": output["successor"]}
    rows |= (
        {"snapshot": output["final_snapshot"], "retired by": output["started_by"], "record": output["record"]}
        if gone
        else {"instances": ", ".join(output["instances"]), "snapshot": f"{output['snapshot']}, to be taken"}
    )
    for name, value in rows.items():
        if value:
            grid.add_row(f"  {name}", value)
    return Group(Text(), Text.assemble(("✓ ", "green"), words), grid)
