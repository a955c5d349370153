"""The watch stack: alarms and the dashboard. It reads names only, so it never holds another stack back."""

from aws_cdk import Environment, Stack
from constructs import Construct

from cdk.constructs.alarms import Alarms
from cdk.constructs.dashboard import Dashboard
from cdk.constructs.scaling_alarms import ScalingAlarms
from cdk.names import Names


class WatchStack(Stack):
    """What tells a person."""

    def __init__(self, scope: Construct, *, names: Names) -> None:
        aws = names.settings.aws
        super().__init__(
            scope,
            names.stack("watch"),
            description="coder-day2: alarms and dashboard",
            env=Environment(account=aws.account, region=aws.region),
        )
        alarms = Alarms(self, "Alarms", names=names)
        scaling = (
            ScalingAlarms(self, "Scaling", names=names, scaling=names.settings.scaling)
            if names.settings.scaling
            else None
        )
        Dashboard(self, "Dashboard", names=names, alarms=[*alarms.all, *(scaling.all if scaling else ())])
