"""Production's schedules as a deployment leaves them, in an account that lives in memory."""

import json
from collections.abc import Mapping
from typing import Any

import boto3

from cdk.environments import load
from cdk.names import Names
from cdk.scaling_starts import starts
from day2.drill.deployment import Deployment

SETTINGS = load("prod")
NAMES = Names(settings=SETTINGS)
GROUP = NAMES.scaling_schedule_group
QUEUE = "arn:aws:sqs:eu-central-1:111122223333:coder-day2-prod-undelivered"


class Deployed:
    """The group of schedules; one more field than the construct writes, a person's end date, is on each."""

    def __init__(self) -> None:
        self.scheduler = client("scheduler")
        self.scheduler.create_schedule_group(Name=GROUP)
        assert SETTINGS.scaling is not None
        for each in starts(SETTINGS.scaling):
            self.scheduler.create_schedule(
                GroupName=GROUP,
                Name=each.name,
                Description=each.what,
                ScheduleExpression=each.cron,
                ScheduleExpressionTimezone=SETTINGS.scaling.time_zone,
                FlexibleTimeWindow={"Mode": "OFF"},
                State="ENABLED",
                Target={
                    "Arn": NAMES.machine_arn(each.workflow),
                    "RoleArn": "arn:aws:iam::111122223333:role/schedules",
                    "Input": json.dumps(each.request),
                    "RetryPolicy": {"MaximumRetryAttempts": 8, "MaximumEventAgeInSeconds": 1800},
                    "DeadLetterConfig": {"Arn": QUEUE},
                },
                KmsKeyArn="arn:aws:kms:eu-central-1:111122223333:key/a-key-of-the-teams",
            )

    @property
    def deployment(self) -> Deployment:
        return Deployment(
            environment="prod",
            clients=client,
            drill_machine="",
            sweep_machine="",
            source="",
            bucket="",
            table="",
            poll_seconds=0,
            scale_machine=NAMES.machine_arn("scale"),
        )

    def told(self, name: str) -> dict[str, Any]:
        told: dict[str, Any] = self.scheduler.get_schedule(GroupName=GROUP, Name=name)
        return {field: value for field, value in told.items() if field not in ("ResponseMetadata", *_DATES)}

    def all(self) -> dict[str, Mapping[str, Any]]:
        listed = self.scheduler.list_schedules(GroupName=GROUP)["Schedules"]
        return {each["Name"]: self.told(each["Name"]) for each in listed}

    def by_hand(self, name: str, **fields: Any) -> None:
        """As a person changes it in the console."""
        told = self.told(name)
        self.scheduler.update_schedule(**{key: value for key, value in {**told, **fields}.items() if key != "Arn"})

    def ask(self, name: str, **request: str) -> None:
        """Another input."""
        target = self.told(name)["Target"]
        self.by_hand(name, Target={**target, "Input": json.dumps({**json.loads(target["Input"]), **request})})


_DATES = ("CreationDate", "LastModificationDate")


def client(service: str) -> Any:
    make: Any = boto3.Session().client
    return make(service, region_name="eu-central-1")
