"""How loaded a node group is, in percent: the one measure that both of its alarms look at, by two thresholds.

The scheduler of Kubernetes places by what pods request, so that requests are measured and not what is used: a node
whose CPU idles takes no workspace when its CPU is given away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lambdas.scaling.contracts import Queue
from lambdas.words import duration

FULL = 100.0
"""What does not fit is waiting: no threshold of scaling out is above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """CPUs, bytes of memory and pods: what a node can give to pods, or what a pod asks for (one pod)."""

    cpu: float = 0.0
    memory: float = 0.0
    pods: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A node that takes pods, or would if it were Ready and not cordoned, and what it has for them (allocatable)."""

    node: str
    ready: bool
    cordoned: bool
    has: Resources

    @property
    def takes(self) -> bool:
        """Whether a new pod may come here now."""
        return self.ready and not self.cordoned


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A group's load.

    percent  0 and more; FULL where anything waits that finds no place
    because  what made it so, in words
    parts    the figures beside it, by the names of their metrics
    """

    percent: float
    because: str
    parts: Mapping[str, float] = field(default_factory=dict)


def workspace_load(rooms: Sequence[Room], asked: Sequence[Resources], *, unplaced: int) -> Load:
    """Of the nodes that take pods, the share that workspaces have requested: of CPU, memory or pods, the largest.

    `asked`: what each workspace's pod requests that has not ended, on whichever node; `unplaced`: pods without one.
    """
    has = _sum([each.has for each in rooms if each.takes])
    wants = _sum(asked)
    shares = {
        "CPU": _percent(wants.cpu, has.cpu),
        "memory": _percent(wants.memory, has.memory),
        "pods": _percent(wants.pods, has.pods),
    }
    parts = {
        "RequestedCpu": shares["CPU"],
        "RequestedMemory": shares["memory"],
        "UnplacedWorkspaces": float(unplaced),
        "ReadyNodes": float(sum(each.ready for each in rooms)),
    }
    if unplaced:
        return Load(percent=max(FULL, *shares.values()), because=f"{_workspaces(unplaced)} no node", parts=parts)
    most = max(shares, key=lambda name: shares[name])
    return Load(percent=shares[most], because=f"{shares[most]:.0f} % of the {most} is requested", parts=parts)


def provisioner_load(queue: Queue, *, now: datetime, longest_wait: timedelta) -> Load:
    """Builds by daemons: those that run and those that wait; FULL where one has waited longer than it should."""
    wait = max(timedelta(0), now - queue.oldest) if queue.oldest else timedelta(0)
    parts = {
        "PendingJobs": float(queue.pending),
        "OldestWait": wait.total_seconds(),
        "RunningJobs": float(queue.running),
        "Daemons": float(queue.daemons),
    }
    share = _percent(queue.running + queue.pending, queue.daemons)
    because = f"{queue.running} builds run and {queue.pending} wait for {queue.daemons} daemons"
    if wait > longest_wait:
        return Load(
            percent=max(FULL, share), because=f"a build has waited {duration(wait.total_seconds())}", parts=parts
        )
    return Load(percent=share, because=because, parts=parts)


def _workspaces(count: int) -> str:
    return f"{count} workspace has" if count == 1 else f"{count} workspaces have"


def _sum(each: Sequence[Resources]) -> Resources:
    return Resources(
        cpu=sum(one.cpu for one in each), memory=sum(one.memory for one in each), pods=sum(one.pods for one in each)
    )


def _percent(wanted: float, there: float) -> float:
    """What is wanted where nothing is there is FULL, and nothing of nothing is none."""
    if there <= 0:
        return FULL if wanted > 0 else 0.0
    return round(FULL * wanted / there, 1)
