"""By alarms, on the engine: an alarm of CloudWatch, its topic, the router with its rights, the machine, EKS."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from scaling_stage import WORKSPACES, Stage, eventually

from day2.scaling.running import history
from lambdas.scaling.contracts import Decision

OUT, IN = "coder-day2-local-scale-out-workspace", "coder-day2-local-scale-in-workspace"


def ring(stage: Stage, alarm: str, state: str = "ALARM") -> datetime:
    """The alarm goes into a state, once more where it was in it; when."""
    watch = stage.client("cloudwatch")
    for each in ({"ALARM": "OK", "OK": "ALARM"}[state], state):
        watch.set_alarm_state(AlarmName=alarm, StateValue=each, StateReason="a test")
    told = watch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]
    since: datetime = told.get("StateTransitionedTimestamp") or told["StateUpdatedTimestamp"]
    return since


def invoke(stage: Stage, function: str) -> Any:
    answer = stage.client("lambda").invoke(FunctionName=f"coder-day2-local-{function}")
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def publish(stage: Stage, *messages: tuple[str, str, datetime]) -> None:
    topics = stage.client("sns")
    arn = next(each["TopicArn"] for each in topics.list_topics()["Topics"] if each["TopicArn"].endswith("-scaling"))
    for alarm, state, at in messages:
        told = {"AlarmName": alarm, "NewStateValue": state, "StateChangeTime": at.isoformat()}
        topics.publish(TopicArn=arn, Message=json.dumps(told))


def decided(stage: Stage, since: datetime) -> list[Decision]:
    """What executions of alarms decided, once each that began is over."""

    def over() -> list[Decision] | None:
        told = stage.client("stepfunctions").list_executions(stateMachineArn=stage.deployment.scale_machine)
        mine = [each for each in told["executions"] if each["name"].startswith("alarm-") and each["startDate"] >= since]
        if not mine or any(each["status"] == "RUNNING" for each in mine):
            return None
        found = history(stage.deployment, since=since, until=datetime.now(UTC))
        return [decision for _, run, decision, _ in found if run.demand.origin == "alarm"]

    return eventually(over)


@pytest.fixture
def began(stage: Stage) -> datetime:
    """When the test began: no growth before it holds an alarm back, and a message that is late is of no transition now.

    A message within five seconds of a transition is taken for that one's.
    """
    eventually(lambda: _cool(stage) or None)
    return datetime.now(UTC).replace(microsecond=0)


def _cool(stage: Stage) -> bool:
    grown = stage.ledger.standing(WORKSPACES).grown_at
    return grown is None or datetime.now(UTC) > grown + timedelta(seconds=6)


def test_an_alarm_adds_its_step_of_nodes(stage: Stage, began: datetime) -> None:
    before = stage.sizes()[1]
    ring(stage, OUT)
    [decision] = decided(stage, began)
    assert (decision.rule, stage.sizes()[1]) == ("grow", before + 5)


def test_messages_that_are_doubled_late_and_out_of_order_change_it_once(stage: Stage, began: datetime) -> None:
    before = stage.sizes()[1]
    since = ring(stage, OUT)
    old = since - timedelta(minutes=20)
    messages = [(OUT, "ALARM", since)] * 10 + [(OUT, "OK", old), (OUT, "ALARM", old), (IN, "ALARM", old)] * 3
    random.Random(3).shuffle(messages)  # noqa: S311  an order, no secret
    publish(stage, *messages)
    [decision] = decided(stage, began)
    assert (decision.rule, stage.sizes()[1]) == ("grow", before + 5)


def test_an_alarm_that_nobody_heard_of_is_found_by_the_reconcile(stage: Stage, began: datetime) -> None:
    before = stage.sizes()[1]
    with stage.unheard():
        ring(stage, OUT)
    assert invoke(stage, "reconcile-alarms")["verdicts"][OUT] == "start"
    [decision] = decided(stage, began)
    assert (decision.rule, stage.sizes()[1]) == ("grow", before + 5)


def test_an_alarm_takes_nothing_away_shortly_after_the_group_grew(stage: Stage, began: datetime) -> None:
    stage.scale(by="+1")
    before = stage.sizes()[1]
    ring(stage, IN)
    [decision] = decided(stage, began)
    assert (decision.action, stage.sizes()[1]) == ("nothing", before)


def test_the_minute_measures_what_is_requested_of_the_nodes(stage: Stage) -> None:
    pods, nodes = len(stage.people.placed()), len(stage.nodes())
    load = invoke(stage, "measure-demand")["workspace"]
    assert load["percent"] == pytest.approx(100 * pods / (12 * nodes), abs=0.1)
    assert load["because"].endswith("of the pods is requested")
