"""`day2 doctor`: what is wrong around a deployment that no workflow sees, and what mends it."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import typer
from rich.markup import escape

from cdk.environments import load
from day2.cli.exit_codes import FAILED, OK
from day2.cli.output import console, sentences
from day2.cli.places import Environment, Json, Local, asked_for
from day2.cli.scale_group import deployment_of
from day2.doctor.checks import CHECKS, Subject, examine
from day2.doctor.findings import Finding, Result, Skip
from day2.engine import synth
from lambdas.words import plural


def doctor(*, local: Local = True, environment: Environment = "", as_json: Json = False) -> None:
    """Look for what undoes or hinders scaling: old scheduled actions, schedules changed by hand, cordoned nodes.

    Nothing is changed. Exit code 1 where something was found.
    """
    with sentences():
        environment = asked_for(environment, local=local)
        environment = synth.ENVIRONMENT if local else environment
        settings = load(environment)
        deployment = deployment_of(environment, local=local)
        where = "" if local else f"--aws --env {environment}"
        found = examine(Subject(deployment=deployment, settings=settings, where=where))
    findings = [each for each in found if isinstance(each, Finding)]
    if as_json:
        typer.echo(json.dumps(document(found), indent=2))
    else:
        show(found)
        told = plural(len(findings), "finding") if findings else "Nothing was found"
        console.print(f"{environment}: {told}, {plural(len(CHECKS), 'check')}.")
    raise typer.Exit(FAILED if findings else OK)


def show(found: Iterable[Result]) -> None:
    """Each in three lines; the last of them is to be typed, and is not broken."""
    for each in found:
        if isinstance(each, Skip):
            console.print(f"[dim]skip[/] {escape(each.check)}: {escape(each.reason)}")
            continue
        console.print(f"[yellow]![/] {escape(each.what)}")
        console.print(f"  [dim]{escape(each.resource)}[/]")
        console.print(f"  {escape(each.next_step)}", soft_wrap=True)


def document(found: Iterable[Result]) -> dict[str, Any]:
    """For machines."""
    results = tuple(found)
    return {
        "findings": [asdict(each) for each in results if isinstance(each, Finding)],
        "skipped": [asdict(each) for each in results if isinstance(each, Skip)],
    }
