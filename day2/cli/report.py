"""`day2 report`: a drill's evidence, shown here or fetched from AWS."""

import json
from typing import Annotated

import typer

from day2.cli import verdict
from day2.cli.output import FAILED, OK, console, sentences
from day2.cli.places import Environment, Json, Local, asked_for, on_aws
from day2.drill import evidence
from day2.drill.deployment import NotDeployed, find
from day2.engine import engine as engines
from day2.engine import synth
from lambdas.adapters.ledger import Ledger
from lambdas.evidence.summary import Summary


def report(
    drill: Annotated[str, typer.Argument(metavar="ID", help="The drill's id, such as 20261123-1a2b3c4d.")],
    *,
    local: Local = True,
    environment: Environment = "",
    as_json: Json = False,
) -> None:
    """A drill's verdict, checks and report files; exit code 1 when it had failed, or its record was altered."""
    with sentences():
        environment = asked_for(environment, local=local)
        if local:
            kept = evidence.read(evidence.FOLDER / drill, ledgers=digest_in_the_engine(drill))
        else:
            kept = evidence.fetch(on_aws(environment), drill)
    if as_json:
        typer.echo(json.dumps(kept.record, indent=2))
    else:
        verdict.show_drill(console, kept)
    raise typer.Exit(OK if kept.summary.outcome == "passed" else FAILED)


def digest_in_the_engine(drill: str) -> str | None:
    """What the ledger of the engine that is up has; None without one, and for a drill that is not its own."""
    if not engines.status().running:
        return None
    try:
        deployment = find(synth.ENVIRONMENT, engines.Engine.find().client)
    except NotDeployed:
        return None
    entry = Ledger(deployment.table, deployment.clients("dynamodb")).entry(drill)
    return entry.sha256 if isinstance(entry, Summary) else None
