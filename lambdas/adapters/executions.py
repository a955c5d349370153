"""The door to Step Functions: starts, whether an execution still runs, and the answer to one that waits."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.adapters import aws

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_UNKNOWN = frozenset({"ExecutionDoesNotExist", "InvalidArn", "ResourceNotFound", "ResourceNotFoundException"})
# Nobody waits with this token any more: it was answered, its wait ended, or its execution did.
_OVER = frozenset({"TaskTimedOut", "TaskDoesNotExist"})
# SendTaskFailure, API reference.
_LONGEST_CAUSE = 32_768
_RUNNING = frozenset({"RUNNING", "PENDING_REDRIVE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution. status: RUNNING | SUCCEEDED | FAILED | TIMED_OUT | ABORTED | PENDING_REDRIVE."""

    arn: str
    status: str
    stopped_at: datetime | None = None

    @property
    def runs(self) -> bool:
        """Whether any of its states may still be at work."""
        return self.status in _RUNNING


@cache
def door() -> "Executions":
    """This function's door, one client for the life of the process."""
    return Executions(aws.client("stepfunctions"))


class Executions:
    """Step Functions of one account and Region."""

    def __init__(self, client: "SFNClient") -> None:
        self._client = client

    def execution(self, arn: str) -> Execution | None:
        """The execution; None when there is none of that ARN (any more: AWS keeps 90 days)."""
        with aws.asking(arn):
            try:
                told = self._client.describe_execution(executionArn=arn)
            except ClientError as refusal:
                if aws.code(refusal) in _UNKNOWN:
                    return None
                raise
        return Execution(arn=arn, status=told["status"], stopped_at=told.get("stopDate"))

    def start(self, machine: str, name: str, request: Mapping[str, Any]) -> bool:
        """Start an execution of that name. False: there is or was one of it, in the last 90 days, with another input.

        For one that still runs with the same input Step Functions answers as for a new one (StartExecution, API
        reference): the same name and input again are the same execution.
        """
        with aws.asking(machine):
            try:
                self._client.start_execution(stateMachineArn=machine, name=name, input=json.dumps(request))
            except ClientError as refusal:
                if aws.code(refusal) == "ExecutionAlreadyExists":
                    return False
                raise
        return True

    def send_success(self, token: str, output: Mapping[str, Any], *, about: str) -> bool:
        """Let the state that waits with `token` go on with `output`. False: nobody waits with it any more.

        `about` is what an error names: the token is a secret.
        """
        return self._send(about, lambda: self._client.send_task_success(taskToken=token, output=json.dumps(output)))

    def send_failure(self, token: str, *, error: str, cause: str, about: str) -> bool:
        """Let the state that waits with `token` fail by `error`. False: nobody waits with it any more."""
        return self._send(
            about,
            lambda: self._client.send_task_failure(taskToken=token, error=error, cause=cause[:_LONGEST_CAUSE]),
        )

    def _send(self, about: str, call: Callable[[], object]) -> bool:
        with aws.asking(about, next_step="Stop the execution, and start the restore again."):
            try:
                call()
            except ClientError as refusal:
                if aws.code(refusal) in _OVER:
                    return False
                raise
        return True
