"""`day2 schedule`: what the clock does to the node groups on the next days, by the settings or as it is deployed."""

import json
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from cdk.environments import load
from cdk.settings import EnvironmentSettings, Scaling
from day2.cli import doctor
from day2.cli.exit_codes import BAD_INPUT, FAILED
from day2.cli.output import console, sentences, stop
from day2.cli.places import Json, asked_for
from day2.cli.schedule_deployed import InPlace, in_place
from day2.cli.schedule_set import set_
from day2.cli.timetable import MARK, document, lines, widths
from day2.engine import synth
from day2.scaling.schedules import planned

app = typer.Typer()


@app.callback(invoke_without_command=True)
def schedule(  # noqa: PLR0913  one argument for each option
    context: typer.Context,
    *,
    environment: Annotated[
        str,
        typer.Option(
            "--environment",
            "--env",
            metavar="NAME",
            help="Whose settings: a file of config/. Left out: prod.",
            show_default=False,
        ),
    ] = "",
    local: Annotated[
        bool | None,
        typer.Option(
            "--local/--aws",
            metavar="",
            help="As deployed, on the engine or in AWS. Left out: by the settings alone.",
            show_default=False,
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, metavar="COUNT", help="How many, the first included.")] = 14,
    first: Annotated[
        datetime | None,
        typer.Option("--from", metavar="DATE", formats=["%Y-%m-%d"], help="The first day. Left out: from now on."),
    ] = None,
    as_json: Json = False,
) -> None:
    """When node groups are scaled by the clock: in local time, with holidays and the changes of daylight saving.

    As deployed, it marks what was changed by hand, and names what undoes it.
    """
    if context.invoked_subcommand is not None:
        _alone(context)
        return
    with sentences():
        environment = asked_for(environment, local=bool(local))
        settings = load(synth.ENVIRONMENT if local else environment)
        scaling = _scaling(settings)
        shown = InPlace(scaling=scaling) if local is None else in_place(settings, scaling, local=local)
    start = first.replace(tzinfo=ZoneInfo(scaling.time_zone)).astimezone(UTC) if first else datetime.now(UTC)
    found = planned(shown.scaling, start=start, days=days)
    environment = settings.environment
    if as_json:
        told = document(found, environment, changed=shown.changed, disabled=shown.disabled)
        typer.echo(json.dumps(told if local is None else {**told, **doctor.document(shown.found)}, indent=2))
        return
    source = f"from config/{environment}.toml" if local is None else "as deployed"
    console.print(escape(f"{environment}: {days} days in {scaling.time_zone}, {source}\n"))
    for line in lines(found, widths(scaling), changed=shown.changed, disabled=shown.disabled):
        console.print(line, soft_wrap=True)
    if shown.changed:
        console.print(f"\n{MARK} not deployed as config/{environment}.toml says")
    if shown.found:
        console.print()
    doctor.show(shown.found)


app.command("set")(set_)


def _scaling(settings: EnvironmentSettings) -> Scaling:
    if settings.scaling is None:
        stop(
            f"config/{settings.environment}.toml has no table [scaling]: nothing is scaled by the clock.",
            "config/prod.toml has one, explained.",
            code=FAILED,
        )
    return settings.scaling


def _alone(context: typer.Context) -> None:
    """Options of the timetable before another command's name would be lost without a word."""
    sources = [context.get_parameter_source(name) for name in context.params]
    if any(each is not None and each.name == "COMMANDLINE" for each in sources):
        stop(
            f"Options between `schedule` and `{context.invoked_subcommand}` are the timetable's.",
            f"Write them behind `{context.invoked_subcommand}`.",
            code=BAD_INPUT,
        )
