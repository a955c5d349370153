"""A schedule's input tells the scheduled time and the schedule, as EventBridge Scheduler fills them in.

MiniStack hands the placeholders on as they are
(https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html). It also reads every
cron expression in UTC, whatever the schedule's time zone; that stays so. The zone that a template gives is kept all the
same, and told.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import eventbridge, scheduler
from ministack.services.cloudformation import provisioners

from day2.engine.settings import EngineSettings

NEEDS = (
    "services.cloudformation.provisioners._RESOURCE_HANDLERS",
    "services.eventbridge._invoke_target",
    "services.scheduler._SCHEDULE_TICK_INTERVAL",
    "services.scheduler._schedules",
)

LOOK_EVERY_SECONDS = 1

_TYPE = "AWS::Scheduler::Schedule"
_invoke = eventbridge._invoke_target
_create = provisioners._RESOURCE_HANDLERS[_TYPE]["create"]


def install(_settings: EngineSettings) -> None:
    eventbridge._invoke_target = invoke
    scheduler._SCHEDULE_TICK_INTERVAL = LOOK_EVERY_SECONDS
    provisioners._RESOURCE_HANDLERS[_TYPE]["create"] = create


def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> Any:
    """MiniStack's making of a template's schedule, which leaves the time zone out."""
    name, attributes = _create(logical_id, properties, stack)
    schedule = scheduler._schedules[f"{properties.get('GroupName', 'default')}/{name}"]
    schedule["ScheduleExpressionTimezone"] = properties.get("ScheduleExpressionTimezone", "UTC")
    return name, attributes


def invoke(target: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, Any], *rest: Any) -> None:
    """MiniStack's delivery, of a filled-in input when a schedule is the sender."""
    if event.get("Source") == "aws.scheduler" and "Input" in target:
        target = {**target, "Input": filled(target["Input"], at=event["Time"], schedule=rule.get("Arn", ""))}
    _invoke(target, event, rule, *rest)


def filled(text: str, *, at: float, schedule: str) -> str:
    """The input with Scheduler's context attributes; `at` in seconds since the epoch."""
    values = {
        "scheduled-time": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "schedule-arn": schedule,
        "execution-id": new_uuid(),
        "attempt-number": "1",
    }
    for name, value in values.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text
