"""A mocked account with the ledger's table, the evidence bucket and the topic, and a caller of steps."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from types import ModuleType
from typing import Any

import boto3
import pytest
import sample_drills
from evidence_account import REGION, Account, Caller
from moto import mock_aws

from lambdas import payload, runtime
from lambdas import settings as runtime_settings
from lambdas.adapters import aws
from lambdas.adapters.archive import Archive
from lambdas.adapters.ledger import Ledger
from lambdas.settings import Settings


@cache
def client(service: str) -> Any:
    """One client for all tests: moto answers it anew in each, and making it costs more than a test."""
    make: Any = boto3.client
    return make(service, region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr(aws, "client", client)
    with mock_aws():
        dynamodb = client("dynamodb")
        dynamodb.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        s3 = client("s3")
        bucket = sample_drills.SETTINGS.evidence.bucket
        s3.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": REGION},
            ObjectLockEnabledForBucket=True,
        )
        topic = client("sns").create_topic(Name="drills")["TopicArn"]
        sqs = client("sqs")
        queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        settings = payload.read(
            Settings,
            payload.write(sample_drills.SETTINGS)
            | {"evidence": payload.write(sample_drills.SETTINGS.evidence) | {"topic": topic}},
        )
        monkeypatch.setattr(runtime_settings, "current", lambda: settings)
        yield Account(settings, queue, s3, sqs, Ledger("ledger", dynamodb), Archive(bucket, s3))


@pytest.fixture
def call(account: Account, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """Call a handler module as the state machine would: `call(module, drill_state=...)`."""

    def calling(
        module: ModuleType,
        *,
        execution: str = sample_drills.EXECUTION,
        entered_at: datetime = sample_drills.OPENED + timedelta(minutes=40),
        **event: Any,
    ) -> dict[str, Any]:
        monkeypatch.setattr(runtime, "utc_now", lambda: entered_at + timedelta(seconds=3))
        step = {
            "state": "Step",
            "entered_at": payload.instant(entered_at),
            "retries": 0,
            "execution": execution,
            "execution_started_at": payload.instant(sample_drills.OPENED),
        }
        result: dict[str, Any] = module.handler({"step": step, **event}, None)
        return result

    return calling
