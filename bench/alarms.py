"""Alarms: how fast their messages are judged, and how soon an alarm's order is with EKS, on the engine."""

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measure import interleaved
from day2.engine import coder, seed
from day2.engine.engine import Engine
from day2.engine.furnishing import furnish
from day2.engine.settings import EngineSettings
from day2.scaling.story.deployed import ALARM, Deployed
from lambdas.scaling.notices import notices
from lambdas.scaling.routing import Present, route
from lambdas.settings import AlarmRule

ROUNDS = 7
MESSAGES, EVENTS = 100, 20
ALARMS = 5
AIM_SECONDS = 5.0

_NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
_RULES = {ALARM: AlarmRule(role="workspace", alarm="+5")}


def main(console: Console | None = None) -> None:
    """Print messages a second, and the seconds from an alarm to its order."""
    console = console or Console()
    _show_messages(console)
    _show_orders(console)


def _show_messages(console: Console) -> None:
    """Beside reading their JSON, which nobody who listens can spare."""
    event = _event()
    present = {ALARM: Present(alarm=ALARM, state="ALARM", since=_NOW)}

    def judge() -> None:
        for _ in range(EVENTS):
            for each in notices(event):
                if each is not None:
                    route(each, present.get(each.alarm), _RULES)

    def read() -> None:
        for _ in range(EVENTS):
            for each in event["Records"]:
                json.loads(each["Sns"]["Message"])

    taken = interleaved({"judged": judge, "read": read}, rounds=ROUNDS)
    table = Table(title="Messages of alarms a second", title_justify="left", title_style="bold")
    for heading in ("judged", "only read as JSON", "time, ratio"):
        table.add_column(heading, justify="right")
    each = MESSAGES * EVENTS
    ratio = taken["judged"] / taken["read"]
    table.add_row(f"{each / taken['judged']:,.0f}", f"{each / taken['read']:,.0f}", f"{ratio:.1f}")
    console.print(table)


def _event() -> Mapping[str, Any]:
    """Half of one transition, half stale."""
    stale = _NOW - timedelta(minutes=20)
    told = (
        {"AlarmName": ALARM, "NewStateValue": "ALARM", "StateChangeTime": (stale if number % 2 else _NOW).isoformat()}
        for number in range(MESSAGES)
    )
    return {"Records": [{"Sns": {"Message": json.dumps(each)}} for each in told]}


def _show_orders(console: Console) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = EngineSettings(workspace=Path(folder) / ".engine")
        with Engine(settings) as engine:
            furnished = furnish(engine, size=seed.SMALL, say=lambda _stage, _seconds: None, with_coder=coder.Names())
            deployed = Deployed(engine=engine, deployment=furnished.deployment)
            seconds = [_order(deployed, times) for times in range(1, ALARMS + 1)]
    table = Table(title="From an alarm to the order at EKS, on the engine, s", title_justify="left", title_style="bold")
    for heading in ("first, functions cold", f"median of {ALARMS - 1} later", "most of these", "aim"):
        table.add_column(heading, justify="right")
    later = seconds[1:]
    table.add_row(f"{seconds[0]:.1f}", f"{median(later):.1f}", f"{max(later):.1f}", f"<= {AIM_SECONDS:g}")
    console.print(table)


def _order(deployed: Deployed, times: int) -> float:
    deployed.cool_down()
    rang = deployed.ring()
    deployed.grown(times)
    return deployed.ordered_after(rang)


if __name__ == "__main__":
    main()
