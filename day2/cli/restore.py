"""`day2 restore`: bring the platform back to a recovery point, watched state by state, to where it then serves."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from day2.cli import accident, restored
from day2.cli.exit_codes import BAD_INPUT, FAILED, OK
from day2.cli.output import console, sentences, stop
from day2.cli.places import Environment, Json, Local, asked_for, caller, on_aws, on_the_engine
from day2.cli.watching import IN_THE_ENGINE, Watching, in_aws, left_to_itself
from day2.drill.deployment import Deployment
from day2.drill.evidence import require_writable
from day2.drill.execution import Watched, follow
from day2.restore import reports, running
from day2.restore.running import Ended
from lambdas import payload
from lambdas.errors import InputRejected


def restore(  # noqa: PLR0913  one argument for each option
    *,
    local: Local = True,
    environment: Environment = "",
    recovery_point: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="POINT",
            help="time:RFC3339, snapshot:ID, latest-snapshot or latest-restorable-time.",
            show_default=False,
        ),
    ] = "",
    strategy: Annotated[
        str, typer.Option(metavar="HOW", help="repoint or swap-identifiers. Left out: the settings' first.")
    ] = "",
    cut_over: Annotated[
        str, typer.Option(metavar="WHEN", help="after-approval, none or automatic. Left out: after-approval.")
    ] = "",
    target: Annotated[str, typer.Option(metavar="NAME", help="The restored cluster's. Left out: date and id.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", metavar="", help="Show the plan and change nothing.")] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="For the record.")] = "",
    ticket: Annotated[str, typer.Option(metavar="ID", help="For the record.")] = "",
    as_json: Json = False,
) -> None:
    """Bring the platform back to a recovery point: restore, verify, ask, fence, cut over, watch, keep or roll back.

    On this machine, without an engine that is up and without --to, a whole accident is played and taken back.

    Exit code 0 when it ended as asked or was not approved, 1 when it failed or was rolled back, 2 for a bad request.
    """
    given = {"recovery_point": recovery_point, "strategy": strategy, "cut_over": cut_over, "target": target}
    given |= {"reason": reason, "ticket": ticket}
    request: dict[str, Any] = {name: value for name, value in given.items() if value}
    request |= {"dry_run": True} if dry_run else {}
    told = Console(stderr=True, highlight=False) if as_json else console
    with sentences():
        environment = asked_for(environment, local=local)
        deployment = on_the_engine() if local else on_aws(environment)
        if deployment is None:
            _play(request, told)
        if "recovery_point" not in request:
            raise InputRejected(("--to: is missing; which moment to go back to is nobody's default",))
        options = "" if local else f" --aws --env {environment}"
        require_writable()
        ended = _run(deployment, request, told, options=options, local=local, environment=environment)
        files = reports.fetch(deployment, ended.summary) if ended.summary else ()
    _leave(ended, files, as_json=as_json)


def _run(  # noqa: PLR0913  what a restore is watched by, each by its name
    deployment: Deployment, request: dict[str, Any], told: Console, *, options: str, local: bool, environment: str
) -> Ended:
    execution = running.start(deployment, {**request, "started_by": caller(deployment)})
    told.print(f"Started {execution}\n")
    watching = Watching(execution)
    with left_to_itself(watching, IN_THE_ENGINE if local else in_aws(environment), what="restore"):
        looks = _telling_how_to_answer(follow(deployment, execution), told, options=options)
        return running.ended(deployment, watching.show(told, looks))


def _telling_how_to_answer(looks: Iterator[Watched], told: Console, *, options: str) -> Iterator[Watched]:
    """The same looks; once it waits for a person, whoever watches is told how it is answered."""
    asked = False
    for seen in looks:
        if running.asks(seen) and not asked:
            asked = True
            id_ = running.id_of(seen)
            told.print(f"\nIt waits for an approval. In another terminal:\n  day2 approve {id_}{options}")
            told.print(f"  day2 reject {id_}{options} --reason TEXT\n")
        yield seen


def _play(request: dict[str, Any], told: Console) -> NoReturn:
    """No engine is up: the story, on an engine of its own."""
    if request:
        raise InputRejected(
            (f"{', '.join(request)}: no engine is up here that this could be asked of; start one: day2 engine up",)
        )
    raise typer.Exit(OK if accident.play(told) else FAILED)


def _leave(ended: Ended, files: Sequence[Path], *, as_json: bool) -> NoReturn:
    seen, summary = ended.seen, ended.summary
    if summary is None:
        _without_record(seen, as_json=as_json)
    if as_json:
        typer.echo(json.dumps({**payload.write(summary), "files": [str(each) for each in files]}, indent=2))
    else:
        console.print(restored.shown(summary, files))
    raise typer.Exit(OK if summary.outcome in restored.GOOD else FAILED)


def _without_record(seen: Watched, *, as_json: bool) -> NoReturn:
    """A dry run's plan; else the execution's own error, as a sentence."""
    if seen.status == "SUCCEEDED":
        if as_json:
            typer.echo(json.dumps(seen.output, indent=2))
        else:
            console.print(restored.plan(seen.output))
        raise typer.Exit(OK)
    refused = seen.error == "InputRejected"
    stop(f"{seen.error or seen.status}: {seen.sentence}", code=BAD_INPUT if refused else FAILED)
