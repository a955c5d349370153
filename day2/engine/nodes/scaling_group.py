"""The Auto Scaling group of one managed node group: what it is to be, and the instances that follow.

EKS gives such a group the termination policies OldestLaunchTemplate and OldestInstance
(github.com/aws/containers-roadmap/issues/1311): of the zone with the most instances the oldest goes, whatever runs on
it. DescribeNodegroup's desiredSize follows that of the group "but can be out-of-date for short periods of time"
(API reference, NodegroupScalingConfig); so here do the limits.
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from day2.engine.disturbances import Disturbances
from day2.engine.nodes import activities, refusals
from day2.engine.nodes.activities import Activity
from day2.engine.nodes.disturbances import NodeDisturbance
from day2.engine.nodes.instances import Addresses, Instance, Subnet
from day2.engine.nodes.troubles import Trouble, trouble
from day2.engine.settings import PhaseSeconds

_REMEMBERED = 1000
_HELD = timedelta(milliseconds=100)
"""How soon to look again whether a node is still kept from being Ready."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Nodes: smallest <= desired <= largest."""

    smallest: int
    desired: int
    largest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What all groups share."""

    phases: PhaseSeconds
    disturbances: Disturbances
    addresses: Addresses = field(default_factory=Addresses)


@dataclass(slots=True, kw_only=True)
class ScalingGroup:
    """One group. `told` are the sizes that EKS tells; `trouble` is why its last launch failed."""

    name: str
    cluster: str
    node_group: str
    instance_type: str
    labels: Mapping[str, str]
    subnets: tuple[Subnet, ...]
    sizes: Sizes
    told: Sizes
    world: World
    instances: list[Instance] = field(default_factory=list)
    activities: deque[Activity] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    trouble: Trouble | None = None
    _launches_at: datetime | None = None
    _follows_at: datetime | None = None

    @property
    def standing(self) -> list[Instance]:
        """Those whose end has not begun."""
        return [each for each in self.instances if not each.leaving]

    def resize(self, sizes: Sizes, *, now: datetime, by_eks: bool = False) -> None:
        """Take other sizes; the instances follow with the next step, EKS after a while where it was not asked."""
        self.sizes = sizes
        self._launches_at = None
        if by_eks:
            self.told = sizes
        else:
            self._follows_at = now + timedelta(seconds=self.world.phases.node_group_following)

    def terminate(self, instance_id: str, *, shrinking: bool, now: datetime) -> Activity:
        """Begin the end of one instance, as TerminateInstanceInAutoScalingGroup does.

        Raises:
            Refusal: there is no such instance, it is leaving already, or the group would become too small.
        """
        instance = next((each for each in self.instances if each.id == instance_id), None)
        if instance is None:
            raise refusals.no_such_instance(instance_id)
        if instance.leaving:
            raise refusals.busy(instance_id, now)
        if self.world.disturbances.lasts(NodeDisturbance.TERMINATION_REFUSED):
            raise refusals.Refusal("ResourceContention", "You already have a pending update to this group.")
        if shrinking and self.sizes.desired <= self.sizes.smallest:
            raise refusals.at_smallest(self.sizes.smallest)
        before = self.sizes.desired
        if shrinking:
            self.resize(Sizes(self.sizes.smallest, before - 1, self.sizes.largest), now=now)
        return self._end(instance, activities.by_request(instance, before=before, shrinking=shrinking, now=now), now)

    def step(self, now: datetime) -> None:
        """Let time pass: who is due goes, who is missing is launched, who is too many ends."""
        self.instances = [each for each in self.instances if each.gone_at is None or each.gone_at > now]
        if self._follows_at and self._follows_at <= now:
            self.told, self._follows_at = self.sizes, None
        missing = self.sizes.desired - len(self.standing)
        for _ in range(-missing):
            self._end_one(now)
        if self._launches_at is None or self._launches_at <= now:
            self._launch(missing, now)
        self._let_be_ready(now)

    def due(self, now: datetime) -> datetime | None:
        """When time next changes something."""
        moments = [moment for each in self.instances for moment in each.moments()]
        moments += [each for each in (self._launches_at, self._follows_at) if each]
        if any(each.ready_at <= now and not each.ready for each in self.instances):
            moments.append(now + _HELD)
        return min((each for each in moments if each > now), default=None)

    def _launch(self, count: int, now: datetime) -> None:
        self._launches_at = None
        for _ in range(count):
            subnet, before = self._emptiest(), len(self.standing)
            if found := trouble(self.world.disturbances, subnet=subnet, instance_type=self.instance_type):
                self.trouble = found
                self.activities.appendleft(activities.failed_launch(subnet, found.message, before=before, now=now))
                self._launches_at = now + timedelta(seconds=self.world.phases.launch_retrying)
                return
            address = self.world.addresses.next(subnet)
            instance = Instance.launch(subnet, address, now=now, phases=self.world.phases)
            self.activities.appendleft(activities.launch(instance, before=before, now=now))
            self.instances.append(instance)
            self.trouble = None

    def _emptiest(self) -> Subnet:
        taken = Counter(each.subnet.id for each in self.standing)
        return min(self.subnets, key=lambda each: taken[each.id])

    def _end_one(self, now: datetime) -> None:
        standing = self.standing
        taken = Counter(each.subnet.id for each in standing)
        instance = min(standing, key=lambda each: (-taken[each.subnet.id], each.launched_at))
        cause = activities.by_size(instance, before=len(standing), desired=self.sizes.desired, now=now)
        self._end(instance, cause, now)

    def _end(self, instance: Instance, cause: str, now: datetime) -> Activity:
        instance.gone_at = now + timedelta(seconds=self.world.phases.instance_terminating)
        activity = activities.termination(instance, cause, now=now)
        self.activities.appendleft(activity)
        return activity

    def _let_be_ready(self, now: datetime) -> None:
        held = self.world.disturbances.lasts(NodeDisturbance.NODES_NOT_READY)
        for each in self.standing:
            each.ready = each.ready or (each.ready_at <= now and not held)
