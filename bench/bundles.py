"""The Lambda bundles: their size, and what each handler's start costs beside `import boto3` and its clients alone.

The verifier's client of PostgreSQL is its driver. Its handlers are measured beside boto3 without it, too.
"""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from cdk import bundles
from lambdas.steps import STEPS, Bundle, Step

UNPACKED_AIM_MB = 40
ZIPPED_AIM_MB = 15
START_AIM = 1.3
ROUNDS = 3
DRIVER = "pg8000"
_MB = 1_000_000

# Which client each door makes; the others make none.
_CLIENTS = {
    "archive": ("s3",),
    "ec2": ("ec2",),
    "executions": ("stepfunctions",),
    "kubernetes": ("eks", "sts"),
    "ledger": ("dynamodb",),
    "rds": ("rds",),
    "secrets": ("secretsmanager",),
    "topic": ("sns",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Bytes of a bundle as it lies in /var/task, and as it is uploaded."""

    unpacked: int
    zipped: int


def main(console: Console | None = None) -> None:
    """Print sizes and starts."""
    console = console or Console()
    folders = {name: bundles.make(name).folder for name in bundles.LEFT_OUT}
    _show_sizes(folders, console)
    _show_starts({step: folders[step.bundle] for step in STEPS}, console)


def size(folder: Path) -> Size:
    """Measure a bundle, zipped as CDK zips it."""
    packed = BytesIO()
    files = [path for path in folder.rglob("*") if path.is_file()]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return Size(unpacked=sum(path.stat().st_size for path in files), zipped=packed.tell())


def _show_sizes(folders: dict[Bundle, Path], console: Console) -> None:
    table = Table(title="Lambda bundles", title_justify="left", title_style="bold")
    for heading in ("bundle", "unpacked MB", "aim", "zipped MB", "aim"):
        table.add_column(heading, justify="left" if heading == "bundle" else "right")
    for name, folder in folders.items():
        measured = size(folder)
        table.add_row(
            name,
            f"{measured.unpacked / _MB:.1f}",
            f"<= {UNPACKED_AIM_MB}",
            f"{measured.zipped / _MB:.1f}",
            f"<= {ZIPPED_AIM_MB}",
        )
    console.print(table)


def _show_starts(folders: dict[Step, Path], console: Console) -> None:
    table = Table(
        title="Processor time of a handler's import and its clients, beside `import boto3` and the same clients",
        title_justify="left",
        title_style="bold",
    )
    for heading in ("handler", "clients", "ms", "boto3 ms", "ratio", "aim"):
        table.add_column(heading, justify="left" if heading in ("handler", "clients") else "right")
    without_driver: dict[str, float] = {}
    for step, folder in folders.items():
        doors = _loaded(step, folder)
        clients, drivers = _clients(doors), (DRIVER,) if "postgres" in doors else ()
        start = _start(step, folder, clients, drivers)
        if drivers:
            without_driver[step.name] = _start(step, folder, clients, ()).ratio
        table.add_row(
            step.name,
            ", ".join((*clients, *drivers)),
            f"{start.own * 1000:.0f}",
            f"{start.alone * 1000:.0f}",
            f"{start.ratio:.2f}",
            f"<= {START_AIM}",
        )
    console.print(table)
    for name, ratio in without_driver.items():
        console.print(f"{name} beside boto3 and its clients without {DRIVER}: {ratio:.2f}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Medians over rounds in turn: the handler's processor seconds, those of what it is measured by, their ratio."""

    own: float
    alone: float
    ratio: float


def _start(step: Step, folder: Path, clients: tuple[str, ...], drivers: tuple[str, ...]) -> Start:
    own = _starter(folder, f"import {_module(step)}; import boto3", clients)
    alone = _starter(folder, "; ".join(f"import {each}" for each in ("boto3", *drivers)), clients)
    taken = [(own(), alone()) for _ in range(ROUNDS)]
    return Start(
        own=median(each for each, _ in taken),
        alone=median(each for _, each in taken),
        ratio=median(each / beside for each, beside in taken),
    )


def _module(step: Step) -> str:
    return step.handler.rpartition(".")[0]


def _loaded(step: Step, folder: Path) -> set[str]:
    """The doors that importing a handler loads."""
    said = _run(folder, f"import {_module(step)}\nprint(*sys.modules)")
    return {name.split(".")[2] for name in said.split() if name.startswith("lambdas.adapters.")}


def _clients(doors: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({client for door in doors for client in _CLIENTS.get(door, ())}))


def _starter(folder: Path, imports: str, clients: tuple[str, ...]) -> Callable[[], float]:
    """A start in a process of its own, which measures itself: without the interpreter's own start.

    In processor time, because the two of a pair would otherwise share what else the machine does unevenly.
    """
    program = (
        "import time\n"
        "began = time.process_time()\n"
        f"{imports}\n"
        f"for client in {clients!r}: boto3.client(client)\n"
        "print(time.process_time() - began)\n"
    )
    return lambda: float(_run(folder, program))


def _run(folder: Path, program: str) -> str:
    """Run with the bundle and the standard library alone, and without bytecode, as Lambda's read-only folder has it."""
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{program}"],
        env={"PATH": os.defpath, "AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    main()
