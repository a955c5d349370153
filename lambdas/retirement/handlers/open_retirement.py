"""OpenRetirement: judge the request against the platform as it stands, hold the cluster, name everything."""

from datetime import timedelta

from lambdas.adapters import aws, executions, rds, secrets
from lambdas.adapters.restores import Restores
from lambdas.adapters.retirements import Retirements
from lambdas.errors import InputRejected, RetirementInProgress
from lambdas.recovery.names import drill_id
from lambdas.restoration.names import platform_of
from lambdas.restore_contracts import Restoration
from lambdas.retirement import deciding, names
from lambdas.retirement.contracts import Retirement
from lambdas.retirement.deciding import World
from lambdas.retirement.request import Request, read_request
from lambdas.runtime import Call, step

# The state machine's own TimeoutSeconds (6 h), and an hour.
LONGEST_EXECUTION = timedelta(hours=7)


@step
def handler(call: Call) -> Retirement:
    """Take `request`, any JSON value. Nothing is written before everything in it was judged, nor for a dry run."""
    reading = read_request(call.event["request"])
    name = reading.request.cluster
    if not name:
        raise InputRejected(reading.faults)
    world = _look(call)
    if faults := (*reading.faults, *deciding.faults(name, world, call.settings)):
        raise InputRejected(faults)
    retirement = _name(call, reading.request, world)
    if not retirement.dry_run:
        _hold(retirement, call)
    return retirement


def _look(call: Call) -> World:
    return World(
        clusters=rds.door().clusters(),
        instances=rds.door().instances(),
        host=secrets.door().connection(platform_of(call.settings).connection_secret).host,
        restores=_running(call),
    )


def _running(call: Call) -> tuple[Restoration, ...]:
    """The restores whose executions run; the ledger knows those too that died without a word."""
    opened = Restores(call.settings.evidence.table, aws.client("dynamodb")).running()
    found = ((each, executions.door().execution(each.execution)) for each in opened)
    return tuple(each for each, execution in found if execution is not None and execution.runs)


def _name(call: Call, request: Request, world: World) -> Retirement:
    """The retirement, from its execution and the cluster that was judged."""
    context = call.context
    cluster, successor = world.cluster(request.cluster), world.successor(request.cluster, call.settings)
    assert cluster is not None  # noqa: S101  both were judged
    assert successor is not None  # noqa: S101
    id_ = drill_id(execution=context.execution, started_at=context.execution_started_at)
    return Retirement(
        id=id_,
        environment=call.settings.environment,
        cluster=cluster.name,
        resource_id=cluster.resource_id,
        execution=context.execution,
        opened_at=context.execution_started_at,
        started_by=request.started_by
        or f"not told; see CloudTrail's StartExecution of {context.execution.rpartition(':')[2]}",
        reason=request.reason,
        ticket=request.ticket,
        dry_run=request.dry_run,
        successor=successor.name,
        snapshot=names.snapshot_of(cluster.name, id_),
        instances=tuple(each.name for each in names.members(cluster, world.instances)),
        endpoint=cluster.endpoint or "",
        hosts=deciding.hosts(cluster, world.instances),
        port=cluster.port or call.settings.database.port,
    )


def _hold(retirement: Retirement, call: Call) -> None:
    """One retirement of a cluster at a time; the lock of an execution that no longer runs is taken over."""
    retirements = Retirements(call.settings.evidence.table, aws.client("dynamodb"))
    until = retirement.opened_at + LONGEST_EXECUTION
    holder = retirements.lock(retirement, until=until)
    if holder is None:
        return
    execution = executions.door().execution(holder)
    if execution is None or not execution.runs:
        holder = retirements.take_over(retirement, holder=holder, until=until)
    if holder is not None:
        raise RetirementInProgress(
            f"It is being retired already: {holder}.",
            resource=retirement.cluster,
            next_step="Nothing to do: watch that execution.",
        )
