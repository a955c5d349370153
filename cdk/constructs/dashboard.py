"""One page: are the backups proven, how long does it take, is anything left over, did a restore end well."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk.constructs.alarms import executions, own, queue_depth, workflows
from cdk.names import Names

_DAY = Duration.days(1)


class Dashboard(Construct):
    """The drills' dashboard."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names, alarms: list[cloudwatch.IAlarm]) -> None:
        super().__init__(scope, construct_id)
        objectives = names.settings.objectives
        endings = ("Succeeded", "Failed", "TimedOut", "Aborted")
        cloudwatch.Dashboard(
            self,
            "Drills",
            dashboard_name=names.prefix,
            default_interval=Duration.days(90),
            widgets=[
                [
                    cloudwatch.AlarmStatusWidget(alarms=alarms, title="Alarms", width=12, height=4),
                    cloudwatch.SingleValueWidget(
                        title="Days since the last passed drill; leftovers; undelivered starts",
                        metrics=[
                            own(names, "DaysSinceLastPassedDrill", period=_DAY),
                            own(names, "Leftovers", period=_DAY),
                            queue_depth(names),
                        ],
                        width=12,
                        height=4,
                    ),
                ],
                [
                    cloudwatch.GraphWidget(
                        title=f"RTO measured, seconds (objective {objectives.rto_minutes} min)",
                        left=[own(names, "RtoSeconds", period=_DAY)],
                        left_annotations=[
                            cloudwatch.HorizontalAnnotation(value=objectives.rto_minutes * 60, label="objective")
                        ],
                        width=12,
                    ),
                    cloudwatch.GraphWidget(
                        title="Days since the last passed drill",
                        left=[
                            own(names, "DaysSinceLastPassedDrill", period=_DAY),
                            own(names, "DaysSinceLastPassedPointInTimeDrill", period=_DAY),
                        ],
                        left_annotations=[
                            cloudwatch.HorizontalAnnotation(value=objectives.drill_interval_days, label="overdue")
                        ],
                        width=12,
                    ),
                ],
                [
                    cloudwatch.GraphWidget(
                        title=f"Executions of {workflow}",
                        left=[executions(names, workflow, each).with_(label=each) for each in endings],
                        stacked=True,
                        width=24 // len(workflows(names)),
                    )
                    for workflow in workflows(names)
                ],
            ],
        )
