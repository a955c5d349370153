"""`day2 verify`: the verification catalogue against any PostgreSQL, read-only."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from day2.cli import verdict
from day2.cli.exit_codes import FAILED, OK
from day2.cli.output import MARKS, console, sentences
from day2.cli.places import Json
from lambdas import payload
from lambdas.errors import InputRejected
from lambdas.settings import Verification
from lambdas.verification import checks
from lambdas.verification import dsn as address
from lambdas.verification.runner import verify_dsn


class Phase(StrEnum):
    """Which checks apply."""

    drill = "drill"
    live = "live"


def verify(  # noqa: PLR0913  one argument for each option
    dsn: Annotated[str, typer.Argument(metavar="DSN", help="postgresql://USER@HOST:PORT/DATABASE")],
    *,
    as_of: Annotated[
        str, typer.Option(metavar="TIME", help="RFC 3339: the instant the data must reflect. Left out: now.")
    ] = "",
    phase: Annotated[Phase, typer.Option(help="A copy without coderd, or a deployment that runs.")] = Phase.drill,
    connections: Annotated[
        int, typer.Option(min=1, max=16, metavar="COUNT", help="Sessions, all on one exported snapshot.")
    ] = 2,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID=WORD",
            help="Expect zero, positive or one of a check, or only report it; for each check that differs. "
            "An open-source database has no licence: F01_license_valid=report.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the verification catalogue against any PostgreSQL, changing nothing.

    The password is taken from PGPASSWORD when the DSN has none; sslmode and sslrootcert are as in psql.
    Exit code 1 when a critical check fails.
    """
    with sentences():
        moment, expected = _read(dsn, as_of=as_of, expect=expect or (), now=datetime.now(UTC))
        settings = Verification(connections=connections, expect=expected)
        found = verify_dsn(dsn, as_of=moment, phase=phase.value, settings=settings)
    if as_json:
        typer.echo(json.dumps(found.document(), indent=2))
    else:
        verdict.show_checks(console, payload.write([*found.checks, *found.controls]))
        facts = found.facts
        schema = "no Coder schema" if facts.schema_version is None else f"schema {facts.schema_version}"
        console.print(f"\n{MARKS[found.verdict]}  {found.reason}")
        console.print(f"[dim]PostgreSQL {facts.server_version}, {schema}, as of {payload.instant(found.as_of)}[/]")
    raise typer.Exit(FAILED if found.verdict == "fail" else OK)


def _read(dsn: str, *, as_of: str, expect: Sequence[str], now: datetime) -> tuple[datetime | None, Mapping[str, str]]:
    """The instant and the expectations. Raises InputRejected with every fault, the address's among them."""
    problems: list[str] = []
    moment: datetime | None = None
    expected: Mapping[str, str] = {}
    with _gathered(problems):
        address.read(dsn, environment=os.environ)
    with _gathered(problems):
        moment = _instant(as_of, now=now)
    with _gathered(problems):
        expected = _expectations(expect)
    if problems:
        raise InputRejected(problems, resource="day2 verify")
    return moment, expected


@contextmanager
def _gathered(problems: list[str]) -> Iterator[None]:
    try:
        yield
    except InputRejected as rejected:
        problems.extend(rejected.problems)


def _expectations(given: Sequence[str]) -> Mapping[str, str]:
    pairs = [(name, word) for name, equals, word in (text.partition("=") for text in given) if equals]
    expected, names = dict(pairs), [name for name, _ in pairs]
    problems = [f"--expect {text}: write it as ID=zero, positive, one or report" for text in given if "=" not in text]
    problems += [f"--expect {name}: is given twice" for name in expected if names.count(name) > 1]
    problems += checks.faults(expected, path="--expect ")
    if problems:
        raise InputRejected(problems, resource="--expect")
    return expected


def _instant(text: str, *, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        moment = payload.parse_instant(text)
    except ValueError as fault:
        raise InputRejected([f"--as-of: {fault}; write it as 2026-11-23T02:00:00Z"], resource="--as-of") from fault
    if moment > now:  # what is newer than the recovery point would pass, and every age would be too high
        raise InputRejected(
            [f"--as-of: {text} is in the future; no data reflects what has not been written yet"], resource="--as-of"
        )
    return moment
