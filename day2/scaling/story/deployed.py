"""What is deployed on an engine for scaling, as a story and a benchmark use it: each by the way that AWS would take."""

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cdk.environments import load
from cdk.settings import ScaledGroup
from day2.drill import execution
from day2.drill.deployment import Deployment
from day2.drill.execution import Watched
from day2.engine import schedules, synth
from day2.engine.engine import Engine
from day2.scaling.running import history
from lambdas.adapters.scalings import Scalings
from lambdas.scaling.contracts import Decision, ScalingRun

CLUSTER, GROUP = "coder-local", "coder-local-ws"
ALARM = "coder-day2-local-scale-out-workspace"
MEASURE, RECONCILE = "coder-day2-local-measure-demand", "coder-day2-local-reconcile-alarms"
MESSAGES = 100
_TOPIC = "coder-day2-local-scaling"
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.05
_BETWEEN_MESSAGES_SECONDS = 0.03
"""All at once, each would get a function's process of its own, and this machine has not a hundred of them to give."""
_ALSO_SEEN = timedelta(minutes=20)


class StoryBroken(Exception):
    """What should have come about did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The deployed parts of one furnished engine. Every method raises StoryBroken where one does not as it should."""

    engine: Engine
    deployment: Deployment

    def desired(self) -> int:
        """Nodes of the group that are wanted, by EKS."""
        group = self.engine.client("eks").describe_nodegroup(clusterName=CLUSTER, nodegroupName=GROUP)["nodegroup"]
        return int(group["scalingConfig"]["desiredSize"])

    def cool_down(self) -> None:
        """An alarm changes nothing shortly after the group last grew."""
        ledger = Scalings(self.deployment.table, self.engine.client("dynamodb"))
        grown, minutes = ledger.standing(GROUP).grown_at, policy().cooldown_out_minutes
        until(lambda: grown is None or datetime.now(UTC) >= grown + timedelta(minutes=minutes), "the cooldown is over")

    def fire(self, schedule: str) -> str:
        """Start what a schedule would start; the execution's ARN."""
        return schedules.fire(self.engine, self.deployment.environment, schedule, scaling=True)

    def follow(self, arn: str) -> Watched:
        """The execution as it ended."""
        *_, last = execution.follow(self.deployment, arn)
        return last

    def check(self, schedule: str) -> str:
        """What became of a schedule's promise."""
        ended = self.follow(self.fire(schedule))
        promise = (ended.output or {}).get("promise", {})
        expect(promise.get("verdict") == "kept", f"the promise was not kept: {promise or ended.sentence}")
        return str(promise["reason"])

    def invoke(self, function: str, event: Any = None) -> Any:
        """What a function answers."""
        answer = self.engine.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        told = json.loads(answer["Payload"].read())
        expect("FunctionError" not in answer, f"{function} failed: {told}")
        return told

    def ring(self) -> datetime:
        """The alarm goes into ALARM, as CloudWatch would let it after its minutes; when.

        The engine's alarm is OK again with the next metric that comes: one of its two minutes does not breach.
        """
        watch = self.engine.client("cloudwatch")
        for state in ("OK", "ALARM"):
            watch.set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="the story")
        told = watch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]
        since: datetime = told.get("StateTransitionedTimestamp") or told["StateUpdatedTimestamp"]
        return since

    def tell(self, messages: Sequence[str]) -> None:
        """Publish these messages on the alarms' topic."""
        topics = self.engine.client("sns")
        arn = next(each["TopicArn"] for each in topics.list_topics()["Topics"] if each["TopicArn"].endswith(_TOPIC))
        for each in messages:
            topics.publish(TopicArn=arn, Message=each)
            time.sleep(_BETWEEN_MESSAGES_SECONDS)

    def grown(self, times: int) -> str:
        """Why the group last grew by the alarm, once every execution of the alarm's is over: `times` in all."""
        machine, states = self.deployment.scale_machine, self.engine.client("stepfunctions")

        def over() -> bool:
            told = states.list_executions(stateMachineArn=machine)["executions"]
            mine = [each for each in told if each["name"].startswith("alarm-")]
            return len(mine) >= times and all(each["status"] != "RUNNING" for each in mine)

        until(over, "the alarm's scaling ends")
        grown = [each for _, run, each in self.decisions() if run.demand.origin == "alarm" and each.rule == "grow"]
        expect(len(grown) == times, f"the alarm has changed the group {len(grown)} times, not {times}")
        return grown[0].reason

    def ordered_after(self, rang: datetime) -> float:
        """Seconds from the alarm to the first update of EKS after it."""
        eks = self.engine.client("eks")
        about: Any = {"name": CLUSTER, "nodegroupName": GROUP}
        ids = eks.list_updates(**about)["updateIds"]
        ordered = [eks.describe_update(**about, updateId=each)["update"]["createdAt"] for each in ids]
        return float(min((at - rang).total_seconds() for at in ordered if at >= rang))

    def decisions(self) -> list[tuple[datetime, ScalingRun, Decision]]:
        """The latest first."""
        now = datetime.now(UTC)
        told = history(self.deployment, since=now - _ALSO_SEEN, until=now)
        return [(at, run, decision) for at, run, decision, _ in told]


def policy() -> ScaledGroup:
    """The settings of the group on the engine."""
    scaling = load(synth.ENVIRONMENT).scaling
    assert scaling is not None  # noqa: S101  the engine's own settings
    return scaling.groups["workspace"]


def messages(since: datetime) -> list[str]:
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


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for it. Raises StoryBroken after a minute."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        expect(time.monotonic() < deadline, f"it did not come about that {what}")
        time.sleep(_POLL_SECONDS)


def expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001  a condition, as of assert
    """Raises StoryBroken with `otherwise` where it does not hold."""
    if not holds:
        raise StoryBroken(otherwise)
