"""`day2 schedule`: what the clock does to the node groups on the next days, from the settings alone."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from cdk.environments import load
from cdk.settings import Scaling
from day2.cli.exit_codes import BAD_INPUT, FAILED
from day2.cli.output import console, sentences, stop
from day2.cli.places import Json
from day2.cli.schedule_set import set_
from day2.scaling.schedules import planned
from lambdas import payload
from lambdas.scaling.calendar import Entry, Timetable

_TITLES = ("day", "local", "UTC", "group", "profile", "nodes", "ready by")


app = typer.Typer()


@app.callback(invoke_without_command=True)
def schedule(
    context: typer.Context,
    *,
    environment: Annotated[
        str, typer.Option("--environment", "--env", metavar="NAME", help="Whose settings: a file of config/.")
    ] = "prod",
    days: Annotated[int, typer.Option(min=1, max=366, metavar="COUNT", help="How many, the first included.")] = 14,
    first: Annotated[
        datetime | None,
        typer.Option("--from", metavar="DATE", formats=["%Y-%m-%d"], help="The first day. Left out: from now on."),
    ] = None,
    as_json: Json = False,
) -> None:
    """When node groups are scaled by the clock: in local time, with holidays and the changes of daylight saving."""
    if context.invoked_subcommand is not None:
        _alone(context)
        return
    with sentences():
        scaling = load(environment).scaling
    if scaling is None:
        stop(
            f"config/{environment}.toml has no table [scaling]: nothing is scaled by the clock.",
            "config/prod.toml has one, explained.",
            code=FAILED,
        )
    start = first.replace(tzinfo=ZoneInfo(scaling.time_zone)).astimezone(UTC) if first else datetime.now(UTC)
    found = planned(scaling, start=start, days=days)
    if as_json:
        typer.echo(json.dumps(_told(found, environment), indent=2))
        return
    console.print(escape(f"{environment}: {days} days in {scaling.time_zone}, from config/{environment}.toml\n"))
    for line in _lines(found, _widths(scaling)):
        console.print(line, soft_wrap=True)


app.command("set")(set_)


def _alone(context: typer.Context) -> None:
    """Options of the timetable before another command's name would be lost without a word."""
    sources = [context.get_parameter_source(name) for name in context.params]
    if any(each is not None and each.name == "COMMANDLINE" for each in sources):
        stop(
            f"Options between `schedule` and `{context.invoked_subcommand}` are the timetable's.",
            f"Write them behind `{context.invoked_subcommand}`.",
            code=BAD_INPUT,
        )


def _widths(scaling: Scaling) -> tuple[int, ...]:
    """How wide each column is; with the longest names that settings take 80 in all."""
    profiles = max((len(each) for group in scaling.groups.values() for each in group.profiles), default=0)
    return 14, 5, 9, max(map(len, scaling.groups)), max(profiles, len("profile")), 5, 8


def _lines(found: Timetable, widths: tuple[int, ...]) -> Iterator[str]:
    """The days on which something happens or is out of the ordinary, each named once."""
    yield f"[dim]{_row(_TITLES, widths)}[/]"
    day, last = found.start.astimezone(found.zone).date(), found.end.astimezone(found.zone).date()
    while day < last:
        name = f"{day:%a %Y-%m-%d}"
        for note in found.notes(day):
            yield f"{name:{widths[0]}}  [yellow]{note}[/]"
            name = ""
        for entry in found.entries:
            if entry.at.astimezone(found.zone).date() == day:
                row = _row((name, *_cells(entry, found.zone, day)), widths)
                yield f"[dim]{row}[/]" if entry.held else row
                name = ""
        day += timedelta(days=1)
    if not found.entries:
        yield "Nothing is scaled by the clock on these days."


def _cells(entry: Entry, zone: ZoneInfo, day: date) -> tuple[str, ...]:
    over = (entry.at.date() - day).days
    return (
        f"{entry.at.astimezone(zone):%H:%M}",
        f"{entry.at:%H:%M}{f' {over:+d}d' if over else ''}",
        entry.schedule.role,
        entry.schedule.profile,
        "stays" if entry.held else str(entry.schedule.desired),
        f"{entry.ready_by.astimezone(zone):%H:%M}" if entry.ready_by else "",
    )


def _row(cells: tuple[str, ...], widths: tuple[int, ...]) -> str:
    padded = [f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)]
    padded[_TITLES.index("nodes")] = cells[_TITLES.index("nodes")].rjust(len("nodes"))
    return "  ".join(padded).rstrip()


def _told(found: Timetable, environment: str) -> dict[str, Any]:
    def local(at: datetime) -> str:
        return at.astimezone(found.zone).isoformat()

    return {
        "environment": environment,
        "time_zone": found.zone.key,
        "from": payload.instant(found.start),
        "until": payload.instant(found.end),
        "changes": [
            {
                "at": payload.instant(each.at),
                "local": local(each.at),
                "group": each.schedule.role,
                "schedule": each.schedule.name,
                "profile": each.schedule.profile,
                "desired": each.schedule.desired,
                "ready_by": payload.instant(each.ready_by) if each.ready_by else None,
                "held_by_holiday": each.held,
                "notes": found.notes(each.at.astimezone(found.zone).date()),
            }
            for each in found.entries
        ],
        "clock_changes": [
            {"at": payload.instant(each.at), "local": local(each.at), "note": each.text} for each in found.clock_changes
        ],
        "holidays": [each.isoformat() for each in found.holidays],
    }
