"""Times subjects against one another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One line of a table: the median of a subject against that of what it is measured by."""

    subject: str
    seconds: float
    against: str = ""
    against_seconds: float | None = None
    aim: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.seconds / self.against_seconds if self.against_seconds else None


def interleaved(subjects: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, float]:
    """The median seconds of each subject, over rounds in which each has its turn; one round before warms up.

    In turn, so that what else the machine does falls on all of them alike.
    """
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    for round_number in range(rounds + 1):
        for name, subject in subjects.items():
            began = perf_counter()
            subject()
            if round_number:
                taken[name].append(perf_counter() - began)
    return {name: median(seconds) for name, seconds in taken.items()}


def show(title: str, comparisons: list[Comparison], *, console: Console) -> None:
    """Prints one table."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading, justify in (("what", "left"), ("seconds", "right"), ("against", "left"), ("seconds", "right")):
        table.add_column(heading, justify="right" if justify == "right" else "left")
    table.add_column("ratio", justify="right")
    table.add_column("aim", justify="right")
    for each in comparisons:
        table.add_row(
            each.subject,
            f"{each.seconds:.3f}",
            each.against,
            "" if each.against_seconds is None else f"{each.against_seconds:.3f}",
            "" if each.ratio is None else f"{each.ratio:.2f}",
            "" if each.aim is None else f"<= {each.aim:g}",
        )
    console.print(table)
