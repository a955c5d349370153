"""Who did it: the engine's users have identities of their own, and what they start bears their name."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from core_bench import User, Workbench, eventually

PASS = {"StartAt": "Note", "States": {"Note": {"Type": "Pass", "End": True}}}


def started(bench: Workbench, machine: str) -> list[dict[str, Any]]:
    """CloudTrail's events of one machine's starts, the newest first."""
    asked = [{"AttributeKey": "EventName", "AttributeValue": "StartExecution"}]
    found = bench.engine.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
    read = [json.loads(each["CloudTrailEvent"]) for each in found]
    return [each for each in read if each["requestParameters"]["stateMachineArn"] == machine]


def test_a_presigned_question_is_answered_with_its_signers_identity(bench: Workbench) -> None:
    ada, bob = User(bench), User(bench)
    for user in (ada, bob):
        url = user.client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
        with urlopen(url) as answer:  # noqa: S310  the engine's own endpoint
            assert f"<Arn>{user.arn}</Arn>" in answer.read().decode()
    with pytest.raises(HTTPError, match="403"):
        urlopen(url[:-8] + "deadbeef")  # noqa: S310  as above
    assert ada.client("sts").get_caller_identity()["Arn"] == ada.arn


def test_cloudtrail_names_who_started_an_execution(bench: Workbench) -> None:
    ada = User(bench, "states:StartExecution")
    machine = bench.machine(PASS)
    asked = {"stateMachineArn": machine, "name": "by-ada", "input": json.dumps({"reason": "a dropped table"})}
    execution = ada.client("stepfunctions").start_execution(**asked)["executionArn"]
    (event,) = started(bench, machine)
    assert (event["userIdentity"]["type"], event["userIdentity"]["arn"]) == ("IAMUser", ada.arn)
    assert event["requestParameters"] == {**asked, "input": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    assert event["responseElements"]["executionArn"] == execution
    assert (event["eventSource"], event["readOnly"]) == ("states.amazonaws.com", False)


def test_a_start_that_was_refused_is_recorded_without_an_execution(bench: Workbench) -> None:
    machine = bench.machine(PASS)
    for _ in range(2):
        try:
            bench.engine.client("stepfunctions").start_execution(stateMachineArn=machine, name="once")
        except ClientError as refused:
            code = refused.response["Error"]["Code"]
    second, first = started(bench, machine)
    assert (second["errorCode"], second["responseElements"]) == (code, None)
    assert first["userIdentity"]["arn"].endswith(":root")


def test_what_a_function_starts_bears_its_roles_session(bench: Workbench) -> None:
    starts = """
from botocore.session import Session

def handler(event, context):
    return Session().create_client("stepfunctions").start_execution(stateMachineArn=event["machine"])["executionArn"]
"""
    machine = bench.machine(PASS)
    role = bench.role({"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine})
    function = bench.function(starts, role=role)
    bench.engine.client("lambda").invoke(FunctionName=function, Payload=json.dumps({"machine": machine}))
    (event,) = eventually(lambda: started(bench, machine))
    session = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    assert event["userIdentity"]["type"] == "AssumedRole"
    assert event["userIdentity"]["arn"].startswith(f"{session}/")
