"""A day in three acts, each by what is deployed: the schedules, an alarm with its topic, and the machine behind them.

What is called fake is: nodes and workspaces are objects of the engine's Kubernetes, without anything running in them.
Coder's rows are in a real PostgreSQL. An act that does not go as it should raises StoryBroken with what was seen.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from day2.drill.execution import Watched
from day2.engine.workspaces import Workspaces
from day2.scaling.story.deployed import GROUP, MEASURE, MESSAGES, RECONCILE, Deployed, expect, messages, until
from day2.scaling.story.timeline import Sample, Timeline

_MORNING, _BURST = 250, 400
_LATE, _STAY = 14, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act that went as it should: what was done, and what came of it, each in a sentence."""

    title: str
    lines: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Story:
    """The day of one furnished engine."""

    deployed: Deployed
    people: Workspaces
    timeline: Timeline
    stayed: tuple[str, ...] = field(default=())

    def play(self) -> Iterator[Act]:
        """The acts, each as soon as it is over. Raises StoryBroken."""
        yield self._morning()
        yield self._burst()
        yield self._evening()
        yield self._proof()

    def _morning(self) -> Act:
        self.timeline.mark("morning, by the clock")
        ended = self.deployed.follow(self.deployed.fire("workspace-morning"))
        expect(ended.status == "SUCCEEDED", f"the morning's scaling ended {ended.status}: {ended.sentence}")
        promise = self.deployed.check("workspace-morning-ready")
        before = self.timeline.look()
        self.timeline.mark("people come")
        self.people.start(_MORNING)
        seen = self._until(lambda each: each.waiting == 0, "everybody has a node")
        return Act(
            title="Morning: the schedule orders the nodes before anybody comes",
            lines=(
                f"workspace-morning: {_decided(ended)['reason']}",
                f"workspace-morning-ready, at the promised time: {promise}",
                f"{_MORNING} workspaces start on {before.ready} nodes; {seen.waiting} wait for a node",
            ),
        )

    def _burst(self) -> Act:
        self.deployed.cool_down()
        self.timeline.mark("more come than there is room for")
        self.people.start(_BURST)
        waiting = self.timeline.look().waiting
        load = self.deployed.invoke(MEASURE)["workspace"]
        self.timeline.mark(f"the alarm, {MESSAGES} messages")
        rang = self.deployed.ring()
        self.deployed.tell(messages(rang))
        first = self.deployed.grown(1)
        left = self._until(lambda each: each.ready == each.desired, "the nodes are Ready").waiting
        self.deployed.cool_down()
        self.timeline.mark("it still rings")
        self.deployed.ring()
        self.deployed.invoke(RECONCILE)
        second = self.deployed.grown(2)
        self._until(lambda each: each.waiting == 0, "everybody has a node")
        return Act(
            title=f"Late morning: an alarm, told {MESSAGES} times, doubled and out of order",
            lines=(
                f"measured: {load['percent']:g} %, because {load['because']}",
                f"{MESSAGES} messages make one change: {first}",
                f"{waiting} waited for a node, {left} do now; the alarm rings on after its cooldown: {second}",
                f"from the alarm to the order at EKS: {self.deployed.ordered_after(rang):.1f} s; nobody waits any more",
            ),
        )

    def _evening(self) -> Act:
        self.timeline.mark("people leave")
        self.people.stop(set(self.people.placed()) - set(_on_different_nodes(self.people.placed(), _LATE)))
        late, before = self.people.placed(), self.timeline.look()
        self.timeline.mark("evening, by the clock")
        evening = self.deployed.fire("workspace-evening")
        first = self._until(lambda each: each.desired == each.ready == before.occupied, "the empty nodes are gone")
        self.timeline.mark("most of the late ones leave")
        self.stayed = _on_different_nodes(late, _STAY)
        self.people.stop(set(late) - set(self.stayed))
        night = self.people.placed()
        ended, after = self.deployed.follow(evening), self.timeline.look()
        expect(ended.status == "SUCCEEDED", f"the evening's scaling ended {ended.status}: {ended.sentence}")
        expect(set(self.people.placed()) == set(night), "not the same workspaces run as before")
        return Act(
            title=f"Evening: the schedule takes nodes away beside {before.running} workspaces that still run",
            lines=(
                f"{before.ready} nodes are Ready, and {before.occupied} of them in use: {first.ready} stay at first",
                f"when all but {len(night)} workspaces have stopped, it looks again: {after.ready} nodes are left",
            ),
        )

    def _proof(self) -> Act:
        homes, killed, ledger = self.people.placed(), self.people.killed(), self.deployed.decisions()
        expect(killed == (), f"workspaces ended with their nodes: {killed}")
        expect(set(self.stayed) <= set(homes), "a workspace that nobody stopped has no pod")
        cordoned = [each.name for each in self.people.kubernetes.nodes(GROUP) if each.cordoned]
        expect(cordoned == [], f"nodes are left cordoned: {cordoned}")
        return Act(
            title="Night: what is left",
            lines=(
                f"{len(homes)} workspaces still run where they ran; none was ended by its node's end",
                "no node is left cordoned",
                f"every decision, with its reason: {len(ledger)} in the ledger, `day2 scale history`",
            ),
        )

    def _until(self, holds: Callable[[Sample], bool], what: str) -> Sample:
        until(lambda: holds(self.timeline.look()), what)
        return self.timeline.samples[-1]


def _on_different_nodes(homes: Mapping[str, str], count: int) -> tuple[str, ...]:
    """Workspaces, each on a node of its own."""
    one_of = {node: workspace for workspace, node in sorted(homes.items()) if node}
    return tuple(one_of.values())[:count]


def _decided(ended: Watched) -> dict[str, Any]:
    return dict((ended.output or {})["plan"]["decision"])
