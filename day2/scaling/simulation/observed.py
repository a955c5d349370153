"""What the machine would read of the simulated platform in this minute. Coder and Kubernetes agree here."""

from day2.scaling.simulation.setting import Setting
from day2.scaling.simulation.trace import Trace
from day2.scaling.simulation.world import Machine, World
from lambdas.scaling.contracts import Facts, Group, Node, Sizes, Standing, Workspaces


def facts(world: World, setting: Setting, trace: Trace, standing: Standing) -> Facts:
    """The group, its nodes and what runs on them, beside what was decided before."""
    policy, there = setting.policy, world.running + len(world.waiting)
    return Facts(
        group=Group(
            name=policy.node_group,
            role="workspace",
            sizes=Sizes(smallest=policy.floor, desired=world.desired, largest=policy.ceiling),
            status="ACTIVE",
        ),
        nodes=nodes(world, trace),
        workspaces=Workspaces(running=there, moving=0, total=there, pods=there, unplaced=len(world.waiting)),
        standing=standing,
        holiday=trace.moment(world.minute).astimezone(setting.zone).date() in setting.holidays,
    )


def nodes(world: World, trace: Trace) -> tuple[Node, ...]:
    """As Kubernetes has them: one that is still starting has not registered."""
    return tuple(_node(each, trace) for each in world.machines if each.ready)


def _node(machine: Machine, trace: Trace) -> Node:
    return Node(
        name=machine.name,
        instance=f"i-{machine.number:017x}",
        zone=machine.zone,
        created_at=trace.moment(machine.ordered_at),
        cordoned=bool(machine.chosen_by),
        cordoned_by=machine.chosen_by,
        holds=tuple(machine.holds),
    )
