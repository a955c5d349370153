"""`day2 engine`: keep the engine up for any AWS SDK to talk to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from day2.cli.exit_codes import BAD_INPUT, FAILED, OK
from day2.cli.output import console, duration, sentences, stop
from day2.cli.places import Json
from day2.engine import coder, failures, temporary
from day2.engine import engine as engines
from day2.engine.engine import Engine
from day2.engine.furnishing import Say, furnish, production
from day2.engine.seed import size_named
from day2.engine.settings import EngineSettings

PREPARING = "preparing; the first time takes longest"
REAL_TIME = 1.0

app = typer.Typer(help="The embedded engine: the deployed system on this machine.", no_args_is_help=True)


class SeedSize(StrEnum):
    """How large the seeded production database is."""

    small = "small"
    large = "large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an engine is started with, or asked for; None where the operator did not say."""

    seed: str | None
    real_time: bool | None

    def written(self) -> str:
        """As they are given on the command line."""
        seed = [f"--seed {self.seed}"] if self.seed else []
        return " ".join([*seed, *(["--real-time"] if self.real_time else [])])


@app.command()
def up(
    *,
    seed: Annotated[
        SeedSize | None, typer.Option(help="Size of the seeded production database; small where left out.")
    ] = None,
    real_time: Annotated[
        bool, typer.Option("--real-time", metavar="", help="Let every wait take as long as it says.")
    ] = False,
) -> None:
    """Start the engine with a platform, a seeded database, a fake Coder and the deployed stacks; it outlives this."""
    asked = Options(seed=seed and seed.value, real_time=real_time or None)
    with sentences():
        if (engine := Engine.that_is_up()) is not None:
            _tell_present(asked, engine)
        else:
            engine = _start(seed or SeedSize.small, wait_scale=REAL_TIME if real_time else EngineSettings().wait_scale)
        console.print("\nAny AWS SDK, and the AWS CLI, talks to it with:\n")
        _show(engine.environment())
        console.print("\nProduction's database, and the fake Coder that serves it:\n")
        _show(_production(engine))
        console.print("\nA drill on it: [bold]day2 drill[/]. Stop it: [bold]day2 engine down[/].")


def _tell_present(asked: Options, engine: Engine) -> None:
    """Say with which options it is up; leave with exit code 2 when others were asked for."""
    present = Options(seed=engine.seed, real_time=engine.settings.wait_scale == REAL_TIME)
    started = f"It was started with {present.written()}."
    if (others := differing(asked, present)).written():
        stop(
            f"The engine is up already; not applied: {others.written()}.",
            f"{started} To change that: `day2 engine down`, then `day2 engine up {asked.written()}`.",
            code=BAD_INPUT,
        )
    console.print(f"The engine is up already. {started}")


def differing(asked: Options, present: Options) -> Options:
    """What was asked for and is otherwise at present."""
    return Options(
        seed=asked.seed if asked.seed != present.seed else None,
        real_time=asked.real_time if asked.real_time != present.real_time else None,
    )


def _start(seed: SeedSize, *, wait_scale: float) -> Engine:
    temporary.remove_abandoned()
    new = Engine(replace(EngineSettings(), wait_scale=wait_scale), seed=seed.value)
    with failures.kept(), new.coming_up() as engine, console.status(PREPARING):
        furnish(engine, size=size_named(seed.value), say=say_on(console), with_coder=coder.Names())
    return new


@app.command()
def down(*, quiet: Annotated[bool, typer.Option("--quiet", metavar="", help="Say nothing.")] = False) -> None:
    """Stop the engine and everything it started, also what a crash left."""
    with sentences():
        ran = engines.down()
    if not quiet:
        console.print("The engine is stopped; nothing is left running." if ran else "No engine was running.")


@app.command()
def status(*, as_json: Json = False) -> None:
    """Whether the engine runs, and where; exit code 1 when it does not, or not yet."""
    with sentences():
        found = engines.status()
        there = _production(Engine.find()) if found.running else {}
    if as_json:
        told = {
            "running": found.running, "starting": found.starting, "endpoint": found.endpoint, "pid": found.pid,
        }  # fmt: skip
        typer.echo(json.dumps({**told, "coder_url": there.get("CODER_URL")}))
    elif found.running:
        console.print(f"The engine runs at {found.endpoint} (process {found.pid}).")
        console.print(f"Its log: {escape(_short(found.log_file))}")
        _show(there)
    elif found.starting:
        console.print(f"The engine is still starting (process {found.pid}); look again in a moment.")
        console.print(f"Its log: {escape(_short(found.log_file))}")
    else:
        console.print("No engine runs here. Start one with [bold]day2 engine up[/].")
    raise typer.Exit(OK if found.running else FAILED)


def _production(engine: Engine) -> dict[str, str]:
    """What is there of production's database and of the fake Coder, by the variables that Coder reads.

    The password is one that this engine made up, and opens nothing beyond the loopback.
    """
    there = {coder.URL_VARIABLE: production(engine), "CODER_URL": coder.url(engine.settings)}
    return {name: value for name, value in there.items() if value}


def _show(variables: Mapping[str, str]) -> None:
    """One line each, however long, to be copied into a shell."""
    for name, value in variables.items():
        console.print(f"  export {name}={escape(quote(value))}", soft_wrap=True)


def say_on(told: Console) -> Say:
    """Tells each stage of the preparation in a line."""

    def say(stage: str, seconds: float) -> None:
        told.print(f"[green]✓[/] {stage:<24} {duration(seconds):>8}")

    return say


def _short(path: Path | None) -> str:
    if path is None:
        return ""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
