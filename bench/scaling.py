"""Scaling: how fast its planner decides, and how many node-hours it takes beside two other ways, by simulation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from rich.console import Console
from rich.table import Table

from bench.measure import interleaved
from cdk.environments import load
from day2.scaling.simulation.comparison import compare
from day2.scaling.simulation.environment import setting_of
from day2.scaling.simulation.office import Office, synthetic
from day2.scaling.simulation.summary import saved
from day2.scaling.simulation.world import PLACEMENTS, Fabric
from lambdas.scaling.contracts import Change, Demand, Facts, Group, Node, Origin, Sizes, WhenBlocked, Workspaces
from lambdas.scaling.planning import plan_scaling
from lambdas.settings import ScaledGroup

ROUNDS = 7
PLANS = 200
SMALL, LARGE = 50, 500
# A group of ten times the nodes may take ten times as long, and a little for sorting them.
GROWTH_AIM = 12.0
FIRST, DAYS, SEEDS = date(2026, 11, 30), 14, (1, 2, 3)

_NOW = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
_ON_A_NODE = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a planner is asked of a group of so many nodes."""

    facts: Facts
    demand: Demand
    policy: ScaledGroup


def main(console: Console | None = None) -> None:
    """Print plans a second, their growth with the group, and the node-hours of three ways."""
    console = console or Console()
    _show_plans(console)
    _show_node_hours(console)


def questions(count: int) -> Mapping[str, Question]:
    """A morning, an evening and both alarms, of a group of which three nodes in five are in use."""
    policy = ScaledGroup(
        node_group="coder-prod-ws",
        floor=count // 5,
        ceiling=4 * count,
        profiles={"off-peak": count // 5, "peak": count + count // 5},
    )
    facts = _facts(count, policy)

    def asked(change: Change, origin: Origin, when_blocked: WhenBlocked) -> Question:
        demand = Demand(
            role="workspace",
            change=change,
            origin=origin,
            when_blocked=when_blocked,
            asked_at=_NOW,
            give_up=_NOW + timedelta(hours=2),
        )
        return Question(facts=facts, demand=demand, policy=policy)

    return {
        "morning, grows": asked(Change(profile="peak"), "schedule", "defer"),
        "evening, what is empty": asked(Change(profile="off-peak"), "schedule", "defer"),
        "evening, refused": asked(Change(profile="off-peak"), "schedule", "refuse"),
        "alarm, adds": asked(Change(by_nodes=policy.step_out), "alarm", "clamp"),
        "alarm, takes away": asked(Change(by_nodes=-policy.step_in), "alarm", "clamp"),
    }


def _facts(count: int, policy: ScaledGroup) -> Facts:
    used = 3 * count // 5
    nodes = tuple(
        Node(
            name=f"ip-10-0-{number // 256}-{number % 256}.eu-central-1.compute.internal",
            instance=f"i-{number:017x}",
            zone=f"eu-central-1{'abc'[number % 3]}",
            created_at=_NOW - timedelta(minutes=number),
            # A payload names five of a node's workspaces and counts the others.
            holds=tuple(f"workspace-{number}-{each}" for each in range(5)) if number < used else (),
            more=_ON_A_NODE - 5 if number < used else 0,
        )
        for number in range(count)
    )
    running = used * _ON_A_NODE
    return Facts(
        group=Group(
            name=policy.node_group,
            role="workspace",
            sizes=Sizes(smallest=policy.floor, desired=count, largest=policy.ceiling),
            status="ACTIVE",
        ),
        nodes=nodes,
        workspaces=Workspaces(running=running, moving=3, total=running, pods=running + 2),
    )


def _show_plans(console: Console) -> None:
    small, large = questions(SMALL), questions(LARGE)
    subjects = {
        f"{name} {count}": _planner(asked)
        for count, all_asked in ((SMALL, small), (LARGE, large))
        for name, asked in all_asked.items()
    }
    taken = interleaved(subjects, rounds=ROUNDS)
    table = Table(title="Plans a second", title_justify="left", title_style="bold")
    table.add_column("what")
    for heading in (f"{SMALL} nodes", f"{LARGE} nodes", "time, ratio", "aim"):
        table.add_column(heading, justify="right")
    for name in small:
        few, many = taken[f"{name} {SMALL}"], taken[f"{name} {LARGE}"]
        table.add_row(name, f"{PLANS / few:,.0f}", f"{PLANS / many:,.0f}", f"{many / few:.1f}", f"<= {GROWTH_AIM:g}")
    console.print(table)


def _planner(asked: Question) -> Callable[[], object]:
    def plan() -> None:
        for _ in range(PLANS):
            plan_scaling(asked.facts, asked.demand, asked.policy, _NOW)

    return plan


def _show_node_hours(console: Console) -> None:
    table = Table(
        title=f"Node-hours of clock and alarms by those of the other ways, and workspaces ended: {DAYS} simulated days",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("placement")
    for heading in ("seed", "by fixed", "by always-peak", "ended", "ended by fixed"):
        table.add_column(heading, justify="right")
    for placement in PLACEMENTS.values():
        setting = setting_of(load("prod").scaling, environment="prod", fabric=Fabric(placement=placement))
        office = Office(zone=setting.zone, holidays=setting.holidays)
        for seed in SEEDS:
            found = compare(synthetic(office, first=FIRST, days=DAYS, seed=seed), setting)
            ours, fixed, peak = found.guarded.figures, found.fixed.figures, found.always_peak.figures
            table.add_row(
                placement,
                str(seed),
                f"{1 - saved(ours, fixed):.2f}",
                f"{1 - saved(ours, peak):.2f}",
                str(ours.killed),
                str(fixed.killed),
            )
    console.print(table)


if __name__ == "__main__":
    main()
