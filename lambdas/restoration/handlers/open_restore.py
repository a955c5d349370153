"""OpenRestore: judge the request, hold the source against a second restore, name everything."""

from datetime import timedelta

from lambdas.adapters import rds
from lambdas.errors import InputRejected
from lambdas.recovery.names import drill_id
from lambdas.recovery.recovery_points import problems
from lambdas.restoration import holding, names
from lambdas.restoration.request import Reading, Request, read_request
from lambdas.restore_contracts import Restoration
from lambdas.runtime import Call, step

# A large volume takes hours; a restore that is late is still wanted, one that does not end in half a day is not coming.
PATIENCE = timedelta(hours=12)


@step
def handler(call: Call) -> Restoration:
    """Take `request`, any JSON value. Nothing is written before everything in it was judged, nor for a dry run."""
    reading = read_request(call.event["request"], settings=call.settings, now=call.now)
    faults = (*reading.faults, *_faults_in_the_world(call, reading))
    if faults:
        raise InputRejected(faults)
    restoration = names.require_target(_name(call, reading.request), call.settings)
    if not restoration.dry_run:
        holding.hold(restoration, call.settings)
    return restoration


def _faults_in_the_world(call: Call, reading: Reading) -> tuple[str, ...]:
    """What the snapshots and windows that exist have against the request."""
    selector = reading.request.recovery_point
    if selector is None or selector.form in ("latest-snapshot", "latest-restorable-time"):
        return ()
    inventory = rds.door().inventory(call.settings.source, named=selector.snapshot)
    found = problems(selector, inventory, source=call.settings.source)
    return tuple(f"request.recovery_point: {each}" for each in found)


def _name(call: Call, request: Request) -> Restoration:
    """The restore, from its execution and nothing else that could differ at a retry."""
    settings, context = call.settings, call.context
    restore = names.of(settings)
    id_ = drill_id(execution=context.execution, started_at=context.execution_started_at)
    execution_name = context.execution.rpartition(":")[2]
    return Restoration(
        id=id_,
        environment=settings.environment,
        source=settings.source,
        target=request.target or names.target_of(id_, restore),
        old_name=names.old_name_of(id_, restore),
        execution=context.execution,
        opened_at=context.execution_started_at,
        give_up_at=context.execution_started_at + PATIENCE,
        recovery_point=str(request.recovery_point),
        cut_over=request.cut_over,
        strategy=request.strategy,
        dry_run=request.dry_run,
        started_by=request.started_by or f"not told; see CloudTrail's StartExecution of {execution_name}",
        reason=request.reason,
        ticket=request.ticket,
        approval_seconds=restore.approval_minutes * 60,
        soak_seconds=round(restore.soak_minutes * 60),
    )
