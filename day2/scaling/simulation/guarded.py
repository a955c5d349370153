"""Our way: clock and alarms ask, `plan_scaling` decides, the guard looks twice, and only then a node ends."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from day2.scaling.simulation import observed
from day2.scaling.simulation.alarms import alarms_of
from day2.scaling.simulation.setting import Setting
from day2.scaling.simulation.trace import Trace
from day2.scaling.simulation.ways import Change as Changed
from day2.scaling.simulation.world import World
from lambdas.scaling import guard
from lambdas.scaling.calendar import Entry
from lambdas.scaling.contracts import Change, Decision, Demand, Facts, Standing
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
        self._alarms = () if setting.thresholds is None else alarms_of(setting.thresholds)
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
            *(each.alarm.due(self.world.minute) for each in self._alarms if self._news(each.name)),
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
        minute = self.world.minute
        for each in self._alarms:
            each.alarm.look(minute, breached=each.breached(self.world))
        for each in self._alarms:
            if each.alarm.acts(minute) and self._news(each.name):
                decision = self._ask(self._of(each.name, since=each.alarm.fired_at or 0))
                timeless = decision is not None and decision.rule in _TIMELESS
                self._answered[each.name] = self.world.version if timeless else -1

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
            go = {
                each.name
                for each in guard.still_empty(decision.remove, observed.nodes(world, self._trace), by=ending.id)
            }
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
        return observed.facts(self.world, self._setting, self._trace, self._standing)
