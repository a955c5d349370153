"""The orchestration of a drill in virtual time: what it adds to the waiting that AWS asks for anyway."""

from collections.abc import Callable
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from tests.workflows.cloud import REALISTIC, Durations
from tests.workflows.economy import FIRST_CALL_SECONDS, LATER_CALL_SECONDS, Economy, account, unavoidable

OVERHEAD_AIM = 0.03
OVERHEAD_AIM_SECONDS = 60
USD_AIM = 0.01
HISTORY_LIMIT = 25_000
PAYLOAD_LIMIT_BYTES = 256 * 1024
# A poll may see the end at once or a whole pause later: the same drill, its phases shifted against the polls.
SHIFTS_SECONDS = (0, 3, 6, 9, 12)
LARGE = Durations(restore=90 * 60, instance=600, credentials=120, instance_deletion=300, cluster_deletion=600)


def main(console: Console | None = None) -> None:
    """Print the account of the usual drill, of its worst neighbour, and of a restore of 90 minutes."""
    console = console or Console()
    neighbours = [account(_shifted(seconds)) for seconds in SHIFTS_SECONDS]
    worst = max(neighbours, key=lambda each: each.overhead_seconds)
    _show({"usual": neighbours[0], "worst of five": worst, "90 min restore": account(LARGE)}, console)
    console.print(
        f"Restore {REALISTIC.restore / 60:g} min, instance {REALISTIC.instance / 60:g}, credentials "
        f"{REALISTIC.credentials / 60:g}, deletion "
        f"{(REALISTIC.instance_deletion + REALISTIC.cluster_deletion) / 60:g}: {unavoidable(REALISTIC):.0f} s that no "
        f"orchestration can spare. Assumed: a function's first call takes {FIRST_CALL_SECONDS['control']} s "
        f"({FIRST_CALL_SECONDS['inside']} s within the VPC), later ones {LATER_CALL_SECONDS} s; the verification's own "
        "work takes none."
    )


def _shifted(seconds: float) -> Durations:
    return replace(
        REALISTIC,
        restore=REALISTIC.restore + seconds,
        instance=REALISTIC.instance + seconds,
        credentials=REALISTIC.credentials + seconds,
        cluster_deletion=REALISTIC.cluster_deletion + seconds,
    )


def _show(accounts: dict[str, Economy], console: Console) -> None:
    table = Table(title="Orchestration of a drill, in virtual time", title_justify="left", title_style="bold")
    table.add_column("what")
    for name in accounts:
        table.add_column(name, justify="right")
    table.add_column("aim", justify="right")
    rows: dict[str, tuple[Callable[[Economy], str], str]] = {
        "unavoidable waiting, s": (lambda each: f"{each.unavoidable_seconds:.0f}", ""),
        "added by the orchestration, s": (lambda each: f"{each.overhead_seconds:.1f}", f"<= {OVERHEAD_AIM_SECONDS}"),
        "as a share of the waiting": (lambda each: f"{each.overhead_share:.1%}", f"or <= {OVERHEAD_AIM:.0%}"),
        "of it within functions, s": (lambda each: f"{each.function_seconds:.1f}", ""),
        "state transitions": (lambda each: f"{each.transitions}", ""),
        "invocations": (lambda each: f"{each.invocations}", ""),
        "transitions, USD": (lambda each: f"{each.transitions_usd:.4f}", ""),
        "Lambda, USD": (lambda each: f"{each.functions_usd:.4f}", ""),
        "both, USD": (lambda each: f"{each.usd:.4f}", f"< {USD_AIM}"),
        "history events": (lambda each: f"{each.history_events}", f"< {HISTORY_LIMIT}"),
        "largest payload, KiB": (
            lambda each: f"{each.largest_payload_bytes / 1024:.0f}",
            f"< {PAYLOAD_LIMIT_BYTES // 1024}",
        ),
    }
    for what, (tell, aim) in rows.items():
        table.add_row(what, *(tell(each) for each in accounts.values()), aim)
    console.print(table)


if __name__ == "__main__":
    main()
