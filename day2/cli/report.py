"""`day2 report`: the evidence of a drill or a restore, as it lies here, or fetched from the engine or from AWS."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from day2.cli import restored, verdict
from day2.cli.exit_codes import FAILED, OK
from day2.cli.output import console, sentences
from day2.cli.places import Environment, Json, Local, asked_for, on_aws, on_the_engine
from day2.drill import evidence
from day2.drill.deployment import Deployment
from day2.drill.evidence import Evidence
from day2.restore import reports
from lambdas import payload
from lambdas.adapters.ledger import Ledger
from lambdas.adapters.restores import Restores
from lambdas.evidence.restore_summary import RestoreSummary
from lambdas.evidence.summary import Summary


def report(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Of a drill or a restore, such as 20261123-1a2b3c4d.")],
    *,
    local: Local = True,
    environment: Environment = "",
    as_json: Json = False,
) -> None:
    """What a drill or a restore came to, and its files; exit code 1 when it had failed, or its record was altered."""
    with sentences():
        environment = asked_for(environment, local=local)
        deployment = on_the_engine() if local else on_aws(environment)
        summary, files = _restore(deployment, id_)
        if summary is not None:
            _show_restore(summary, files, as_json=as_json)
        kept = _here(id_, deployment) if local else evidence.fetch(_there(deployment), id_)
    if as_json:
        typer.echo(json.dumps(kept.record, indent=2))
    else:
        verdict.show_drill(console, kept)
    raise typer.Exit(OK if kept.summary.outcome == "passed" else FAILED)


def _restore(deployment: Deployment | None, id_: str) -> tuple[RestoreSummary | None, Sequence[Path]]:
    """A restore's summary and files, fetched where its ledger is at hand, else as they lie here; None for a drill."""
    if deployment is not None:
        entry = Restores(deployment.table, deployment.clients("dynamodb")).entry(id_)
        if isinstance(entry, RestoreSummary):
            return entry, reports.fetch(deployment, entry)
    return reports.read(evidence.FOLDER / id_)


def _show_restore(summary: RestoreSummary, files: Sequence[Path], *, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps({**payload.write(summary), "files": [str(each) for each in files]}, indent=2))
    else:
        console.print(restored.shown(summary, files))
    raise typer.Exit(OK if summary.outcome in restored.GOOD else FAILED)


def _there(deployment: Deployment | None) -> Deployment:
    assert deployment is not None  # noqa: S101  an environment in AWS was found or refused
    return deployment


def _here(drill: str, deployment: Deployment | None) -> Evidence:
    """What lies here, by the digest of the engine's ledger where it has one; else what the engine that is up has."""
    place = evidence.FOLDER / drill
    if deployment is None:
        return evidence.read(place)
    entry = Ledger(deployment.table, deployment.clients("dynamodb")).entry(drill)
    if entry is not None and not (place / evidence.RECORD).exists():
        return evidence.fetch(deployment, drill)
    return evidence.read(place, ledgers=entry.sha256 if isinstance(entry, Summary) else None)
