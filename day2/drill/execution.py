"""Starting an execution and following it to its end."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from day2.drill.deployment import Deployment
from day2.drill.progress import StateProgress, progress
from lambdas.errors import RequestRefused

ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An execution as last seen. `error` and `cause` are those of an execution that did not succeed."""

    execution: str
    status: str
    started_at: datetime
    stopped_at: datetime | None
    states: tuple[StateProgress, ...]
    output: Mapping[str, Any]
    error: str = ""
    cause: str = ""

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def sentence(self) -> str:
        """The cause in words: a Lambda's cause is JSON around its message."""
        try:
            return str(json.loads(self.cause)["errorMessage"])
        except (ValueError, KeyError, TypeError):
            return self.cause

    def seconds(self, now: datetime) -> float:
        return ((self.stopped_at or now) - self.started_at).total_seconds()


def start(deployment: Deployment, request: Mapping[str, Any], *, machine: str | None = None) -> str:
    """Start a machine (the drill's, where none is named) with `request`; the execution's ARN.

    The execution's name carries when and by what.
    """
    machine = machine or deployment.drill_machine
    name = f"cli-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"
    try:
        started = deployment.clients("stepfunctions").start_execution(
            stateMachineArn=machine, name=name, input=json.dumps(request)
        )
    except ClientError as error:
        raise RequestRefused(
            f"It was not started: {error.response['Error'].get('Message', error)}",
            resource=machine,
            next_step="Sign in with a role that may call states:StartExecution on this machine.",
        ) from error
    return str(started["executionArn"])


def watch(deployment: Deployment, execution: str) -> Watched:
    """One look at an execution: its status and the states of its whole history."""
    machine = deployment.clients("stepfunctions")
    seen = machine.describe_execution(executionArn=execution)
    pages = machine.get_paginator("get_execution_history").paginate(executionArn=execution)
    states = progress(event for page in pages for event in page["events"])
    return Watched(
        execution=execution,
        status=seen["status"],
        started_at=seen["startDate"],
        stopped_at=seen.get("stopDate"),
        states=states,
        output=json.loads(seen.get("output") or "{}"),
        error=seen.get("error", ""),
        cause=seen.get("cause", ""),
    )


def follow(deployment: Deployment, execution: str) -> Iterator[Watched]:
    """Looks at an execution until it has ended; the last one yielded has ended."""
    while True:
        seen = watch(deployment, execution)
        yield seen
        if seen.ended:
            return
        time.sleep(deployment.poll_seconds)
