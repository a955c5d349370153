"""Starts what a deployed schedule would start: its target, its input, the scheduled time in its place."""

import json
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from day2.engine.engine import Engine
from lambdas import payload
from lambdas.errors import RequestRefused

_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


def fire(engine: Engine, environment: str, name: str, *, at: datetime | None = None, scaling: bool = False) -> str:
    """Start the execution that the schedule `name` would start at `at` (now); its ARN.

    `scaling`: it is one of the node groups' schedules, `<role>-<name>`, and no drill's.

    EventBridge Scheduler names executions itself, and delivers at least once: so does a second call with the same time.
    """
    slot = payload.instant((at or datetime.now(UTC)).replace(microsecond=0))
    group = f"coder-day2-{environment}{'-scaling' if scaling else ''}"
    try:
        target = engine.client("scheduler").get_schedule(Name=name, GroupName=group)["Target"]
        given = json.loads(target["Input"].replace(_SCHEDULED_TIME, slot))
        started = engine.client("stepfunctions").start_execution(stateMachineArn=target["Arn"], input=json.dumps(given))
    except ClientError as error:
        raise RequestRefused(
            f"The schedule was not started: {error.response['Error'].get('Message', error)}",
            resource=f"{group}/{name}",
            next_step="Deploy again: `day2 engine down`, then `day2 engine up`.",
        ) from error
    return str(started["executionArn"])
