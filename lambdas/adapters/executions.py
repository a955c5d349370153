"""The door to Step Functions: whether an execution still runs."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.adapters import aws

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_UNKNOWN = frozenset({"ExecutionDoesNotExist", "InvalidArn", "ResourceNotFound", "ResourceNotFoundException"})
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
