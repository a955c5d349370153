"""A mocked account with the ledger's table and the topic, and the fakes around it."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import boto3
import pytest
from approval_world import World
from moto import mock_aws

from lambdas import runtime
from lambdas import settings as runtime_settings
from lambdas.adapters import aws, executions, identity, trail
from lambdas.adapters.approvals import Approvals
from lambdas.settings import Database, Evidence, Objectives, Restore, Settings

SETTINGS = Settings(
    environment="prod",
    version="1.0.0",
    source="coder-prod-aurora",
    snapshot_patterns=("rds:coder-prod-aurora-*",),
    prefix="coder-dr-test",
    database=Database(
        name="coder",
        subnet_group="subnets",
        security_group="sg-isolated",
        verifier_security_group="sg-verifier",
        min_acu=0.5,
        max_acu=8,
    ),
    objectives=Objectives(rto_minutes=120, rpo_minutes=15, snapshot_age_hours=26, drill_interval_days=31),
    evidence=Evidence(bucket="evidence", table="ledger", topic="", retention_days=400),
    restore=Restore(restored="coder-prod-aurora-restored-", old="coder-prod-aurora-old-"),
)


@cache
def client(service: str) -> Any:
    """One client for all tests: moto answers it anew in each, and making it costs more than a test."""
    make: Any = boto3.client
    return make(service, region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(aws, "client", client)
    with mock_aws():
        client("dynamodb").create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        topic = client("sns").create_topic(Name="drills")["TopicArn"]
        queue = client("sqs").create_queue(QueueName="inbox")["QueueUrl"]
        arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        here = World(
            settings=replace(SETTINGS, evidence=replace(SETTINGS.evidence, topic=topic)),
            approvals=Approvals("ledger", client("dynamodb")),
            sqs=client("sqs"),
            queue=queue,
        )
        monkeypatch.setattr(runtime_settings, "current", lambda: here.settings)
        monkeypatch.setattr(runtime, "utc_now", lambda: here.now)
        monkeypatch.setattr(identity, "door", lambda: here.sts)
        monkeypatch.setattr(trail, "door", lambda: here.trail)
        monkeypatch.setattr(executions, "door", lambda: here.machine)
        yield here
