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
CLUSTER = NAMES.kubernetes_name
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
            scale_machine=NAMES.machine_arn("scale").replace("111122223333", "123456789012"),  # moto's account,
        )

    def with_node_groups(self) -> None:
        """The cluster, with the groups of the settings and the machine that scales them."""
        role = "arn:aws:iam::111122223333:role/eks"
        client("eks").create_cluster(name=CLUSTER, roleArn=role, resourcesVpcConfig={"subnetIds": []})
        subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        for group in NAMES.node_groups.values():
            client("eks").create_nodegroup(
                clusterName=CLUSTER,
                nodegroupName=group,
                nodeRole=role,
                subnets=[subnet],
                scalingConfig={"minSize": 0, "desiredSize": 1, "maxSize": 50},
            )
        client("stepfunctions").create_state_machine(
            name="coder-day2-prod-scale",
            roleArn="arn:aws:iam::111122223333:role/scale",
            definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        )

    def scheduled_action(self, group: str, name: str) -> str:
        """A scheduled action of the old way on a node group's Auto Scaling group, whose name is given."""
        told = client("eks").describe_nodegroup(clusterName=CLUSTER, nodegroupName=group)["nodegroup"]
        behind: str = told["resources"]["autoScalingGroups"][0]["name"]
        client("autoscaling").put_scheduled_update_group_action(
            AutoScalingGroupName=behind, ScheduledActionName=name, Recurrence="0 20 * * *", DesiredCapacity=10
        )
        return behind

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
