"""What CloudWatch counted, against moto."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from lambdas.adapters.metrics import Metrics

NOW = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    with mock_aws():
        client = boto3.client("cloudwatch", region_name="eu-west-1")
        for minutes, count in ((5, 0), (20, 3), (40, 1), (90, 7)):
            client.put_metric_data(
                Namespace="AWS/RDS",
                MetricData=[
                    {
                        "MetricName": "DatabaseConnections",
                        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "old-1"}],
                        "Timestamp": NOW - timedelta(minutes=minutes),
                        "Value": count,
                    }
                ],
            )
        yield Metrics(client)


def test_the_most_at_once_within_the_window_and_its_minute(metrics: Metrics) -> None:
    peak = metrics.most_connections("old-1", since=NOW - HOUR, until=NOW)
    assert peak is not None
    assert (peak.connections, peak.at) == (3, NOW - timedelta(minutes=20))


def test_what_was_never_measured_is_not_known_to_be_none(metrics: Metrics) -> None:
    assert metrics.most_connections("another-1", since=NOW - HOUR, until=NOW) is None
    assert metrics.most_connections("old-1", since=NOW - timedelta(days=2), until=NOW - timedelta(days=1)) is None
