"""`day2 approvals`, `day2 approve`, `day2 reject`: what waits for a person's word before it cuts over."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from day2.cli.output import MARKS, console, sentences
from day2.cli.places import Environment, Json, Local, asked_for, on_aws, on_the_engine
from day2.drill.deployment import Deployment
from day2.engine.engine import EngineNotAvailable
from day2.restore.answering import Answered, answer
from day2.restore.waiting import for_machines, waiting
from lambdas.approval.request import Decision
from lambdas.restore_contracts import ApprovalItem
from lambdas.words import clock, duration, plural, sentence

Restore = Annotated[str, typer.Argument(metavar="ID", help="The restore's id, such as 20261123-1a2b3c4d.")]


def approvals(*, local: Local = True, environment: Environment = "", as_json: Json = False) -> None:
    """The restores that wait for an approval: what is lost, who started them, and how long they wait."""
    with sentences():
        now = datetime.now(UTC)
        found = waiting(_deployment(environment, local=local), now=now)
    if as_json:
        typer.echo(json.dumps([for_machines(each, now=now) for each in found], indent=2))
    elif not found:
        console.print("No restore waits for an approval.")
    else:
        console.print(shown(found, now=now))
        where = "" if local else f" --aws --env {asked_for(environment, local=local)}"
        console.print("\nAnswer with:", style="dim")
        console.print(f"  day2 approve ID{where}\n  day2 reject ID{where} --reason TEXT")


def approve(
    restore: Restore,
    *,
    comment: Annotated[str, typer.Option(metavar="TEXT", help="For the record.")] = "",
    local: Local = True,
    environment: Environment = "",
    as_json: Json = False,
) -> None:
    """Let a restore cut over. Who you are is proven by your AWS credentials, and recorded.

    Exit code 0 for an answer that counts, 1 for one that was refused, 2 for bad input.
    """
    _answer(restore, "approved", comment, local=local, environment=environment, as_json=as_json)


def reject(
    restore: Restore,
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; for the record.")],
    local: Local = True,
    environment: Environment = "",
    as_json: Json = False,
) -> None:
    """Keep a restore from cutting over: the restored cluster stays as it is, and the platform untouched.

    Exit code 0 for an answer that counts, 1 for one that was refused, 2 for bad input.
    """
    _answer(restore, "rejected", reason, local=local, environment=environment, as_json=as_json)


def _answer(  # noqa: PLR0913  one argument for each option
    restore: str, decision: Decision, reason: str, *, local: bool, environment: str, as_json: bool
) -> None:
    with sentences():
        given = answer(_deployment(environment, local=local), restore=restore, decision=decision, reason=reason)
    if as_json:
        told = {"restore": given.restore, "decision": given.decision, "by": given.by, "again": given.again}
        typer.echo(json.dumps(told, indent=2))
    else:
        console.print(_told(given))


def _told(given: Answered) -> RenderableType:
    goes_on = {
        "approved": "It goes on with the cut-over.",
        "rejected": "The restored cluster stays as it is, and the platform untouched.",
    }
    before = "already " if given.again else ""
    mark = Text.assemble(("✓ ", "green"), f"The restore {given.restore} is {before}{given.decision}.")
    return Group(mark, Text(f"  By {given.by}"), Text(f"  {goes_on[given.decision]}"))


def _deployment(environment: str, *, local: bool) -> Deployment:
    environment = asked_for(environment, local=local)
    deployment = on_the_engine() if local else on_aws(environment)
    if deployment is None:
        raise EngineNotAvailable(
            "No engine is up here, so nothing waits here.",
            resource="this machine",
            next_step="Start one with `day2 engine up`, or answer in AWS with --aws --env NAME.",
        )
    return deployment


def shown(found: Sequence[ApprovalItem], *, now: datetime) -> RenderableType:
    """Every question as a block that fits 80 columns."""
    head = Text(f"{plural(len(found), 'restore')} to approve or reject", style="dim")
    return Group(head, *(part for each in found for part in (Text(), _block(each, now=now))))


def _block(asked: ApprovalItem, *, now: datetime) -> RenderableType:
    restoration = asked.restoration
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    waits, left = now - asked.asked_at, asked.expires_at - now
    rows: dict[str, str | Text] = {
        "source": restoration.source,
        "back to": restoration.recovery_point,
        "asked": f"{clock(asked.asked_at)}, {duration(max(waits.total_seconds(), 0))} ago",
        "expires in": duration(left.total_seconds()),
        "lost": sentence(asked.lost),
        "verified": Text.from_markup(MARKS.get(asked.verdict, asked.verdict)),
        "started by": restoration.started_by,
        "reason": restoration.reason,
        "ticket": restoration.ticket,
    }
    for name, value in rows.items():
        if value:
            grid.add_row(f"  {name}", value if isinstance(value, Text) else Text(value))
    return Group(Text(restoration.id, style="bold"), grid)
