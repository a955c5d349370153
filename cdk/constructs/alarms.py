"""The alarms: each says in its description what it means and what to do; all go to the topic."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk.names import DRILL, READY, RESTORE, RETIRE, SCALE, SWEEP, Names

NAMESPACE = "CoderDay2"
_ENDED = {"Failed": "failed", "TimedOut": "ran out of time", "Aborted": "was stopped by hand"}
_OVERDUE_DAYS = 2
# What to do when an execution of it did not succeed.
_THEN = {
    DRILL: "The backups are not proven: open the drill's report, or the execution in the console.",
    SWEEP: "Something of a drill may still exist and cost money: open the execution in the console.",
    RESTORE: "Coder may stand fenced, with no replicas: see what serves in the restore's report, or the execution.",
    RETIRE: "The old cluster may be there, or half deleted: open the execution in the console, and start it again.",
    READY: "Nobody knows whether promised nodes are there: open the execution in the console.",
    SCALE: "No workspace was ended by it: `day2 scale history` says what was decided and why.",
}


class Alarms(Construct):
    """Failed and overdue drills, failed restores, leftovers, a silent or failing sweep, starts that did not arrive."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        super().__init__(scope, construct_id)
        self._names = names
        topic = sns.Topic.from_topic_arn(self, "Topic", names.topic_arn)
        self._tell = actions.SnsAction(topic)
        self.all: list[cloudwatch.IAlarm] = []
        for workflow in workflows(names):
            for ending, words in _ENDED.items():
                self._ended(workflow, ending, words)
        self._overdue("drill-overdue", "DaysSinceLastPassedDrill", "drill")
        self._overdue("rpo-unproven", "DaysSinceLastPassedPointInTimeDrill", "drill that restores to a point in time")
        self._leftovers()
        self._undelivered()

    def _ended(self, workflow: str, ending: str, words: str) -> None:
        self._alarm(
            f"{workflow}-{ending}",
            f"A {workflow} execution {words}. {_THEN[workflow]}",
            metric=executions(self._names, workflow, ending),
            threshold=1,
            missing=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _overdue(self, name: str, metric: str, what: str) -> None:
        """Two daily values, so that one late sweep does not sound it, and a sweep that stopped counting does."""
        self._alarm(
            name,
            f"No {what} has passed for longer than objectives.drill_interval_days, or nobody counts the days any more: "
            "look whether the schedules are enabled and the daily sweep runs.",
            metric=own(self._names, metric, period=Duration.days(1)),
            threshold=self._names.settings.objectives.drill_interval_days,
            missing=cloudwatch.TreatMissingData.BREACHING,
            periods=_OVERDUE_DAYS,
        )

    def _leftovers(self) -> None:
        """Missing data keeps the state: it ends when a later sweep counts nothing, not when nobody counts."""
        self._alarm(
            "leftovers",
            "The sweep could not delete everything that a dead drill left: open its last execution in the console.",
            metric=own(self._names, "Leftovers", period=Duration.hours(1)),
            threshold=1,
            missing=cloudwatch.TreatMissingData.IGNORE,
        )

    def _undelivered(self) -> None:
        self._alarm(
            "undelivered",
            "A schedule or rule could not start its workflow: read the message in the queue, start the drill by hand.",
            metric=queue_depth(self._names),
            threshold=1,
            missing=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _alarm(  # noqa: PLR0913  what an alarm is, each by its name
        self,
        name: str,
        description: str,
        *,
        metric: cloudwatch.IMetric,
        threshold: float,
        missing: cloudwatch.TreatMissingData,
        periods: int = 1,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self._names.prefix}-{name}",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(self._tell)
        alarm.add_ok_action(self._tell)
        self.all.append(alarm)


def workflows(names: Names) -> tuple[str, ...]:
    """The workflows of this environment: restore, retirement and scaling only where there is what they are for."""
    restores = (RESTORE, RETIRE) if names.settings.restore else ()
    return (DRILL, SWEEP, *restores, *((SCALE, READY) if names.settings.scaling else ()))


def executions(names: Names, workflow: str, ending: str) -> cloudwatch.Metric:
    """How many executions of a workflow ended so: Succeeded, Failed, TimedOut or Aborted."""
    return cloudwatch.Metric(
        namespace="AWS/States",
        metric_name=f"Executions{ending}",
        dimensions_map={"StateMachineArn": names.machine_arn(workflow)},
        statistic="Sum",
        period=Duration.minutes(5),
    )


def own(names: Names, metric: str, *, period: Duration) -> cloudwatch.Metric:
    """A metric of the sweep's, by environment and source."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric,
        dimensions_map={"Environment": names.environment, "Source": names.settings.source.cluster},
        statistic="Maximum",
        period=period,
    )


def queue_depth(names: Names) -> cloudwatch.Metric:
    """Starts that could not be delivered and still lie in the queue."""
    return cloudwatch.Metric(
        namespace="AWS/SQS",
        metric_name="ApproximateNumberOfMessagesVisible",
        dimensions_map={"QueueName": names.undelivered},
        statistic="Maximum",
        period=Duration.minutes(5),
    )
