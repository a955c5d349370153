"""`day2 report`: a drill's evidence, shown here or fetched from AWS."""

import json
from typing import Annotated

import typer

from day2.cli import verdict
from day2.cli.output import FAILED, OK, console, sentences
from day2.cli.places import Environment, Json, Local, on_aws
from day2.drill import evidence


def report(
    drill: Annotated[str, typer.Argument(metavar="ID", help="The drill's id, such as 20261123-1a2b3c4d.")],
    *,
    local: Local = True,
    environment: Environment = "prod",
    as_json: Json = False,
) -> None:
    """A drill's verdict, checks and report files; exit code 1 when it had failed."""
    with sentences():
        kept = evidence.read(evidence.FOLDER / drill) if local else evidence.fetch(on_aws(environment), drill)
    if as_json:
        typer.echo(json.dumps(kept.record, indent=2))
    else:
        verdict.show_drill(console, kept)
    raise typer.Exit(OK if kept.summary.outcome == "passed" else FAILED)
