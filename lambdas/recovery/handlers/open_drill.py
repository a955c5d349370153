"""OpenDrill: judge the request, claim the schedule's slot, hold the source, name everything."""

from datetime import timedelta

from lambdas.adapters import aws, rds
from lambdas.adapters.ledger import Ledger
from lambdas.contracts import Drill
from lambdas.errors import DrillInProgress, InputRejected
from lambdas.recovery import names
from lambdas.recovery.recovery_points import problems
from lambdas.recovery.request import Reading, Request, read_request
from lambdas.recovery.restoring import LONGEST_EXECUTION, PATIENCE
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> Drill:
    """Take `request`, any JSON value. Nothing is written before everything in it was judged."""
    reading = read_request(call.event["request"], settings=call.settings, now=call.now)
    faults = (*reading.faults, *_faults_in_the_world(call, reading))
    if faults:
        raise InputRejected(faults)
    drill = _name(call, reading.request)
    ledger = Ledger(call.settings.evidence.table, aws.client("dynamodb"))
    if drill.slot is not None and not ledger.claim_slot(
        source=drill.source, recovery_point=drill.recovery_point, slot=drill.slot, execution=drill.execution
    ):
        return _name(call, reading.request, duplicate=True)
    _hold_source(ledger, drill, call)
    ledger.open_drill(drill)
    return drill


def _faults_in_the_world(call: Call, reading: Reading) -> tuple[str, ...]:
    """What the snapshots and windows that exist have against the request."""
    selector = reading.request.recovery_point
    if selector.form in ("latest-snapshot", "latest-restorable-time"):
        return ()
    inventory = rds.door().inventory(call.settings.source, named=selector.snapshot)
    found = problems(selector, inventory, source=call.settings.source)
    return tuple(f"request.recovery_point: {each}" for each in found)


def _name(call: Call, request: Request, *, duplicate: bool = False) -> Drill:
    """The drill, from its execution and nothing else that could differ at a retry."""
    settings, context = call.settings, call.context
    id_ = names.drill_id(execution=context.execution, started_at=context.execution_started_at)
    target = names.require_drill_name(request.target or names.target_of(id_, settings), settings)
    patience = timedelta(minutes=settings.objectives.rto_minutes) * PATIENCE
    execution_name = context.execution.rpartition(":")[2]
    return Drill(
        id=id_,
        environment=settings.environment,
        source=settings.source,
        target=target,
        writer=names.writer_of(target),
        namespace=target,
        execution=context.execution,
        opened_at=context.execution_started_at,
        give_up_at=context.execution_started_at + patience,
        recovery_point=str(request.recovery_point),
        started_by=request.started_by or f"not told; see CloudTrail's StartExecution of {execution_name}",
        reason=request.reason,
        slot=request.slot,
        duplicate=duplicate,
        accept_shrunk_tables=request.accept_shrunk_tables,
    )


def _hold_source(ledger: Ledger, drill: Drill, call: Call) -> None:
    holder = ledger.lock(
        source=drill.source,
        execution=drill.execution,
        drill=drill.id,
        until=drill.opened_at + LONGEST_EXECUTION,
        now=call.now,
    )
    if holder is not None:
        raise DrillInProgress(
            f"Another drill of this source runs: {holder}.",
            resource=drill.source,
            next_step="Wait until it has ended, or stop that execution; the sweep then frees the source.",
        )
