"""Our way: clock and alarms ask, `plan_scaling` decides, the guard looks twice, and only then a node ends."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from day2.scaling.simulation.alarms import Alarm, crowded, vacant
from day2.scaling.simulation.setting import Setting
from day2.scaling.simulation.trace import Trace
from day2.scaling.simulation.ways import Change as Changed
from day2.scaling.simulation.world import Machine, World
from lambdas.scaling import guard
from lambdas.scaling.calendar import Entry
from lambdas.scaling.contracts import (
    Change,
    Decision,
    Demand,
    Facts,
    Group,
    Node,
    Sizes,
    Standing,
    Workspaces,
)
from lambdas.scaling.ordering import goes_on
from lambdas.scaling.planning import plan_scaling
from lambdas.scaling.standing import wanted

_TIMELESS = ("as asked", "blocked")
"""Rules whose answer to an alarm stays while nothing changes: to ask them again would only take time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A demand, and who made it in words."""

    demand: Demand
    trigger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """A shrink under way: its nodes were chosen a minute ago, and workspaces may have come onto them since."""

    asked: _Asked
    decision: Decision
    id: str


class Guarded:
    """One scaling at a time, as the machine holds its group; `decided` counts every answer of the plan."""

    def __init__(self, world: World, entries: Iterable[tuple[int, Entry]], setting: Setting, trace: Trace) -> None:
        self.world = world
        self.changes: list[Changed] = []
        self.decided = 0
        self.spared = 0
        self._setting, self._trace = setting, trace
        self._entries = deque(entries)
        self._standing = Standing()
        self._ending: _Ending | None = None
        self._deferred: tuple[int, _Asked] | None = None
        thresholds = setting.thresholds
        self._out = Alarm(minutes=thresholds.out_minutes, reconcile_minutes=thresholds.reconcile_minutes)
        self._in = Alarm(minutes=thresholds.in_minutes, reconcile_minutes=thresholds.reconcile_minutes)
        self._answered: dict[str, int] = {}  # the world's version that an alarm changed nothing of

    @property
    def now(self) -> datetime:
        """The world's minute as a moment."""
        return self._trace.moment(self.world.minute)

    def due(self) -> int | None:
        soon = self.world.minute + 1
        moments = [
            soon if self._ending else None,
            self._entries[0][0] if self._entries else None,
            self._deferred and self._deferred[0],
            *(each.due(self.world.minute) for name, each in self._alarms() if self._news(name)),
        ]
        return min((max(each, soon) for each in moments if each is not None), default=None)

    def act(self) -> None:
        self._finish()
        while self._entries and self._entries[0][0] <= self.world.minute:
            self._ask(self._by_clock(self._entries.popleft()[1]))
        if self._deferred and self._deferred[0] <= self.world.minute:
            self._ask(self._deferred[1])
        self._by_alarm()

    def _by_clock(self, entry: Entry) -> _Asked:
        schedule = entry.schedule
        demand = Demand(
            role=schedule.role,
            change=Change(profile=schedule.profile),
            origin="schedule",
            when_blocked=schedule.when_blocked,
            asked_at=entry.at,
            give_up=entry.at + timedelta(minutes=self._setting.policy.defer_minutes),
        )
        return _Asked(demand=demand, trigger=f"schedule {schedule.name}")

    def _by_alarm(self) -> None:
        """Evaluate both alarms, and act upon what is in ALARM."""
        world, thresholds = self.world, self._setting.thresholds
        self._out.look(world.minute, breached=crowded(world, thresholds))
        self._in.look(world.minute, breached=vacant(world, thresholds))
        for name, alarm in self._alarms():
            if alarm.acts(world.minute) and self._news(name):
                decision = self._ask(self._of(name, since=alarm.fired_at or 0))
                timeless = decision is not None and decision.rule in _TIMELESS
                self._answered[name] = world.version if timeless else -1

    def _alarms(self) -> tuple[tuple[str, Alarm], ...]:
        return ("scale-out", self._out), ("scale-in", self._in)

    def _news(self, name: str) -> bool:
        """Not the same question as the last, to which the same answer would come."""
        return self._answered.get(name) != self.world.version

    def _of(self, name: str, *, since: int) -> _Asked:
        policy, fired = self._setting.policy, self._trace.moment(since)
        demand = Demand(
            role="workspace",
            change=Change(by_nodes=policy.step_out if name == "scale-out" else -policy.step_in),
            origin="alarm",
            when_blocked="clamp",
            asked_at=fired,
            give_up=fired,
        )
        return _Asked(demand=demand, trigger=f"alarm {name}")

    def _ask(self, asked: _Asked) -> Decision | None:
        """Have it decided, and begin what was. While nodes end the group is held, and is asked a minute later."""
        if self._ending:
            if asked.demand.origin == "schedule":
                self._deferred = (self.world.minute + 1, asked)
            return None
        if self._deferred and self._deferred[1] is asked:
            self._deferred = None
        decision = plan_scaling(self._facts(), asked.demand, self._setting.policy, self.now)
        self.decided += 1
        if (word := wanted(decision, asked.demand, self._setting.policy)) is not None:
            self._standing = replace(self._standing, wanted=word)
            self._deferred = None  # one that waits still would be answered that a later one has taken its place
        match decision.action:
            case "grow":
                self._grow(asked, decision)
            case "shrink":
                self._ending = _Ending(asked=asked, decision=decision, id=f"scaling-{self.decided}")
            case _ if goes_on(decision, asked.demand, late=self.now >= asked.demand.give_up):
                self._deferred = (self.world.minute + self._setting.retry_minutes, asked)
        return decision

    def _grow(self, asked: _Asked, decision: Decision) -> None:
        self.world.order(decision.after.desired)
        self._standing = replace(self._standing, grown_at=self.now)
        self._enter(asked, decision, decision.after.desired)

    def _finish(self) -> None:
        """Cordon, look again, end those that hold nothing still, and let the others take workspaces again."""
        ending, self._ending = self._ending, None
        if ending is None:
            return
        world, decision = self.world, ending.decision
        names = [each.name for each in decision.remove]
        world.cordon(names, by=ending.id)
        go = set(names)
        if self._setting.look_again and not guard.doubts(self._facts(), self._setting.policy):
            go = {each.name for each in guard.still_empty(decision.remove, self._nodes(), by=ending.id)}
        ended = [each for each in world.machines if each.name in go]
        world.desired -= len(ended)
        world.end(ended)
        world.cordon(names, by="")
        self.spared += len(names) - len(ended)
        if ended:
            self._standing = replace(self._standing, shrunk_at=self.now)
            self._enter(ending.asked, decision, world.desired)
        missed = replace(decision, left=decision.left + len(names) - len(ended))
        if goes_on(missed, ending.asked.demand, late=self.now >= ending.asked.demand.give_up):
            self._deferred = (world.minute + self._setting.retry_minutes, ending.asked)

    def _enter(self, asked: _Asked, decision: Decision, after: int) -> None:
        self.changes.append(
            Changed(
                minute=self.world.minute,
                before=decision.before.desired,
                after=after,
                trigger=asked.trigger,
                reason=decision.reason,
            )
        )

    def _facts(self) -> Facts:
        """What the machine would read in this minute. Coder and Kubernetes agree here."""
        world, policy = self.world, self._setting.policy
        there = world.running + len(world.waiting)
        return Facts(
            group=Group(
                name=policy.node_group,
                role="workspace",
                sizes=Sizes(smallest=policy.floor, desired=world.desired, largest=policy.ceiling),
                status="ACTIVE",
            ),
            nodes=self._nodes(),
            workspaces=Workspaces(running=there, moving=0, total=there, pods=there, unplaced=len(world.waiting)),
            standing=self._standing,
            holiday=self.now.astimezone(self._setting.zone).date() in self._setting.holidays,
        )

    def _nodes(self) -> tuple[Node, ...]:
        """As Kubernetes has them: one that is still starting has not registered."""
        return tuple(self._node(each) for each in self.world.machines if each.ready)

    def _node(self, machine: Machine) -> Node:
        return Node(
            name=machine.name,
            instance=f"i-{machine.number:017x}",
            zone=machine.zone,
            created_at=self._trace.moment(machine.ordered_at),
            cordoned=bool(machine.chosen_by),
            cordoned_by=machine.chosen_by,
            holds=tuple(machine.holds),
        )
