"""A workspace group of ten nodes on an ordinary morning, and words to change it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.scaling.contracts import Change, Decision, Demand, Facts, Group, Node, Queue, Role, Sizes, Workspaces
from lambdas.scaling.planning import plan_scaling
from lambdas.settings import ScaledGroup

NOW = datetime(2026, 11, 26, 10, 45, tzinfo=UTC)
ZONES = ("eu-central-1a", "eu-central-1b", "eu-central-1c")

WORKSPACE = ScaledGroup(
    node_group="coder-prod-ws",
    floor=10,
    ceiling=200,
    profiles={"off-peak": 10, "peak": 50},
    step_out=5,
    step_in=2,
    largest_step=20,
)
PROVISIONER = ScaledGroup(
    node_group="coder-prod-prov", floor=0, ceiling=20, profiles={"off-peak": 0, "peak": 5}, pods_per_node=4
)
POLICIES = {"workspace": WORKSPACE, "provisioner": PROVISIONER}


def node(number: int, *holds: str, **more: Any) -> Node:
    """The node of this number, as many hours old, in one of three zones in turn."""
    return replace(
        Node(
            name=f"node-{number:02}",
            instance=f"i-{number:017x}",
            zone=ZONES[number % 3],
            created_at=NOW - timedelta(hours=number),
            holds=holds,
        ),
        **more,
    )


def fleet(count: int, *, held: int = 0) -> tuple[Node, ...]:
    """So many nodes, of which the first `held` have a workspace each."""
    return tuple(node(each, *([f"ws-{each}"] if each < held else [])) for each in range(count))


def facts(
    nodes: tuple[Node, ...], *, role: Role = "workspace", smallest: int = 0, largest: int = 200, **more: Any
) -> Facts:
    """A group whose facts agree."""
    held = sum(len(each.holds) for each in nodes)
    group = Group(
        name=POLICIES[role].node_group,
        role=role,
        sizes=Sizes(smallest=smallest, desired=len(nodes), largest=largest),
        status="ACTIVE",
    )
    agreed = {
        "group": group,
        "nodes": nodes,
        "workspaces": Workspaces(running=held, moving=0, total=held, pods=held) if role == "workspace" else None,
        "queue": Queue(pending=0, running=held) if role == "provisioner" else None,
    }
    return Facts(**{**agreed, **more})


def demand(change: Change, **more: Any) -> Demand:
    """By hand, refused when it is blocked."""
    return replace(
        Demand(
            role="workspace",
            change=change,
            origin="operator",
            when_blocked="refuse",
            asked_at=NOW,
            give_up=NOW + timedelta(hours=2),
        ),
        **more,
    )


def decide(found: Facts, change: Change, *, now: datetime = NOW, **more: Any) -> Decision:
    """The plan for this change of this group."""
    role = found.group.role
    return plan_scaling(found, demand(change, role=role, **more), POLICIES[role], now)
