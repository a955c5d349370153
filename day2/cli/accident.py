"""The story of an accident on an engine of its own: a restore that breaks and is taken back, and one that is kept.

Everything in it is real but what is called fake: the database and its point in time, the state machine, its functions
and rights, the approval. Coder and Kubernetes are the engine's fakes.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from day2.cli import live, restored
from day2.cli.engine import PREPARING, say_on
from day2.cli.output import duration
from day2.drill.deployment import Deployment
from day2.drill.evidence import require_writable
from day2.drill.execution import Watched, follow
from day2.engine import coder, failures, seed, temporary
from day2.engine.engine import Engine
from day2.engine.furnishing import furnish
from day2.engine.postgres import binaries
from day2.engine.settings import EngineSettings
from day2.restore import answering, reports, running
from day2.restore.platform import ACCIDENT, Platform, Seen
from day2.restore.running import Ended
from day2.restore.waiting import waiting
from lambdas import payload
from lambdas.words import clock, number

_BEFORE_IT = timedelta(seconds=1)
_QUIET_SECONDS = 1.5
"""Before the accident, so that a second before it is after everything that shall come back."""

Act = Callable[[Watched], bool]
"""What is done at a state; whether it could be done yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """The platform as it was seen before the accident, after it, and when work had gone on."""

    before: Seen
    after: Seen
    later: Seen


def play(told: Console) -> bool:
    """Play it; whether the first restore was rolled back, and the second one kept with everything back."""
    require_writable()
    began = time.monotonic()
    with failures.kept(), temporary.workspace() as folder, Engine(EngineSettings(workspace=folder)) as engine:
        with told.status(PREPARING):
            furnished = furnish(engine, size=seed.SMALL, say=say_on(told), with_coder=coder.Names())
        platform = Platform(engine, Path(binaries.find().tool("psql")))
        moment, looks = _accident(platform, told)
        request = {
            "recovery_point": f"time:{payload.instant(moment - _BEFORE_IT)}",
            "reason": "a script emptied tables",
            "ticket": "OPS-1030",
        }
        first = _rolled_back(furnished.deployment, platform, request, told)
        second = _kept(furnished.deployment, platform, request, looks, told)
    took = duration(time.monotonic() - began)
    told.print(f"\nThe engine is gone again; from its start to its end it took {took}.")
    return first and second


def _accident(platform: Platform, told: Console) -> tuple[datetime, Looks]:
    before = platform.look()
    time.sleep(_QUIET_SECONDS)
    moment = datetime.fromisoformat(platform.sql(ACCIDENT)[0])
    after = platform.look()
    platform.go_on()
    told.print(
        f"\n[bold]The accident.[/] At {clock(moment)} a script deletes all groups and marks all templates deleted."
    )
    told.print("Before anybody notices, people go on working.\n")
    looks = Looks(before=before, after=after, later=platform.look())
    told.print(_table({"before": before, "after": after, "noticed": looks.later}))
    return moment, looks


def _rolled_back(deployment: Deployment, platform: Platform, request: dict[str, str], told: Console) -> bool:
    told.print("\n[bold]First restore.[/] It is approved, cut over, and then the restored database breaks down.\n")

    def act(_: Watched) -> bool:
        platform.break_down()
        return True

    ended = _restore(deployment, request, told, acts={"Soak": act})
    good = ended.summary is not None and ended.summary.outcome == "rolled-back"
    told.print(_table({"rolled back": platform.look()}))
    return good


def _kept(deployment: Deployment, platform: Platform, request: dict[str, str], looks: Looks, told: Console) -> bool:
    told.print("\n[bold]Second restore.[/] The same moment; this time it is kept.\n")
    ended = _restore(deployment, request, told, acts={})
    now = platform.look()
    told.print()
    told.print(_table({"before": looks.before, "noticed": looks.later, "now": now}))
    lost = looks.later.database["audit rows"] - now.database["audit rows"]
    told.print(
        f"\nBack: everything that the script deleted. Lost: {number(lost)} rows of the audit log, written after it."
    )
    return ended.summary is not None and ended.summary.outcome == "kept" and now == looks.before


def _restore(deployment: Deployment, request: dict[str, str], told: Console, *, acts: dict[str, Act]) -> Ended:
    """One restore, watched; its question is answered as an operator would, in another terminal."""
    execution = running.start(deployment, {**request, "started_by": "the story"})
    looks = _acting(follow(deployment, execution), {**acts, running.ASKS: _approving(deployment, told)})
    ended = running.ended(deployment, live.show(told, looks))
    if ended.summary is not None:
        told.print(restored.shown(ended.summary, reports.fetch(deployment, ended.summary)))
    return ended


def _approving(deployment: Deployment, told: Console) -> Act:
    def act(seen: Watched) -> bool:
        id_ = running.id_of(seen)
        if id_ not in {each.restoration.id for each in waiting(deployment, now=datetime.now(UTC))}:
            return False
        given = answering.answer(deployment, restore=id_, decision="approved", reason="seen the plan")
        told.print(f"$ day2 approve {id_}\n  approved by {given.by}")
        return True

    return act


def _acting(looks: Iterator[Watched], acts: dict[str, Act]) -> Iterator[Watched]:
    """The same looks; each act is done once, while its state is seen to run."""
    left = dict(acts)
    for seen in looks:
        for state in [name for name in left if _in(seen, name)]:
            if left[state](seen):
                del left[state]
        yield seen


def _in(seen: Watched, state: str) -> bool:
    return not seen.ended and any(each.name == state and each.exited_at is None for each in seen.states)


def _table(columns: dict[str, Seen]) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    first = next(iter(columns.values()))
    for name in first.api:
        table.add_row(f"{name}, by Coder's API", *(number(each.api[name]) for each in columns.values()))
    for name in ("workspaces", "audit rows"):
        table.add_row(f"{name}, in the database", *(number(each.database[name]) for each in columns.values()))
    return table
