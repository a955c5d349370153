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
from cdk.names import DRILL, READY, SCALE, SWEEP, Names
from cdk.permissions.starting import keep_undelivered, start
from cdk.scaling_starts import SLOT, starts
from cdk.settings import Scaling

_RETRIES = 8
_GIVE_UP = Duration.hours(6)
# A size that was meant for another time of the day: by then a person has ordered it, or the next schedule is near.
_STALE = Duration.minutes(30)
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


class Clock(Construct):
    """Schedules of one group, in the wall-clock time of one zone, with the role that starts what they start."""

    def __init__(  # noqa: PLR0913  what it is made of, each by its name
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        undelivered: sqs.IQueue,
        group: str,
        time_zone: str,
        workflows: tuple[str, ...],
        what: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._names = names
        self._undelivered = undelivered
        self._time_zone = time_zone
        self._group = scheduler.CfnScheduleGroup(self, "Group", name=group)
        self._role = role(
            self,
            "Role",
            service="scheduler",
            description=what,
            trust={"StringEquals": {"aws:SourceAccount": names.settings.aws.account}},
            statements=(start(names, *workflows), keep_undelivered(names)),
        )

    def schedule(  # noqa: PLR0913  what a schedule is made of, each by its name
        self,
        name: str,
        *,
        cron: str,
        workflow: str,
        what: str,
        request: Mapping[str, Any],
        flexible_minutes: int = 0,
        give_up: Duration | None = None,
    ) -> None:
        """`give_up` is how long a start is tried again that could not be delivered. Left out: six hours."""
        schedule = scheduler.CfnSchedule(
            self,
            f"Schedule-{name}",
            name=name,
            description=what,
            group_name=self._group.ref,
            schedule_expression=cron,
            schedule_expression_timezone=self._time_zone,
            state="ENABLED" if self._names.settings.schedules.enabled else "DISABLED",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
                mode="FLEXIBLE" if flexible_minutes else "OFF", maximum_window_in_minutes=flexible_minutes or None
            ),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self._names.machine_arn(workflow),
                role_arn=self._role.role_arn,
                input=json.dumps(request),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=_RETRIES,
                    maximum_event_age_in_seconds=int((give_up or _GIVE_UP).to_seconds()),
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self._undelivered.queue_arn),
            ),
        )
        schedule.node.add_dependency(self._role)


def drills_by_the_clock(scope: Construct, *, names: Names, undelivered: sqs.IQueue) -> Clock:
    """The drills' and the sweep's schedules."""
    settings = names.settings.schedules
    clock = Clock(
        scope,
        "Schedules",
        names=names,
        undelivered=undelivered,
        group=names.schedule_group,
        time_zone=settings.time_zone,
        workflows=(DRILL, SWEEP),
        what="The schedules: start drills and the sweep.",
    )
    for name, drill in settings.drills.items():
        clock.schedule(
            name,
            cron=drill.cron,
            workflow=DRILL,
            what=f"A restore drill from the {drill.recovery_point}",
            request={"recovery_point": drill.recovery_point, "slot": SLOT, "started_by": f"schedule {name}"},
            flexible_minutes=settings.flexible_minutes,
        )
    clock.schedule(
        "sweep",
        cron=settings.sweep_cron,
        workflow=SWEEP,
        what="Delete what dead drills left behind, count the days since the last passed drill",
        request={},
        flexible_minutes=settings.flexible_minutes,
    )
    return clock


def scalings_by_the_clock(scope: Construct, *, names: Names, scaling: Scaling, undelivered: sqs.IQueue) -> Clock:
    """The schedules of node groups, `<role>-<name>`: to the minute, and not at all when they are late.

    One that is ordered ahead has a second, `<role>-<name>-ready`, at the time for which it promises its nodes.
    """
    clock = Clock(
        scope,
        "ScalingSchedules",
        names=names,
        undelivered=undelivered,
        group=names.scaling_schedule_group,
        time_zone=scaling.time_zone,
        workflows=(SCALE, READY),
        what="The scaling schedules: start scalings.",
    )
    for each in starts(scaling):
        clock.schedule(
            each.name, cron=each.cron, workflow=each.workflow, what=each.what, request=each.request, give_up=_STALE
        )
    return clock


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
                    max_event_age=_GIVE_UP,
                )
            ],
        )
