"""Watching a drill that goes on without its watcher: what is said when Ctrl-C ends the watching only."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from rich.console import Console

from day2.cli import live
from day2.cli.exit_codes import INTERRUPTED
from day2.cli.output import stop
from day2.drill.execution import Watched
from lambdas.recovery.names import drill_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where a drill goes on, `in the engine`, and the options with which `day2` finds it there."""

    where: str
    options: str = ""


IN_THE_ENGINE = Elsewhere(where="in the engine")


def in_aws(environment: str) -> Elsewhere:
    return Elsewhere(where="in AWS", options=f" --aws --env {environment}")


@dataclass(slots=True)
class Watching:
    """An execution as it is watched; `seen` is the last look, None before the first."""

    execution: str
    seen: Watched | None = field(default=None, init=False)

    def show(self, console: Console, looks: Iterator[Watched]) -> Watched:
        """Show the looks until the last, which is given back."""
        return live.show(console, self._noting(looks))

    def _noting(self, looks: Iterator[Watched]) -> Iterator[Watched]:
        for self.seen in looks:
            yield self.seen


@contextmanager
def left_to_itself(
    watching: Watching, elsewhere: Elsewhere, *, what: Literal["drill", "restore", "retirement", "scaling"] = "drill"
) -> Iterator[None]:
    """Whoever interrupts the block hears that it goes on, by which id, and how it is seen again."""
    try:
        yield
    except KeyboardInterrupt:
        said = {"drill": farewell, "restore": of_a_restore, "retirement": of_a_retirement, "scaling": of_a_scaling}[
            what
        ]
        stop(*said(watching, elsewhere), code=INTERRUPTED)


def of_a_restore(watching: Watching, elsewhere: Elsewhere) -> tuple[str, ...]:
    """What is said when the watching of a restore is interrupted, line by line."""
    seen, answer = watching.seen, f"day2 approvals{elsewhere.options}"
    if seen is None:  # as of a drill, the day of its start was not told yet
        return (
            f"Interrupted; the restore goes on {elsewhere.where}.",
            f"Its execution: {watching.execution}",
            "What it asks is listed by:",
            f"  {answer}",
        )
    id_ = drill_id(execution=seen.execution, started_at=seen.started_at)
    if seen.ended:
        return (f"Interrupted; the restore {id_} has ended.",)
    return (f"Interrupted; the restore {id_} goes on {elsewhere.where}.", "What it asks is listed by:", f"  {answer}")


def of_a_retirement(watching: Watching, elsewhere: Elsewhere) -> tuple[str, ...]:
    """What is said when the watching of a retirement is interrupted, line by line."""
    if watching.seen is not None and watching.seen.ended:
        return ("Interrupted; the retirement has ended.", f"Its execution: {watching.execution}")
    return (
        f"Interrupted; the retirement goes on {elsewhere.where}: {watching.execution}",
        "Stop that execution if you did not mean it: until its state DeleteRetired nothing is deleted.",
    )


def of_a_scaling(watching: Watching, elsewhere: Elsewhere) -> tuple[str, ...]:
    """What is said when the watching of a scaling is interrupted, line by line."""
    history = f"day2 scale history{elsewhere.options}"
    if watching.seen is not None and watching.seen.ended:
        return ("Interrupted; the scaling has ended. See it with:", f"  {history}")
    return (f"Interrupted; the scaling goes on {elsewhere.where}: {watching.execution}", "See it with:", f"  {history}")


def farewell(watching: Watching, elsewhere: Elsewhere) -> tuple[str, ...]:
    """What is said at an interruption, line by line."""
    history, seen = f"day2 drills{elsewhere.options}", watching.seen
    if seen is None:  # the drill's id bears the day of its start, which was not told yet
        return (
            f"Interrupted; the drill goes on {elsewhere.where}.",
            f"Its execution: {watching.execution}",
            f"Once it has ended, `{history}` lists it.",
        )
    drill = drill_id(execution=seen.execution, started_at=seen.started_at)
    report = f"day2 report {drill}{elsewhere.options}"
    if seen.ended:
        return (f"Interrupted; the drill {drill} has ended.", "See it with:", f"  {report}")
    return (
        f"Interrupted; the drill {drill} goes on {elsewhere.where}.",
        "Once it has ended, see it again with:",
        f"  {history}",
        f"  {report}",
    )
