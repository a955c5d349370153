"""The alarms that scale, one out and one in for each node group, and the one that says that nobody measures."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk.constructs.alarms import NAMESPACE
from cdk.names import Names
from cdk.settings import GroupAlarms, Scaling

_MINUTE = Duration.minutes(1)
_BLIND_MINUTES = 10


class ScalingAlarms(Construct):
    """Both look at one metric by two thresholds; what is missing breaches neither, and rings the third."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names, scaling: Scaling) -> None:
        super().__init__(scope, construct_id)
        self._names = names
        self._route = actions.SnsAction(sns.Topic.from_topic_arn(self, "Route", names.alarm_topic_arn))
        self._tell = actions.SnsAction(sns.Topic.from_topic_arn(self, "Tell", names.topic_arn))
        self.all: list[cloudwatch.IAlarm] = []
        for role, group in scaling.groups.items():
            if group.alarms.enabled:
                self._pair(role, group.alarms)
                self._blind(role, group.alarms)

    def _pair(self, role: str, alarms: GroupAlarms) -> None:
        metric = load(self._names, role, alarms)
        out = cloudwatch.Alarm(
            self,
            f"out-{role}",
            alarm_name=self._names.scaling_alarm(role, "out"),
            alarm_description=f"The nodes of {role}s are loaded above {alarms.out_above:g} %: more are added.",
            metric=metric,
            threshold=alarms.out_above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=alarms.out_minutes,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        in_ = cloudwatch.Alarm(
            self,
            f"in-{role}",
            alarm_name=self._names.scaling_alarm(role, "in"),
            alarm_description=f"The nodes of {role}s are loaded below {alarms.in_below:g} %: empty ones go.",
            metric=metric,
            threshold=alarms.in_below,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=alarms.in_minutes,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        for alarm in (out, in_):
            alarm.add_alarm_action(self._route)
            alarm.add_ok_action(self._route)

    def _blind(self, role: str, alarms: GroupAlarms) -> None:
        alarm = cloudwatch.Alarm(
            self,
            f"blind-{role}",
            alarm_name=f"{self._names.prefix}-scaling-blind-{role}",
            alarm_description=f"For {_BLIND_MINUTES} minutes nobody knows how loaded the nodes of {role}s are, and no "
            "alarm scales them: the log of the function measure-demand says what it could not ask.",
            metric=load(self._names, role, alarms),
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=_BLIND_MINUTES,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        alarm.add_alarm_action(self._tell)
        alarm.add_ok_action(self._tell)
        self.all.append(alarm)


def load(names: Names, role: str, alarms: GroupAlarms) -> cloudwatch.Metric:
    """The load of a role's group in percent: ours, or what the settings name in its place."""
    if metric := alarms.metric:
        return cloudwatch.Metric(
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions_map=dict(metric.dimensions) or None,
            statistic=metric.statistic,
            period=_MINUTE,
        )
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name="Load",
        dimensions_map={"Environment": names.environment, "Group": role},
        statistic="Average",
        period=_MINUTE,
    )
