"""The door to CloudWatch's alarms: how those stand that scale."""

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from lambdas.adapters import aws
from lambdas.scaling.routing import Present

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

_AT_ONCE = 100
"""DescribeAlarms, API reference: so many names a call, and so many alarms an answer."""


@cache
def door() -> "AlarmStates":
    """This function's door, one client for the life of the process."""
    return AlarmStates(aws.client("cloudwatch"))


class AlarmStates:
    """The alarms of one account and Region, metric and composite ones alike."""

    def __init__(self, client: "CloudWatchClient") -> None:
        self._client = client

    def present(self, names: Collection[str]) -> Mapping[str, Present]:
        """The alarms of these names, by name; those that do not exist are not in it."""
        return {each.alarm: each for some in _in_parts(sorted(names)) for each in self._ask(some)}

    def _ask(self, names: list[str]) -> Iterator[Present]:
        with aws.asking(", ".join(names)):
            told = self._client.describe_alarms(
                AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=_AT_ONCE
            )
        yield from map(_present, (*told.get("MetricAlarms", ()), *told.get("CompositeAlarms", ())))


def _in_parts(names: list[str]) -> Iterator[list[str]]:
    return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))


def _present(told: Any) -> Present:
    # An alarm that has never changed its state has no transition; it was updated when it was made.
    since = told.get("StateTransitionedTimestamp") or told["StateUpdatedTimestamp"]
    return Present(alarm=told["AlarmName"], state=told["StateValue"], since=since, reason=told.get("StateReason", ""))
