"""Metrics that a function writes into its log (Embedded Metric Format) become CloudWatch metrics.

Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services import cloudwatch, lambda_svc

from day2.engine.settings import EngineSettings

NEEDS = (
    "services.cloudwatch._evaluate_all_alarms",
    "services.cloudwatch.record_metric",
    "services.lambda_svc._emit_lambda_logs",
)

Datum = tuple[str, str, float, str, dict[str, str]]

_emit = lambda_svc._emit_lambda_logs


def install(_settings: EngineSettings) -> None:
    lambda_svc._emit_lambda_logs = emit


def emit(function: Mapping[str, Any], request_id: str, log_text: str, *rest: Any, **named: Any) -> None:
    """The log itself, then every metric in it."""
    _emit(function, request_id, log_text, *rest, **named)
    data = [datum for line in log_text.splitlines() for datum in embedded(line)]
    for datum in data:
        cloudwatch.record_metric(*datum)
    if data:
        cloudwatch._evaluate_all_alarms()


def embedded(line: str) -> Iterator[Datum]:
    """Namespace, name, value, unit and dimensions of each metric in one log line; none in an ordinary line."""
    if '"_aws"' not in line:
        return
    try:
        document = json.loads(line)
        directives = document["_aws"]["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError):
        return
    for directive in directives:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document[name]) for name in names}
            for metric in directive["Metrics"]:
                value = document[metric["Name"]]
                for each in value if isinstance(value, list) else [value]:
                    yield directive["Namespace"], metric["Name"], each, metric.get("Unit", "None"), dimensions
