"""A mocked account with the ledger's table, the evidence bucket and the topic, and a caller of steps."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import boto3
import pytest
import sample_drills
from moto import mock_aws

from lambdas import payload, runtime
from lambdas import settings as runtime_settings
from lambdas.adapters.archive import Archive
from lambdas.adapters.ledger import Ledger
from lambdas.settings import Settings

REGION = "eu-west-1"


@dataclass(frozen=True)
class Account:
    """What the handlers write into, seen from outside."""

    settings: Settings
    queue: str
    s3: Any
    sqs: Any
    ledger: Ledger
    archive: Archive

    def keys(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.settings.evidence.bucket)
        return [each["Key"] for each in listed.get("Contents", ())]

    def messages(self) -> list[dict[str, str]]:
        received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [json.loads(each["Body"]) for each in received.get("Messages", ())]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        s3 = boto3.client("s3")
        bucket = sample_drills.SETTINGS.evidence.bucket
        s3.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": REGION},
            ObjectLockEnabledForBucket=True,
        )
        topic = boto3.client("sns").create_topic(Name="drills")["TopicArn"]
        sqs = boto3.client("sqs")
        queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        settings = payload.read(
            Settings,
            payload.write(sample_drills.SETTINGS)
            | {"evidence": payload.write(sample_drills.SETTINGS.evidence) | {"topic": topic}},
        )
        monkeypatch.setattr(runtime_settings, "current", lambda: settings)
        yield Account(settings, queue, s3, sqs, Ledger("ledger", dynamodb), Archive(bucket, s3))


@pytest.fixture
def call(account: Account, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
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
