"""What asks for scalings without a person or the clock: the minute measures, alarms ring, their messages are routed."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.names import Names
from cdk.settings import Scaling

_MINUTE, _RECONCILE = Duration.minutes(1), Duration.minutes(5)


class ScalingSignals(Construct):
    """The topic of our alarms with its router, which hears the team's topics too; the minute; the reconcile."""

    def __init__(  # noqa: PLR0913  what it joins, each by its name
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        scaling: Scaling,
        functions: Mapping[str, lambda_.IFunction],
        undelivered: sqs.IQueue,
        key: str,
    ) -> None:
        """`key` is the ARN of the KMS key with which alarms may publish."""
        super().__init__(scope, construct_id)
        self._names, self._undelivered = names, undelivered
        topics = [self._topic(key), *self._of_the_team(scaling)]
        for topic in topics:
            topic.add_subscription(
                subscriptions.LambdaSubscription(functions["RouteAlarm"], dead_letter_queue=undelivered)
            )
        self._every(_MINUTE, functions["MeasureDemand"], "measure", "Measure how loaded the node groups are")
        self._every(
            _RECONCILE, functions["ReconcileAlarms"], "reconcile", "Act on alarms that are stuck, or were not heard"
        )

    def _topic(self, key: str) -> sns.Topic:
        names = self._names
        topic = sns.Topic(
            self,
            "Topic",
            topic_name=names.alarm_topic,
            display_name=f"Alarms that scale ({names.environment})",
            master_key=kms.Key.from_key_arn(self, "Key", key),
            enforce_ssl=True,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": names.settings.aws.account}},
            )
        )
        return topic

    def _of_the_team(self, scaling: Scaling) -> list[sns.ITopic]:
        return [
            sns.Topic.from_topic_arn(self, f"TeamTopic{number}", arn)
            for number, arn in enumerate(scaling.alarm_topics, start=1)
        ]

    def _every(self, rate: Duration, function: lambda_.IFunction, name: str, what: str) -> None:
        """A start that is late is no use: the next one is near."""
        settings = self._names.settings.schedules
        events.Rule(
            self,
            f"Every-{name}",
            rule_name=f"{self._names.prefix}-scaling-{name}",
            description=what,
            schedule=events.Schedule.rate(rate),
            enabled=settings.enabled,
            targets=[
                targets.LambdaFunction(
                    function, dead_letter_queue=self._undelivered, retry_attempts=0, max_event_age=Duration.minutes(1)
                )
            ],
        )
