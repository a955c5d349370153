"""JudgePromise: kept, not due, or broken; a broken one is told, with the cause that AWS gives."""

from datetime import timedelta

from lambdas.adapters import aws, fleet, node_groups
from lambdas.adapters.scalings import Scalings
from lambdas.adapters.topic import Topic
from lambdas.evidence import metrics
from lambdas.runtime import Call, step
from lambdas.scaling import measures
from lambdas.scaling.calendar import is_holiday
from lambdas.scaling.groups import cluster_of, scaling_of
from lambdas.scaling.present import group_of
from lambdas.scaling.promise import Counted, Promise, Seen, judge, message

_LOOK_BACK = timedelta(hours=1)


@step
def handler(call: Call) -> Promise:
    """Take `counted`; announce a broken promise."""
    counted = call.take(Counted, "counted")
    promise = judge(_look(call, counted), call.now)
    environment = call.settings.environment
    metrics.publish(measures.of_promise(promise, environment=environment, role=counted.role), at=call.now)
    note = message(promise, counted, environment=environment, now=call.context.entered_at)
    if note is not None:
        Topic(call.settings.evidence.topic, aws.client("sns")).announce(subject=note.subject, body=note.body)
    return promise


def _look(call: Call, counted: Counted) -> Seen:
    cluster = cluster_of(call.settings)
    group = group_of(cluster, counted.node_group, counted.role)
    late = counted.ready < counted.wanted
    failures = fleet.door().failures(group.auto_scaling_group, since=call.now - _LOOK_BACK) if late else ()
    return Seen(
        desired=group.sizes.desired,
        ready=counted.ready,
        wanted=counted.wanted,
        holiday=is_holiday(call.now, scaling_of(call.settings)),
        standing=Scalings(call.settings.evidence.table, aws.client("dynamodb")).standing(counted.node_group),
        health=node_groups.door().health(cluster, counted.node_group) if late else (),
        failures=tuple(each.why for each in failures),
    )
