"""A schedule starts its machine with the scheduled time filled in."""

import json
import re
from uuid import uuid4

from core_bench import Workbench, eventually


def test_the_scheduled_time_stands_in_the_input(bench: Workbench) -> None:
    machine = bench.machine({"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": True}}})
    name = f"schedule-{uuid4().hex[:8]}"
    given = {"slot": "<aws.scheduler.scheduled-time>", "by": "<aws.scheduler.schedule-arn>"}
    bench.engine.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="at(2026-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": machine, "RoleArn": bench.role(), "Input": json.dumps(given)},
    )
    client = bench.engine.client("stepfunctions")
    started = eventually(lambda: client.list_executions(stateMachineArn=machine)["executions"])
    told = json.loads(client.describe_execution(executionArn=started[0]["executionArn"])["input"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["slot"])
    assert told["by"].endswith(f"schedule/default/{name}")
