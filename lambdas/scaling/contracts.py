"""What travels between the steps of a scaling, and what its decisions are made from and made of.

Sizes are counts of nodes, times aware UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal["workspace", "provisioner"]
Origin = Literal["operator", "schedule", "alarm"]
WhenBlocked = Literal["refuse", "clamp", "defer"]
Action = Literal["nothing", "grow", "shrink", "wait", "refuse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """A node group's `scalingConfig`: EKS takes smallest <= desired <= largest only."""

    smallest: int
    desired: int
    largest: int

    @property
    def text(self) -> str:
        """`20 nodes (10 to 200)`."""
        return f"{nodes(self.desired)} ({self.smallest} to {self.largest})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is asked of a group, one of four ways; the others are None.

    desired               so many nodes; with smallest and largest the group's limits as well, all three together
    by_nodes, by_percent  so many more, or fewer where negative, than are desired now
    profile               what the settings call so
    """

    desired: int | None = None
    smallest: int | None = None
    largest: int | None = None
    by_nodes: int | None = None
    by_percent: float | None = None
    profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One request as the plan takes it.

    asked_at  when it was made: the slot of a schedule, the transition of an alarm, the start by a person
    give_up   until when `defer` tries again
    """

    role: Role
    change: Change
    origin: Origin
    when_blocked: WhenBlocked
    asked_at: datetime
    give_up: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A managed node group by DescribeNodegroup. `status` is EKS's; only an ACTIVE or UPDATING one is scaled."""

    name: str
    role: Role
    sizes: Sizes
    status: str
    auto_scaling_group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of the group as Kubernetes knows it.

    cordoned_by  id of the scaling that cordoned it; empty where a person did, or nobody
    holds        what would end with it: ids of workspaces whose pods are bound to it, or names of daemons that build
    more         how many beyond those named hold it
    """

    name: str
    instance: str
    zone: str
    created_at: datetime
    ready: bool = True
    cordoned: bool = False
    cordoned_by: str = ""
    holds: tuple[str, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspaces:
    """Workspaces from three sides that must agree: Coder's list, Coder's totals, pods in Kubernetes.

    running   by the list, as far as the token may see it
    moving    starting, stopping and being deleted, by the totals
    total     running by the totals of the deployment, which every role sees alike
    pods      workspaces with a pod that has not ended, on any node or none
    unplaced  of these, such that no node has been found for yet
    """

    running: int
    moving: int
    total: int
    pods: int
    unplaced: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Provisioner jobs by Coder, of all organizations.

    oldest        since when the first of the pending ones waits; None: none does
    daemons       that are idle or busy
    autostop_due  workspaces whose stop is due soon, each a build to come
    """

    pending: int
    running: int
    oldest: datetime | None = None
    daemons: int = 0
    autostop_due: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What Kubernetes and Coder tell of a group; the fields are those of Facts."""

    nodes: tuple[Node, ...] = ()
    workspaces: Workspaces | None = None
    queue: Queue | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A person's word that holds over schedules and alarms until it lapses by itself."""

    until: datetime
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many nodes the last schedule asked for, and the time that it was meant for."""

    desired: int
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was decided before, from the ledger. `wanted`: by a schedule, whether or not it had to change anything."""

    override: Override | None = None
    frozen: Override | None = None
    wanted: Wanted | None = None
    grown_at: datetime | None = None
    shrunk_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a plan may look at.

    unknown  what could not be learnt, each in words: while there is any, nothing is taken away
    holiday  that today is one, by the calendar of the settings in their time zone
    """

    group: Group
    nodes: tuple[Node, ...] = ()
    workspaces: Workspaces | None = None
    queue: Queue | None = None
    unknown: tuple[str, ...] = ()
    standing: Standing = field(default_factory=Standing)
    holiday: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """A node that the plan takes away: empty when it was looked at."""

    name: str
    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A node that stays because of what runs on it, and of `more` that is not named."""

    node: str
    holds: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What happens to a group, and why.

    rule      the one that decided, as `--explain` names it
    reason    a sentence for an operator
    after     the sizes to order now; for a shrink those once every node in `remove` is gone
    remove    exactly the nodes to take away, in this order
    left      how many more should go and cannot
    holding   what they are held by
    alert     somebody must look: facts that contradict each other or are missing
    """

    action: Action
    rule: str
    reason: str
    before: Sizes
    after: Sizes
    remove: tuple[Doomed, ...] = ()
    left: int = 0
    holding: tuple[Holding, ...] = ()
    alert: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Sizes to order of EKS: before nodes are terminated, and after. None: nothing is."""

    first: Sizes | None = None
    last: Sizes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A decision and its orders. `orders_first`, `orders_last`: whether `order` has them."""

    decision: Decision
    order: Order
    orders_first: bool
    orders_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A group as it is held for one scaling: as EKS has it, and what was said and done before."""

    group: Group
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingRun:
    """One execution of the machine: what is asked of which group, by whom.

    execution  its ARN
    cluster    the EKS cluster of the node group
    until      a person's change holds until then over schedules and alarms; None: it does not
    duplicate  another execution has this schedule's slot or this alarm's transition already
    """

    id: str
    environment: str
    execution: str
    opened_at: datetime
    started_by: str
    cluster: str
    node_group: str
    demand: Demand
    until: datetime | None = None
    dry_run: bool = False
    duplicate: bool = False


def nodes(count: int) -> str:
    """`1 node`, `12 nodes`."""
    return f"{count} node{'' if count == 1 else 's'}"
