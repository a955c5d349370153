"""What starts the workflows without a person: schedules, and a drill's death."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk.constructs.roles import role
from cdk.findings import accept
from cdk.names import DRILL, SWEEP, Names
from cdk.permissions.starting import keep_undelivered, start

# Scheduler replaces it at delivery; the first step claims this slot, so that a second delivery drills nothing.
SLOT = "<aws.scheduler.scheduled-time>"
_RETRIES = 8
_RETRY_HOURS = 6
_DIED = ["FAILED", "TIMED_OUT", "ABORTED"]


class Undelivered(Construct):
    """The queue of starts that could not be delivered; an alarm looks at its depth."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=names.undelivered,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        accept(
            self.queue,
            "SQS3",
            reason="The queue of undelivered starts is itself the dead-letter queue of the schedules and the rule.",
        )


class Schedules(Construct):
    """The drills' and the sweep's schedules, in the wall-clock time of the settings' time zone."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names, undelivered: sqs.IQueue) -> None:
        super().__init__(scope, construct_id)
        self._names = names
        self._undelivered = undelivered
        self._settings = names.settings.schedules
        self._group = scheduler.CfnScheduleGroup(self, "Group", name=names.schedule_group)
        self._role = role(
            self,
            "Role",
            service="scheduler",
            description="The schedules: start drills and the sweep.",
            trust={"StringEquals": {"aws:SourceAccount": names.settings.aws.account}},
            statements=(start(names, DRILL, SWEEP), keep_undelivered(names)),
        )
        for name, drill in self._settings.drills.items():
            self._schedule(
                name,
                cron=drill.cron,
                workflow=DRILL,
                what=f"A restore drill from the {drill.recovery_point}",
                request={"recovery_point": drill.recovery_point, "slot": SLOT, "started_by": f"schedule {name}"},
            )
        self._schedule(
            "sweep",
            cron=self._settings.sweep_cron,
            workflow=SWEEP,
            what="Delete what dead drills left behind, count the days since the last passed drill",
            request={},
        )

    def _schedule(self, name: str, *, cron: str, workflow: str, what: str, request: Mapping[str, Any]) -> None:
        minutes = self._settings.flexible_minutes
        schedule = scheduler.CfnSchedule(
            self,
            f"Schedule-{name}",
            name=name,
            description=what,
            group_name=self._group.ref,
            schedule_expression=cron,
            schedule_expression_timezone=self._settings.time_zone,
            state="ENABLED" if self._settings.enabled else "DISABLED",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
                mode="FLEXIBLE" if minutes else "OFF", maximum_window_in_minutes=minutes or None
            ),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self._names.machine_arn(workflow),
                role_arn=self._role.role_arn,
                input=json.dumps(request),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=_RETRIES, maximum_event_age_in_seconds=_RETRY_HOURS * 3600
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self._undelivered.queue_arn),
            ),
        )
        schedule.node.add_dependency(self._role)


class CleanUpAfterDeath(Construct):
    """A drill that failed, timed out or was stopped starts the sweep for its execution.

    Catch sees neither an execution's own time-out nor a stop by hand; this does.
    """

    def __init__(  # noqa: PLR0913  what it joins, each by its name
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        drill: sfn.IStateMachine,
        sweep: sfn.IStateMachine,
        undelivered: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        starter = role(
            self,
            "Role",
            service="events",
            description="The clean-up rule: starts the sweep after a drill that did not succeed.",
            trust={"StringEquals": {"aws:SourceAccount": names.settings.aws.account}},
            statements=(start(names, SWEEP),),
        )
        events.Rule(
            self,
            "Rule",
            rule_name=f"{names.prefix}-clean-up",
            description="A drill that did not succeed: sweep what it may have left",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"status": _DIED, "stateMachineArn": [drill.state_machine_arn]},
            ),
            targets=[
                targets.SfnStateMachine(
                    sweep,
                    role=starter,
                    input=events.RuleTargetInput.from_object(
                        {"execution": events.EventField.from_path("$.detail.executionArn")}
                    ),
                    dead_letter_queue=undelivered,
                    retry_attempts=_RETRIES,
                    max_event_age=Duration.hours(_RETRY_HOURS),
                )
            ],
        )
