"""Tiny functions and machines on the session's engine."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3

from day2.engine.engine import Engine

ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
TRUSTED = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}


def eventually(look: Callable[[], Any], *, seconds: float = 10.0) -> Any:
    """The first truthy thing that `look` sees."""
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert seen, "it did not come in time"
    return seen


@dataclass(frozen=True)
class Ended:
    """An execution that has ended."""

    arn: str
    status: str
    output: Any
    error: str
    cause: str


@dataclass(frozen=True)
class Workbench:
    """Makes roles, functions and machines on an engine, and runs them."""

    engine: Engine

    def role(self, *statements: Mapping[str, Any]) -> str:
        name = f"role-{uuid4().hex[:8]}"
        iam = self.engine.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUSTED))["Role"]["Arn"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=policy)
        return arn

    def function(self, source: str, *, role: str | None = None, timeout: int = 10) -> str:
        """A Lambda function from the text of its module, which has a `handler`."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as bundle:
            bundle.writestr(zipfile.ZipInfo("tiny.py"), source)  # the same text is the same bundle
        made = self.engine.client("lambda").create_function(
            FunctionName=f"tiny-{uuid4().hex[:8]}",
            Runtime="python3.13",
            Handler="tiny.handler",
            Role=role or self.role(),
            Code={"ZipFile": archive.getvalue()},
            Timeout=timeout,
        )
        return str(made["FunctionArn"])

    def calls(self, function: str) -> int:
        """How often a function has been called: each call has a log stream of its own."""
        group = f"/aws/lambda/{function.rsplit(':', 1)[-1]}"
        client = self.engine.client("logs")
        if not client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return 0
        pages = client.get_paginator("describe_log_streams").paginate(logGroupName=group)
        return sum(len(page["logStreams"]) for page in pages)

    def machine(self, definition: Mapping[str, Any]) -> str:
        made = self.engine.client("stepfunctions").create_state_machine(
            name=f"tiny-{uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=self.role()
        )
        return str(made["stateMachineArn"])

    def start(self, machine: str, given: Any = None) -> str:
        started = self.engine.client("stepfunctions").start_execution(
            stateMachineArn=machine, input=json.dumps({} if given is None else given)
        )
        return str(started["executionArn"])

    def wait(self, execution: str, *, seconds: float = 20.0) -> Ended:
        client = self.engine.client("stepfunctions")

        def look() -> Any:
            seen = client.describe_execution(executionArn=execution)
            return seen if seen["status"] in ENDED else None

        seen = eventually(look, seconds=seconds)
        return Ended(
            arn=execution,
            status=seen["status"],
            output=json.loads(seen["output"]) if seen["status"] == "SUCCEEDED" else None,
            error=seen.get("error", ""),
            cause=seen.get("cause", ""),
        )

    def run(self, states: Mapping[str, Any], given: Any = None, **top: Any) -> Ended:
        """Run a machine of `states`, which starts at the first of them."""
        definition = {"StartAt": next(iter(states)), "States": states, **top}
        return self.wait(self.start(self.machine(definition), given))

    def stack(self, resources: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> dict[str, str]:
        """Create a stack of `resources`; its outputs."""
        name = f"tiny-{uuid4().hex[:8]}"
        template = {
            "Resources": resources,
            "Outputs": {key: {"Value": value} for key, value in (outputs or {}).items()},
        }
        client = self.engine.client("cloudformation")
        client.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"])

        def look() -> Any:
            seen = client.describe_stacks(StackName=name)["Stacks"][0]
            return None if seen["StackStatus"].endswith("IN_PROGRESS") else seen

        seen = eventually(look)
        assert seen["StackStatus"] == "CREATE_COMPLETE", seen.get("StackStatusReason")
        return {each["OutputKey"]: each["OutputValue"] for each in seen.get("Outputs", [])}

    def history(self, execution: str) -> list[dict[str, Any]]:
        pages = self.engine.client("stepfunctions").get_paginator("get_execution_history")
        return [event for page in pages.paginate(executionArn=execution) for event in page["events"]]


class User:
    """An IAM user with a key, who may do what is said."""

    def __init__(self, bench: Workbench, *actions: str, on: str = "*") -> None:
        self._engine = bench.engine
        self.name = f"user-{uuid4().hex[:8]}"
        self.arn = f"arn:aws:iam::{bench.engine.settings.account}:user/{self.name}"
        iam = bench.engine.client("iam")
        iam.create_user(UserName=self.name)
        statement = {"Effect": "Allow", "Action": list(actions) or ["sts:GetCallerIdentity"], "Resource": on}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=self.name, PolicyName="may", PolicyDocument=policy)
        self._key = iam.create_access_key(UserName=self.name)["AccessKey"]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._engine.endpoint,
            region_name=self._engine.settings.region,
            aws_access_key_id=self._key["AccessKeyId"],
            aws_secret_access_key=self._key["SecretAccessKey"],
        )
