"""An alarm looks at its own metric: by dimensions and period by period.

MiniStack evaluates every series of a metric's name together, so that one state machine's failure rings every
other's alarm, and over one stretch of time. It refuses `Metrics` in a template too, which is how the CDK writes a
single metric that has a label. Metric math (expressions, several metrics) stays refused.

An alarm is evaluated when a metric arrives, not by the clock: what is missing is treated as the alarm says, but
nothing rings because time alone has passed.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from day2.engine.settings import EngineSettings

NEEDS = (
    "services.cloudformation.provisioners._cw_metric_alarm_record",
    "services.cloudwatch._calc_stats",
    "services.cloudwatch._dims_from_list",
    "services.cloudwatch._dims_key",
    "services.cloudwatch._dispatch_alarm_actions",
    "services.cloudwatch._evaluate_alarm",
    "services.cloudwatch._evaluate_parent_alarms",
    "services.cloudwatch._metrics",
    "services.cloudwatch._record_history",
    "services.cloudwatch._stat_value",
)

Alarm = dict[str, Any]

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}

_record = provisioners._cw_metric_alarm_record


def install(_settings: EngineSettings) -> None:
    provisioners._cw_metric_alarm_record = record
    cloudwatch._evaluate_alarm = evaluate


def record(name: str, properties: Mapping[str, Any]) -> Alarm:
    """MiniStack's alarm, after a lone metric of `Metrics` has been written the other way."""
    return dict(_record(name, _plain(properties)))


def _plain(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    metrics: Sequence[Any] = properties.get("Metrics") or []
    if len(metrics) != 1 or "MetricStat" not in metrics[0]:
        return properties
    statistic = metrics[0]["MetricStat"]
    rest = {key: value for key, value in properties.items() if key != "Metrics"}
    return {**rest, **statistic["Metric"], "Period": statistic["Period"], "Statistic": statistic["Stat"]}


def evaluate(alarm: Alarm) -> None:
    """Bring one metric alarm up to date, and act when its state changes."""
    old, new = alarm["StateValue"], _state(alarm)
    if new is None or new == old:
        return
    reason = f"Threshold Crossed: {alarm['MetricName']} {alarm['ComparisonOperator']} {alarm['Threshold']}"
    alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _state(alarm: Alarm) -> str | None:
    """ALARM, OK or INSUFFICIENT_DATA; None leaves the state as it is."""
    values = list(_values(alarm))
    if all(value is None for value in values):
        return None
    breaching = [_breaches(alarm, value) for value in values]
    wanted = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    return "ALARM" if sum(breaching) >= wanted else "OK"


def _breaches(alarm: Alarm, value: float | None) -> bool:
    if value is None:
        return bool(alarm.get("TreatMissingData") == "breaching")
    return _COMPARE[alarm["ComparisonOperator"]](value, alarm["Threshold"])


def _values(alarm: Alarm) -> Iterator[float | None]:
    """The statistic of each evaluation period, the latest first; None where nothing was measured."""
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    points = cloudwatch._metrics.get((alarm["Namespace"], alarm["MetricName"], dimensions)) or []
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    now, period = time.time(), alarm["Period"]
    for number in range(alarm["EvaluationPeriods"]):
        end = now - number * period
        within = [point for point in points if end - period < point["Timestamp"] <= end]
        yield cloudwatch._stat_value(cloudwatch._calc_stats(within), statistic, within) if within else None
