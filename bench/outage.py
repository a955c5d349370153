"""The outage of a restore in virtual time: from the fence to a verified platform, beyond what pods and AWS take."""

from rich.console import Console
from rich.table import Table

from tests.workflows.economy import FIRST_CALL_SECONDS
from tests.workflows.outage import POD_ENDS_SECONDS, POD_STARTS_SECONDS, Outage, measure

ADDED_AIM_SECONDS = 30


def main(console: Console | None = None) -> None:
    """Print what the outage of each strategy is made of."""
    console = console or Console()
    outages = {strategy: measure(strategy) for strategy in ("repoint", "swap-identifiers")}
    table = Table(title="Outage of a restore, fence to serving, in virtual time", title_justify="left")
    table.title_style = "bold"
    table.add_column("what")
    for name in outages:
        table.add_column(name, justify="right")
    table.add_column("aim", justify="right")
    rows = {
        "outage, s": (_told("seconds", outages), ""),
        "of it pods and AWS, s": (_told("unavoidable_seconds", outages), ""),
        "added by the orchestration, s": (_told("added_seconds", outages), f"<= {ADDED_AIM_SECONDS}"),
        "of that within functions, s": (_told("functions_seconds", outages), ""),
    }
    for what, (figures, aim) in rows.items():
        table.add_row(what, *figures, aim)
    console.print(table)
    console.print(
        f"Replicas end in {POD_ENDS_SECONDS} s and start in {POD_STARTS_SECONDS}, a rename takes a minute; functions "
        f"behind the fence are called for the first time ({FIRST_CALL_SECONDS['control']} s, "
        f"{FIRST_CALL_SECONDS['inside']} s within the VPC)."
    )


def _told(field: str, outages: dict[str, Outage]) -> list[str]:
    return [f"{getattr(each, field):.1f}" for each in outages.values()]


if __name__ == "__main__":
    main()
