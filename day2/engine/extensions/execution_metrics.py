"""The metrics that AWS publishes by itself about executions: namespace AWS/States, by StateMachineArn.

ExecutionsStarted, ExecutionsSucceeded, ExecutionsFailed, ExecutionsTimedOut and ExecutionsAborted, one each
(https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html).
"""

from collections.abc import Mapping
from typing import Any

from ministack.services import cloudwatch, stepfunctions

from day2.engine.settings import EngineSettings

NEEDS = (
    "services.cloudwatch._evaluate_all_alarms",
    "services.cloudwatch.record_metric",
    "services.stepfunctions._emit_execution_status_event",
)

METRICS: Mapping[str, str] = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}

_emit = stepfunctions._emit_execution_status_event


def install(_settings: EngineSettings) -> None:
    stepfunctions._emit_execution_status_event = emit


def emit(execution: Mapping[str, Any]) -> None:
    """The status event, and the metric of the same change."""
    _emit(execution)
    dimensions = {"StateMachineArn": execution["stateMachineArn"]}
    cloudwatch.record_metric("AWS/States", METRICS[execution["status"]], 1, "Count", dimensions)
    cloudwatch._evaluate_all_alarms()
