"""The door to CloudWatch: what was measured of a database instance."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from lambdas.adapters import aws
from lambdas.retirement.quiet import Peak

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import DatapointTypeDef

_MINUTE = 60


@cache
def door() -> "Metrics":
    """This function's door, one client for the life of the process."""
    return Metrics(aws.client("cloudwatch"))


class Metrics:
    """CloudWatch of one account and Region."""

    def __init__(self, client: "CloudWatchClient") -> None:
        self._client = client

    def most_connections(self, instance: str, *, since: datetime, until: datetime) -> Peak | None:
        """The most client connections of a database instance at once; None when nothing was measured.

        RDS counts them once a minute, without its own (Aurora user guide, "Amazon CloudWatch metrics for Amazon
        Aurora").
        """
        with aws.asking(instance):
            told = self._client.get_metric_statistics(
                Namespace="AWS/RDS",
                MetricName="DatabaseConnections",
                Dimensions=[{"Name": "DBInstanceIdentifier", "Value": instance}],
                StartTime=since,
                EndTime=until,
                Period=_MINUTE,
                Statistics=["Maximum"],
            )
        return _peak(told["Datapoints"])


def _peak(points: Sequence["DatapointTypeDef"]) -> Peak | None:
    if not points:
        return None
    highest = max(points, key=lambda each: (each["Maximum"], each["Timestamp"]))
    return Peak(connections=round(highest["Maximum"]), at=highest["Timestamp"])
