"""`day2 schedule set`: a deployed schedule changed at once, and the lines that keep it."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape

from cdk.environments import written
from cdk.names import Names
from cdk.settings import ScalingSchedule
from day2.cli.output import console, sentences
from day2.cli.places import Environment, Json, Local, asked_for
from day2.cli.scale_group import deployment_of
from day2.engine import synth
from day2.scaling.changing import Plan, Update, carry_out, plan
from day2.scaling.deployed import request_of
from day2.scaling.judging import Asked, aim
from day2.scaling.scheduler import Scheduler


def set_(  # noqa: PLR0913  one argument for each option
    *,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="workspace or provisioner.", show_default=False)],
    name: Annotated[str, typer.Argument(metavar="NAME", help="As the settings have it.", show_default=False)],
    cron: Annotated[
        str | None, typer.Option(metavar="CRONTAB", help="Five fields: 45 7 * * MON-FRI.", show_default=False)
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="As the settings have it.", show_default=False)
    ] = None,
    ahead: Annotated[
        int | None, typer.Option(metavar="MINUTES", help="Ordered so long before.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", metavar="", help="Only show before and after.")] = False,
    local: Local = True,
    environment: Environment = "",
    as_json: Json = False,
) -> None:
    """Change a deployed schedule at once; what is not named stays as it is deployed.

    Judged as a deployment judges the settings, before anything is changed.
    Then it shows the lines that keep it: a deployment puts the settings' back.

    Exit code 2 for bad input, with every fault.
    """
    asked = Asked(role=role, name=name, cron=cron, profile=profile, ahead_minutes=ahead)
    with sentences():
        environment = asked_for(environment, local=local)
        environment = synth.ENVIRONMENT if local else environment
        tables = written(environment)
        settings = aim(tables, asked, environment=environment)
        deployment = deployment_of(environment, local=local)
        group = Names(settings=settings).scaling_schedule_group
        scheduler = Scheduler(deployment.clients("scheduler"), group)
        found = plan(tables, asked, scheduler.schedules(), settings=settings)
        if not dry_run:
            carry_out(scheduler, found.updates)
    if as_json:
        typer.echo(json.dumps(_document(found, dry_run=dry_run), indent=2))
        return
    _show(found, environment, group, dry_run=dry_run)


def _show(found: Plan, environment: str, group: str, *, dry_run: bool) -> None:
    for update in found.updates:
        console.print(escape(update.told["Name"]))
        for what, before, after in _changes(update):
            console.print(escape(f"  {what:9} {before} -> {after}"))
    if not found.updates:
        console.print("It is deployed so already.")
    elif dry_run:
        console.print("\nNothing was changed.")
    else:
        console.print(f"\n[green]✓[/] Changed in Scheduler's group {group}.")
    if found.off:
        console.print("[yellow]![/] It is disabled, as before: it starts nothing until it is enabled.")
    if not found.keep:
        console.print(f"config/{environment}.toml says the same.")
        return
    console.print(
        f"\nconfig/{environment}.toml says otherwise, and a deployment puts back what it says. To keep what is "
        f"{'shown' if dry_run else 'deployed now'}, let it say:"
    )
    for line in kept(found.keep):
        console.print(escape(line), soft_wrap=True)


def kept(schedules: Mapping[tuple[str, str], ScalingSchedule]) -> Iterator[str]:
    """The lines of TOML, each schedule a table."""
    for (role, name), schedule in schedules.items():
        yield ""
        yield f"[scaling.groups.{role}.schedules.{name}]"
        for field, value in schedule.model_dump(exclude_defaults=True).items():
            yield f"{field} = {json.dumps(value)}"  # of these, JSON's form is TOML's too


def _changes(update: Update) -> Iterator[tuple[str, Any, Any]]:
    """What of it changes, before, after; of its input each field."""
    told, then = update.told, {**update.told, **update.fields}
    for field, what in (
        ("ScheduleExpression", "starts"),
        ("ScheduleExpressionTimezone", "zone"),
        ("State", "state"),
    ):
        if told.get(field) != then.get(field):
            yield what, told.get(field), then.get(field)
    before, after = request_of(told), request_of(then)
    for field, value in after.items():
        if before.get(field) != value:
            yield field, before.get(field), value


def _document(found: Plan, *, dry_run: bool) -> dict[str, Any]:
    return {
        "changed": not dry_run and bool(found.updates),
        "disabled": found.off,
        "schedules": [
            {
                "name": update.told["Name"],
                "changes": [{"what": what, "before": old, "after": new} for what, old, new in _changes(update)],
            }
            for update in found.updates
        ],
        "keep": "\n".join(kept(found.keep)).strip(),
    }
