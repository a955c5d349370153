"""OpenScaling: judge the request, claim the schedule's slot or the alarm's transition, name everything."""

from dataclasses import replace

from lambdas.adapters import aws
from lambdas.adapters.scalings import Scalings
from lambdas.errors import InputRejected
from lambdas.recovery.names import drill_id
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import ScalingRun
from lambdas.scaling.groups import cluster_of, policy_of, scaling_of
from lambdas.scaling.request import Request, demand_of, read_request


@step
def handler(call: Call) -> ScalingRun:
    """Take `request`, any JSON value. Nothing is written before everything in it was judged, nor for a dry run."""
    scaling, cluster = scaling_of(call.settings), cluster_of(call.settings)
    reading = read_request(call.event["request"], scaling=scaling, now=call.now)
    if reading.faults:
        raise InputRejected(reading.faults)
    run = _name(call, reading.request, cluster=cluster)
    return run if run.dry_run or _claimed(call, reading.request, run) else replace(run, duplicate=True)


def _claimed(call: Call, request: Request, run: ScalingRun) -> bool:
    """Whether this execution has the slot or the transition; a person's request is its own."""
    by, moment = (request.schedule, request.slot) if request.schedule else (request.alarm, request.transition)
    if by is None or moment is None:
        return True
    scalings = Scalings(call.settings.evidence.table, aws.client("dynamodb"))
    return scalings.claim(group=run.node_group, by=by, moment=moment, execution=run.execution)


def _name(call: Call, request: Request, *, cluster: str) -> ScalingRun:
    """The scaling, from its execution and nothing else that could differ at a retry."""
    assert request.role is not None  # noqa: S101  it was judged
    context, policy = call.context, policy_of(call.settings, request.role)
    started_at = context.execution_started_at
    by = f"schedule {request.schedule}" if request.schedule else f"alarm {request.alarm}" if request.alarm else ""
    name = context.execution.rpartition(":")[2]
    return ScalingRun(
        id=drill_id(execution=context.execution, started_at=started_at),
        environment=call.settings.environment,
        execution=context.execution,
        opened_at=started_at,
        started_by=by or request.started_by or f"not told; see CloudTrail's StartExecution of {name}",
        cluster=cluster,
        node_group=policy.node_group,
        demand=demand_of(request, policy, started_at=started_at),
        until=request.until,
        dry_run=request.dry_run,
    )
