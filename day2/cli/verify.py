"""`day2 verify`: the verification catalogue against any PostgreSQL, read-only."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from day2.cli import verdict
from day2.cli.output import FAILED, MARKS, OK, console, sentences
from day2.cli.places import Json
from lambdas import payload
from lambdas.errors import InputRejected
from lambdas.settings import Verification
from lambdas.verification.runner import verify_dsn


class Phase(StrEnum):
    """Which checks apply."""

    drill = "drill"
    live = "live"


def verify(
    dsn: Annotated[str, typer.Argument(metavar="DSN", help="postgresql://USER@HOST:PORT/DATABASE")],
    *,
    as_of: Annotated[
        str, typer.Option(metavar="TIME", help="RFC 3339: the instant the data must reflect. Left out: now.")
    ] = "",
    phase: Annotated[Phase, typer.Option(help="A copy without coderd, or a deployment that runs.")] = Phase.drill,
    connections: Annotated[
        int, typer.Option(min=1, max=16, metavar="COUNT", help="Sessions, all on one exported snapshot.")
    ] = 2,
    as_json: Json = False,
) -> None:
    """Run the verification catalogue against any PostgreSQL, changing nothing.

    The password is taken from PGPASSWORD when the DSN has none; sslmode and sslrootcert are as in psql.
    Exit code 1 when a critical check fails.
    """
    with sentences():
        found = verify_dsn(
            dsn, as_of=_instant(as_of), phase=phase.value, settings=Verification(connections=connections)
        )
    if as_json:
        typer.echo(json.dumps(found.document(), indent=2))
    else:
        verdict.show_checks(console, payload.write([*found.checks, *found.controls]))
        facts = found.facts
        schema = "no Coder schema" if facts.schema_version is None else f"schema {facts.schema_version}"
        console.print(f"\n{MARKS[found.verdict]}  {found.reason}")
        console.print(f"[dim]PostgreSQL {facts.server_version}, {schema}, as of {payload.instant(found.as_of)}[/]")
    raise typer.Exit(FAILED if found.verdict == "fail" else OK)


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return payload.parse_instant(text)
    except ValueError as fault:
        raise InputRejected([f"--as-of: {fault}; write it as 2026-11-23T02:00:00Z"], resource="--as-of") from fault
