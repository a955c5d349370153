"""`day2 scale workspaces`, `day2 scale provisioners`: a node group by hand, or why it would change."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, NoReturn

import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from day2.cli.exit_codes import BAD_INPUT, FAILED, OK
from day2.cli.moments import end_of
from day2.cli.output import console, sentences, stop
from day2.cli.places import Environment, Json, Local, asked_for, caller, on_aws, on_the_engine
from day2.cli.retire import BETWEEN_FAULTS
from day2.cli.watching import IN_THE_ENGINE, Watching, in_aws, left_to_itself
from day2.drill.deployment import Deployment
from day2.drill.execution import Watched, follow
from day2.engine.engine import EngineNotAvailable
from day2.scaling import running
from lambdas import payload
from lambdas.scaling.contracts import Decision

_MOST_SHOWN = 8


class ByRole(TyperGroup):
    """Commands by what they scale: what is none of them is told that the control group never will be."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As Typer does it, for a name that there is."""
        if args and not args[0].startswith("-") and args[0] not in (names := self.list_commands(ctx)):
            stop(
                f"{args[0]} is none of {', '.join(names)}.",
                "The control group is Coder's own and never scaled.",
                code=BAD_INPUT,
            )
        return super().resolve_command(ctx, args)


def of(role: Literal["workspace", "provisioner"]) -> Callable[..., None]:
    """The command for one role's group."""

    def command(  # noqa: PLR0913  one argument for each option
        *,
        desired: Annotated[int | None, typer.Option(metavar="N", help="So many nodes.", show_default=False)] = None,
        smallest: Annotated[
            int | None, typer.Option("--min", metavar="N", help="With --max and --desired.", show_default=False)
        ] = None,
        largest: Annotated[
            int | None, typer.Option("--max", metavar="N", help="With --min and --desired.", show_default=False)
        ] = None,
        by: Annotated[str, typer.Option(metavar="CHANGE", help="+10, -3, +25% or -20%.", show_default=False)] = "",
        profile: Annotated[str, typer.Option(metavar="NAME", help="As the settings have it.", show_default=False)] = "",
        when_blocked: Annotated[
            str,
            typer.Option(metavar="WHAT", help="refuse, clamp or defer, with too few empty nodes.", show_default=False),
        ] = "",
        length: Annotated[
            str,
            typer.Option("--for", metavar="LENGTH", help="Hold it so long over the automatic: 3h.", show_default=False),
        ] = "",
        until: Annotated[str, typer.Option(metavar="TIME", help="Hold it until then: 22:00.", show_default=False)] = "",
        reason: Annotated[str, typer.Option(metavar="TEXT", help="For the ledger.", show_default=False)] = "",
        explain: Annotated[
            bool, typer.Option("--explain", metavar="", help="Only show facts, rule and decision.")
        ] = False,
        local: Local = True,
        environment: Environment = "",
        as_json: Json = False,
    ) -> None:
        told = Console(stderr=True, highlight=False) if as_json else console
        given = {
            "desired": desired,
            "min": smallest,
            "max": largest,
            "by": by or None,
            "profile": profile or None,
            "when_blocked": when_blocked or None,
            "reason": reason or None,
            "dry_run": explain or None,
        }
        request = {"group": role, **{name: value for name, value in given.items() if value is not None}}
        with sentences():
            if moment := end_of(length, until, now=datetime.now().astimezone()):
                request["until"] = payload.instant(moment)
            environment = asked_for(environment, local=local)
            deployment = deployment_of(environment, local=local)
            execution = running.start(deployment, {**request, "started_by": caller(deployment)})
            told.print(f"Started {execution}\n")
            watching = Watching(execution)
            with left_to_itself(watching, IN_THE_ENGINE if local else in_aws(environment), what="scaling"):
                seen = watching.show(told, follow(deployment, execution))
            refused = running.decided(deployment, seen) if seen.error == "ScalingRefused" else None
        _leave(seen, refused, as_json=as_json)

    command.__doc__ = f"""Scale the node group of {role}s, and end no workspace by it.

    One of --desired (with --min and --max its limits too), --by and --profile.

    Exit code 0 when it is as asked, 1 when it was refused or failed, 2 for bad input.
    """
    return command


def deployment_of(environment: str, *, local: bool) -> Deployment:
    """Where is scaled. Raises EngineNotAvailable on a machine where no engine is up."""
    deployment = on_the_engine() if local else on_aws(environment)
    if deployment is None:
        raise EngineNotAvailable(
            "No engine is up here, so there is nothing to scale.",
            resource="this machine",
            next_step="Start one with `day2 engine up`, or scale in AWS with --aws --env NAME.",
        )
    return deployment


def _leave(seen: Watched, refused: Decision | None, *, as_json: bool) -> NoReturn:
    if seen.error == "InputRejected":
        # One line a fault; what is behind them is for the console.
        stop(*BETWEEN_FAULTS.split(seen.sentence.partition(" [request] ")[0]), code=BAD_INPUT)
    planned = seen.output.get("plan", {}).get("decision")
    if seen.status != "SUCCEEDED":
        held = [f"held  {each}" for each in _held(refused)] if refused else []
        stop(f"{seen.error or seen.status}: {seen.sentence}", *held, code=FAILED)
    if as_json:
        typer.echo(json.dumps(seen.output.get("recorded") or seen.output, indent=2))
    elif planned:
        console.print(shown(payload.read(Decision, planned), seen.output))
    raise typer.Exit(OK)


def shown(decision: Decision, output: Any) -> RenderableType:
    """Facts, rule, decision; of one that was carried out, how it ended."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in (*_facts(output), ("rule", decision.rule), ("decision", decision.reason)):
        grid.add_row(f"  {name}", value)
    if decision.remove:
        grid.add_row("  to go", _some([each.name for each in decision.remove]))
    for each in _held(decision):
        grid.add_row("  held", each)
    ended = output.get("recorded")
    mark = (
        Text.assemble(("✓ ", "green"), f"{ended['group']}: {ended['outcome']}")
        if ended
        else Text("Nothing was changed.")
    )
    return Group(Text(), mark, grid)


def _held(decision: Decision) -> list[str]:
    """The nodes that stay and by what, those with the least first: they empty first."""
    told = [
        f"{each.node} by {', '.join(each.holds)}{f' and {each.more} more' if each.more else ''}"
        for each in decision.holding[:_MOST_SHOWN]
    ]
    further = len(decision.holding) - _MOST_SHOWN
    return [*told, f"{further} more nodes"] if further > 0 else told


def _facts(output: Any) -> list[tuple[str, str]]:
    group, seen = output["held"]["group"], output["capacity"]
    empty = sum(not each["holds"] for each in seen["nodes"])
    ready = sum(each["ready"] for each in seen["nodes"])
    sizes = group["sizes"]
    facts = [
        ("group", f"{group['name']}, {sizes['desired']} desired ({sizes['smallest']} to {sizes['largest']})"),
        ("nodes", f"{len(seen['nodes'])}, {ready} Ready, {empty} hold nothing"),
    ]
    if found := seen["workspaces"]:
        facts.append(
            ("workspaces", f"{found['total']} running, {found['moving']} on the move, {found['pods']} with pods")
        )
    if found := seen["queue"]:
        facts.append(("queue", f"{found['pending']} jobs pending, {found['running']} running"))
    return facts + [("unknown", each) for each in seen["unknown"]]


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
