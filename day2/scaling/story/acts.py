"""A day in three acts, each by what is deployed: the schedules, an alarm with its topic, and the machine behind them.

What is called fake is: nodes and workspaces are objects of the engine's Kubernetes, without anything running in them.
Coder's rows are in a real PostgreSQL. An act that does not go as it should raises StoryBroken with what was seen.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cdk.environments import load
from cdk.settings import ScaledGroup
from day2.drill import execution
from day2.drill.deployment import Deployment
from day2.drill.execution import Watched
from day2.engine import schedules, synth
from day2.engine.engine import Engine
from day2.engine.workspaces import Workspaces
from day2.scaling.running import history
from day2.scaling.story.timeline import Sample, Timeline
from lambdas.adapters.scalings import Scalings
from lambdas.scaling.contracts import Decision, ScalingRun

CLUSTER, GROUP = "coder-local", "coder-local-ws"
ALARM = "coder-day2-local-scale-out-workspace"
MESSAGES = 100
_TOPIC = "coder-day2-local-scaling"
_MEASURE, _RECONCILE = "coder-day2-local-measure-demand", "coder-day2-local-reconcile-alarms"
_MORNING, _BURST = 250, 400
_LATE, _STAY = 14, 5
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.05
_BETWEEN_MESSAGES_SECONDS = 0.03
"""All at once, each would get a function's process of its own, and this machine has not a hundred of them to give."""
_ALSO_SEEN = timedelta(minutes=20)


class StoryBroken(Exception):
    """What should have come about did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act that went as it should: what was done, and what came of it, each in a sentence."""

    title: str
    lines: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Story:
    """The day of one furnished engine."""

    engine: Engine
    deployment: Deployment
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
        ended = self._follow(self._fire("workspace-morning"))
        _expect(ended.status == "SUCCEEDED", f"the morning's scaling ended {ended.status}: {ended.sentence}")
        promise = self._check("workspace-morning-ready")
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
        self._cool_down()
        self.timeline.mark("more come than there is room for")
        self.people.start(_BURST)
        waiting = self.timeline.look().waiting
        load = self._invoke(_MEASURE)["workspace"]
        self.timeline.mark(f"the alarm, {MESSAGES} messages")
        rang = self._ring()
        self._tell(_messages(rang))
        first = self._grown(1)
        left = self._until(lambda each: each.ready == each.desired, "the nodes are Ready").waiting
        self._cool_down()
        self.timeline.mark("it still rings")
        self._ring()
        self._invoke(_RECONCILE)
        second = self._grown(2)
        self._until(lambda each: each.waiting == 0, "everybody has a node")
        return Act(
            title=f"Late morning: an alarm, told {MESSAGES} times, doubled and out of order",
            lines=(
                f"measured: {load['percent']:g} %, because {load['because']}",
                f"{MESSAGES} messages make one change: {first}",
                f"{waiting} waited for a node, {left} do now; the alarm rings on after its cooldown: {second}",
                f"from the alarm to the order at EKS: {self._ordered_after(rang):.1f} s; nobody waits any more",
            ),
        )

    def _evening(self) -> Act:
        self.timeline.mark("people leave")
        self.people.stop(set(self.people.placed()) - set(_on_different_nodes(self.people.placed(), _LATE)))
        late, before = self.people.placed(), self.timeline.look()
        self.timeline.mark("evening, by the clock")
        evening = self._fire("workspace-evening")
        first = self._until(lambda each: each.desired == each.ready == before.occupied, "the empty nodes are gone")
        self.timeline.mark("most of the late ones leave")
        self.stayed = _on_different_nodes(late, _STAY)
        self.people.stop(set(late) - set(self.stayed))
        night = self.people.placed()
        ended, after = self._follow(evening), self.timeline.look()
        _expect(ended.status == "SUCCEEDED", f"the evening's scaling ended {ended.status}: {ended.sentence}")
        _expect(set(self.people.placed()) == set(night), "not the same workspaces run as before")
        return Act(
            title=f"Evening: the schedule takes nodes away beside {before.running} workspaces that still run",
            lines=(
                f"{before.ready} nodes are Ready, and {before.occupied} of them in use: {first.ready} stay at first",
                f"when all but {len(night)} workspaces have stopped, it looks again: {after.ready} nodes are left",
            ),
        )

    def _proof(self) -> Act:
        homes, killed = self.people.placed(), self.people.killed()
        _expect(killed == (), f"workspaces ended with their nodes: {killed}")
        _expect(set(self.stayed) <= set(homes), "a workspace that nobody stopped has no pod")
        cordoned = [each.name for each in self.people.kubernetes.nodes(GROUP) if each.cordoned]
        _expect(cordoned == [], f"nodes are left cordoned: {cordoned}")
        return Act(
            title="Night: what is left",
            lines=(
                f"{len(homes)} workspaces still run where they ran; none was ended by its node's end",
                "no node is left cordoned",
                f"every decision, with its reason: {len(self._decisions())} in the ledger, `day2 scale history`",
            ),
        )

    def _cool_down(self) -> None:
        """An alarm changes nothing shortly after the group last grew."""
        ledger = Scalings(self.deployment.table, self.engine.client("dynamodb"))
        grown, minutes = ledger.standing(GROUP).grown_at, policy().cooldown_out_minutes
        _await(lambda: grown is None or datetime.now(UTC) >= grown + timedelta(minutes=minutes), "the cooldown is over")

    # What is deployed

    def _fire(self, schedule: str) -> str:
        return schedules.fire(self.engine, self.deployment.environment, schedule, scaling=True)

    def _follow(self, arn: str) -> Watched:
        *_, last = execution.follow(self.deployment, arn)
        return last

    def _check(self, schedule: str) -> str:
        ended = self._follow(self._fire(schedule))
        promise = (ended.output or {}).get("promise", {})
        _expect(promise.get("verdict") == "kept", f"the promise was not kept: {promise or ended.sentence}")
        return str(promise["reason"])

    def _invoke(self, function: str, event: Any = None) -> Any:
        answer = self.engine.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        told = json.loads(answer["Payload"].read())
        _expect("FunctionError" not in answer, f"{function} failed: {told}")
        return told

    def _ring(self) -> datetime:
        """The alarm goes into ALARM, as CloudWatch would let it after its minutes; when.

        The engine's alarm is OK again with the next metric that comes: one of its two minutes does not breach.
        """
        watch = self.engine.client("cloudwatch")
        for state in ("OK", "ALARM"):
            watch.set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="the story")
        told = watch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]
        since: datetime = told.get("StateTransitionedTimestamp") or told["StateUpdatedTimestamp"]
        return since

    def _tell(self, messages: Sequence[str]) -> None:
        topics = self.engine.client("sns")
        arn = next(each["TopicArn"] for each in topics.list_topics()["Topics"] if each["TopicArn"].endswith(_TOPIC))
        for each in messages:
            topics.publish(TopicArn=arn, Message=each)
            time.sleep(_BETWEEN_MESSAGES_SECONDS)

    def _grown(self, times: int) -> str:
        """Why the group last grew by the alarm, once every execution of the alarm's is over: `times` in all."""
        machine, states = self.deployment.scale_machine, self.engine.client("stepfunctions")

        def over() -> bool:
            told = states.list_executions(stateMachineArn=machine)["executions"]
            mine = [each for each in told if each["name"].startswith("alarm-")]
            return len(mine) >= times and all(each["status"] != "RUNNING" for each in mine)

        _await(over, "the alarm's scaling ends")
        grown = [each for _, run, each in self._decisions() if run.demand.origin == "alarm" and each.rule == "grow"]
        _expect(len(grown) == times, f"the alarm has changed the group {len(grown)} times, not {times}")
        return grown[0].reason

    def _ordered_after(self, rang: datetime) -> float:
        """Seconds from the alarm to the first update of EKS after it."""
        eks = self.engine.client("eks")
        about: Any = {"name": CLUSTER, "nodegroupName": GROUP}
        ids = eks.list_updates(**about)["updateIds"]
        ordered = [eks.describe_update(**about, updateId=each)["update"]["createdAt"] for each in ids]
        return float(min((at - rang).total_seconds() for at in ordered if at >= rang))

    def _decisions(self) -> list[tuple[datetime, ScalingRun, Decision]]:
        """The latest first."""
        now = datetime.now(UTC)
        told = history(self.deployment, since=now - _ALSO_SEEN, until=now)
        return [(at, run, decision) for at, run, decision, _ in told]

    def _until(self, holds: Callable[[Sample], bool], what: str) -> Sample:
        _await(lambda: holds(self.timeline.look()), what)
        return self.timeline.samples[-1]


def policy() -> ScaledGroup:
    """The settings of the group on the engine."""
    scaling = load(synth.ENVIRONMENT).scaling
    assert scaling is not None  # noqa: S101  the engine's own settings
    return scaling.groups["workspace"]


def _messages(since: datetime) -> list[str]:
    """As CloudWatch writes them: the transition over and over, and older ones of either state, in no order."""
    old = since - timedelta(minutes=30)
    told = [("ALARM", since)] * (MESSAGES // 2) + [("OK", old), ("ALARM", old - timedelta(minutes=10))] * (
        MESSAGES // 4
    )
    random.Random(7).shuffle(told)  # noqa: S311  an order, no secret
    return [
        json.dumps({"AlarmName": ALARM, "NewStateValue": state, "StateChangeTime": at.isoformat()})
        for state, at in told
    ]


def _on_different_nodes(homes: Mapping[str, str], count: int) -> tuple[str, ...]:
    """Workspaces, each on a node of its own."""
    one_of = {node: workspace for workspace, node in sorted(homes.items()) if node}
    return tuple(one_of.values())[:count]


def _decided(ended: Watched) -> dict[str, Any]:
    return dict((ended.output or {})["plan"]["decision"])


def _await(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        _expect(time.monotonic() < deadline, f"it did not come about that {what}")
        time.sleep(_POLL_SECONDS)


def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001  a condition, as of assert
    if not holds:
        raise StoryBroken(otherwise)
