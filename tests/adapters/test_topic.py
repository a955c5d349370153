"""The topic against moto: one message, or a named refusal."""

import json

import boto3
import pytest
from moto import mock_aws

from lambdas.adapters.topic import Topic
from lambdas.errors import RequestRefused

HOW = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}


def test_a_message_arrives_with_its_subject() -> None:
    with mock_aws():
        sns, sqs = boto3.client("sns", **HOW), boto3.client("sqs", **HOW)  # type: ignore[call-overload]
        topic = sns.create_topic(Name="drills")["TopicArn"]
        inbox = sqs.create_queue(QueueName="inbox")["QueueUrl"]
        queue = sqs.get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
        sent = Topic(topic, sns).announce(subject="Drill\npassed", body="25 min")
        told = json.loads(sqs.receive_message(QueueUrl=inbox)["Messages"][0]["Body"])
    assert (told["Subject"], told["Message"], told["MessageId"]) == ("Drill passed", "25 min", sent)


def test_a_topic_that_is_gone_is_a_refusal_that_names_it() -> None:
    with mock_aws():
        sns = boto3.client("sns", **HOW)  # type: ignore[call-overload]
        gone = "arn:aws:sns:eu-west-1:123456789012:gone"
        with pytest.raises(RequestRefused, match=gone):
            Topic(gone, sns).announce(subject="x", body="y")
