"""What the terminal shows: one console, sentences for errors, exit codes that scripts can rely on."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from lambdas.errors import Day2Error, InputRejected

OK, FAILED, BAD_INPUT = 0, 1, 2

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

MARKS = {
    "pass": "[green]pass[/]",
    "passed": "[green]passed[/]",
    "warn": "[yellow]warn[/]",
    "fail": "[bold red]FAIL[/]",
    "failed": "[bold red]FAILED[/]",
    "skip": "[dim]skip[/]",
    "report": "[dim]info[/]",
    "not-measured": "[yellow]not measured[/]",
}


@contextmanager
def sentences() -> Iterator[None]:
    """Errors as sentences: exit 2 for bad input, 1 for what was refused or failed, never a traceback."""
    try:
        yield
    except InputRejected as rejected:
        stop(*(f"{problem}" for problem in rejected.problems), code=BAD_INPUT)
    except Day2Error as error:
        stop(error.what, f"On: {error.resource}", error.next_step, code=FAILED)
    except KeyboardInterrupt:
        stop("Interrupted.", code=FAILED)


def stop(*lines: str, code: int) -> NoReturn:
    """Say why on standard error and leave with `code`."""
    first, *rest = lines or ("Failed.",)
    errors.print(f"[bold red]✗[/] {escape(first)}")
    for line in rest:
        errors.print(f"  {escape(line)}")
    raise typer.Exit(code)


def duration(seconds: float | None) -> str:
    """`0.8 s`, `42 s`, `12:07`, `1:03:20`: short enough for a column, exact enough for an objective."""
    if seconds is None:
        return "-"
    if seconds < 10:  # noqa: PLR2004  below ten seconds the tenth matters
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"


def print_json(write: Callable[[], str]) -> None:
    """Machine output alone on standard output."""
    sys.stdout.write(write() + "\n")
