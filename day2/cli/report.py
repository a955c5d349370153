"""`day2 report`: a drill's evidence, as it lies here, or fetched from the engine that is up or from AWS."""

import json
from typing import Annotated

import typer

from day2.cli import verdict
from day2.cli.exit_codes import FAILED, OK
from day2.cli.output import console, sentences
from day2.cli.places import Environment, Json, Local, asked_for, on_aws, on_the_engine
from day2.drill import evidence
from day2.drill.evidence import Evidence
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
        kept = _here(drill) if local else evidence.fetch(on_aws(environment), drill)
    if as_json:
        typer.echo(json.dumps(kept.record, indent=2))
    else:
        verdict.show_drill(console, kept)
    raise typer.Exit(OK if kept.summary.outcome == "passed" else FAILED)


def _here(drill: str) -> Evidence:
    """What lies here, by the digest of the engine's ledger where it has one; else what the engine that is up has."""
    place, deployment = evidence.FOLDER / drill, on_the_engine()
    if deployment is None:
        return evidence.read(place)
    entry = Ledger(deployment.table, deployment.clients("dynamodb")).entry(drill)
    if entry is not None and not (place / evidence.RECORD).exists():
        return evidence.fetch(deployment, drill)
    return evidence.read(place, ledgers=entry.sha256 if isinstance(entry, Summary) else None)
