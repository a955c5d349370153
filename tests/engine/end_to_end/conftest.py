"""One furnished engine for the session, and the drill that every other one comes after."""

import json
from collections.abc import Iterator

import pytest
from stage import Drilled, Stage, Twice

from day2.engine import seed
from day2.engine.engine import Engine
from day2.engine.furnishing import furnish
from day2.engine.settings import EngineSettings, PhaseSeconds

# Shorter than an operator's engine, and still longer than a step's first look.
PHASES = PhaseSeconds(
    cluster_creating=0.2,
    instance_creating=0.2,
    snapshot_creating=0.1,
    credentials_rotating=0.1,
    cluster_deleting=0.1,
    instance_deleting=0.1,
    renaming=0.1,
    namespace_terminating=0.1,
)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The engine in `folder/.engine`, where a `day2` that runs in `folder` finds it."""
    folder = tmp_path_factory.mktemp("end-to-end")
    with Engine(EngineSettings(workspace=folder / ".engine", phases=PHASES)) as engine:
        furnished = furnish(engine, size=seed.SMALL, say=lambda _stage, _seconds: None)
        yield Stage(furnished=furnished, folder=folder, inbox=_subscribe(engine))


def _subscribe(engine: Engine) -> str:
    """A queue that the topic of announcements may send to, and does."""
    sqs, sns = engine.client("sqs"), engine.client("sns")
    queue: str = sqs.create_queue(QueueName="announcements")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    (topic,) = (each["TopicArn"] for each in sns.list_topics()["Topics"] if each["TopicArn"].endswith("-drills"))
    may_send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may_send]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return queue


@pytest.fixture(scope="session")
def twice(stage: Stage) -> Twice:
    """The monthly drill from the latest snapshot: one slot that Scheduler delivers twice."""
    return stage.deliver_twice("monthly-snapshot")


@pytest.fixture(scope="session")
def scheduled(twice: Twice) -> Drilled:
    """The drill that the monthly schedule started.

    Production had gone on between the snapshot and the drill. It is the first drill on this engine: what others do
    to the source comes after it, so that each test gets what it expects in whatever order they run.
    """
    return twice.drilled
