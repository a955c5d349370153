"""Executions and functions are measured, and alarms hear of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from core_bench import Workbench, eventually

FAIL = {"No": {"Type": "Fail", "Error": "Refused"}}


def total(bench: Workbench, namespace: str, name: str, **dimensions: str) -> float:
    now = datetime.now(UTC)
    found = bench.engine.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def alarm(bench: Workbench, namespace: str, name: str, **dimensions: str) -> str:
    alarm_name = f"alarm-{uuid4().hex[:8]}"
    bench.engine.client("cloudwatch").put_metric_alarm(
        AlarmName=alarm_name,
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    return alarm_name


def state(bench: Workbench, alarm_name: str) -> str:
    found = bench.engine.client("cloudwatch").describe_alarms(AlarmNames=[alarm_name])["MetricAlarms"]
    return str(found[0]["StateValue"])


def test_every_change_of_an_execution_is_counted_for_its_machine(bench: Workbench) -> None:
    machine = bench.machine({"StartAt": "No", "States": FAIL})
    for _ in range(2):
        bench.wait(bench.start(machine))

    def counted(name: str) -> float:
        return total(bench, "AWS/States", name, StateMachineArn=machine)

    eventually(lambda: counted("ExecutionsFailed") == 2)
    assert counted("ExecutionsStarted") == 2
    assert counted("ExecutionsSucceeded") == 0


def test_an_alarm_rings_for_its_own_machine_only(bench: Workbench) -> None:
    failing, quiet = (bench.machine({"StartAt": "No", "States": FAIL}) for _ in range(2))
    rings = alarm(bench, "AWS/States", "ExecutionsFailed", StateMachineArn=failing)
    silent = alarm(bench, "AWS/States", "ExecutionsFailed", StateMachineArn=quiet)
    bench.wait(bench.start(failing))
    eventually(lambda: state(bench, rings) == "ALARM")
    assert state(bench, silent) != "ALARM"


def test_a_metric_in_a_functions_log_is_measured_and_rings_its_alarm(bench: Workbench) -> None:
    source = """
import json, time

def handler(event, context):
    print(json.dumps({
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [{
            "Namespace": "CoderDay2", "Dimensions": [["Environment"]],
            "Metrics": [{"Name": event["name"], "Unit": "Count"}],
        }]},
        "Environment": "local", event["name"]: [3],
    }))
"""
    name = f"Leftovers{uuid4().hex[:8]}"
    rings = alarm(bench, "CoderDay2", name, Environment="local")
    ended = bench.run({"Say": {"Type": "Task", "Resource": bench.function(source), "End": True}}, {"name": name})
    assert ended.status == "SUCCEEDED"
    assert total(bench, "CoderDay2", name, Environment="local") == 3
    assert state(bench, rings) == "ALARM"


def test_a_labelled_metric_of_the_cdk_is_an_ordinary_alarm(bench: Workbench) -> None:
    metric = {"MetricName": "ExecutionsFailed", "Namespace": "AWS/States", "Dimensions": [{"Name": "A", "Value": "b"}]}
    statistic = {"Metric": metric, "Period": 300, "Stat": "Sum"}
    properties: dict[str, Any] = {
        "AlarmName": f"labelled-{uuid4().hex[:8]}",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "Metrics": [{"Id": "m1", "Label": "failed", "MetricStat": statistic, "ReturnData": True}],
    }
    bench.stack({"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}})
    client = bench.engine.client("cloudwatch")
    made = client.describe_alarms(AlarmNames=[properties["AlarmName"]])["MetricAlarms"][0]
    assert (made["MetricName"], made["Statistic"], made["Dimensions"]) == (
        "ExecutionsFailed",
        "Sum",
        metric["Dimensions"],
    )


@pytest.mark.parametrize(("missing", "becomes"), [("breaching", "ALARM"), ("notBreaching", "OK")])
def test_a_period_without_a_value_counts_as_the_alarm_says(bench: Workbench, missing: str, becomes: str) -> None:
    """Two of two periods: the latest breaches, the one before was not measured."""
    name, client = f"Days{uuid4().hex[:8]}", bench.engine.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName=name,
        Namespace="CoderDay2",
        MetricName=name,
        Statistic="Maximum",
        Period=86_400,
        EvaluationPeriods=2,
        DatapointsToAlarm=2,
        Threshold=35,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData=missing,
    )
    client.put_metric_data(Namespace="CoderDay2", MetricData=[{"MetricName": name, "Value": 40}])
    eventually(lambda: state(bench, name) == becomes)
