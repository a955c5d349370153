"""What the terminal shows: one console, sentences for errors, exit codes that scripts can rely on."""

import io
import math
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TextIO, cast

import typer
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from cdk.environments import SettingsError
from day2.cli.exit_codes import BAD_INPUT, FAILED, INTERRUPTED
from lambdas.errors import Day2Error, InputRejected

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


_PADDING = re.compile(r"[ \t]+(?=\n)")


class Interruptible(TyperGroup):
    """Says that Ctrl-C ended a command that has nothing more to say of it; Typer would end without a word."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            stop("Interrupted.", code=INTERRUPTED)


class Unpadded:
    """A stream whose lines end at their last letter: what fills a table up to its width is for terminals only.

    Whole lines are written at once, by Rich and by Typer; blanks before a line's end are looked for in each writing.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(_PADDING.sub("", text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def sentences() -> Iterator[None]:
    """Errors as sentences: exit 2 for bad input, 1 for what was refused or failed, never a traceback."""
    try:
        yield
    except InputRejected as rejected:
        stop(*(f"{problem}" for problem in rejected.problems), code=BAD_INPUT)
    except SettingsError as wrong:
        stop(*str(wrong).splitlines(), code=BAD_INPUT)
    except Day2Error as error:
        stop(error.what, f"On: {error.resource}", error.next_step, code=FAILED)


def stop(*lines: str, code: int) -> NoReturn:
    """Say why on standard error and leave with `code`."""
    tell(*(lines or ("Failed.",)))
    raise typer.Exit(code)


def tell(first: str, *more: str) -> None:
    """A sentence on standard error, and what belongs to it."""
    errors.print(f"[bold red]✗[/] {escape(first)}")
    for line in more:
        errors.print(f"  {escape(line)}")


def warn(error: Day2Error) -> None:
    """Something that does not end the command, on standard error."""
    errors.print(f"[yellow]![/] {escape(error.what)} {escape(error.resource)}")


def run(app: Callable[[], None]) -> None:
    """Run the command; whatever leaves it becomes a sentence and exit code 1. DAY2_TRACE=1 lets the trace out."""
    sys.stdout, sys.stderr = _prepared(sys.stdout), _prepared(sys.stderr)
    for ending in (signal.SIGTERM, signal.SIGHUP):  # ended from outside, it clears up as after Ctrl-C
        if signal.getsignal(ending) is signal.SIG_DFL:  # nohup ignores one of them, on purpose
            signal.signal(ending, signal.default_int_handler)
    try:
        app()
    except (ClientError, BotoCoreError) as refusal:
        tell(f"AWS could not do it: {refusal}", _next_step(refusal))
    except OSError as fault:
        where = f": {fault.filename}" if fault.filename else ""
        tell(f"This machine could not do it: {fault.strerror or fault}{where}", "Mend that, and start again.")
    except Exception as bug:  # the last door: whatever it is, the operator reads a sentence
        if os.environ.get("DAY2_TRACE"):
            raise
        tell(f"Unforeseen: {type(bug).__name__}: {bug}", "This is a fault of day2 itself; DAY2_TRACE=1 shows where.")
    else:
        return
    raise SystemExit(FAILED)


def _prepared(stream: TextIO) -> TextIO:
    """A standard stream that takes every letter, and outside a terminal no padding; as it is where there is none."""
    if not isinstance(stream, io.TextIOWrapper):  # neither is there when the caller closed it
        return stream
    stream.reconfigure(errors="replace")
    return stream if stream.isatty() else cast("TextIO", Unpadded(stream))


def _next_step(refusal: Exception) -> str:
    if not isinstance(refusal, EndpointConnectionError):
        return "Check credentials, profile and Region, and the role's rights."
    if "//127.0.0.1:" in refusal.kwargs["endpoint_url"]:
        return "The engine was stopped meanwhile; `day2 engine up` starts one."
    return "Check the network and the Region."


def duration(seconds: float | None) -> str:
    """`0.8 s`, `42 s`, `12:07`, `1:03:20`: short enough for a column, exact enough for an objective.

    From a minute on it is rounded up, so that what exceeds an objective never reads as equal to it.
    """
    if seconds is None:
        return "-"
    if round(seconds) < 60:  # noqa: PLR2004  a minute
        return f"{seconds:.1f} s" if seconds < 10 else f"{round(seconds)} s"  # noqa: PLR2004  there the tenth matters
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
