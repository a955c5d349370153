"""FindOrphans: what drills that no longer run have left behind, by tag, prefix, execution and age."""

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.adapters import aws, executions, rds
from lambdas.adapters.ledger import Ledger
from lambdas.contracts import Drill
from lambdas.errors import InputRejected
from lambdas.recovery import names
from lambdas.recovery.names import DRILL_TAG, WRITER_SUFFIX, is_under_prefix
from lambdas.recovery.orphans import Fate, Seen, Sweep, Trace, executions_to_ask, judge
from lambdas.runtime import Call, step
from lambdas.settings import Settings

# `Comment` is what the console's start dialog is filled with.
_FIELDS = frozenset({"execution", "Comment"})


@step
def handler(call: Call) -> Sweep:
    """Take `request`: `{}` for everything, `{"execution": ARN}` for what one execution left."""
    only_execution = one_execution(call.event["request"])
    ledger = Ledger(call.settings.evidence.table, aws.client("dynamodb")).running()
    traces = _traces(call.settings, ledger)
    fates = {arn: _fate(arn) for arn in executions_to_ask(traces, ledger, settings=call.settings)}
    seen = Seen(traces=traces, ledger=ledger, fates=fates)
    return judge(seen, settings=call.settings, now=call.now, only_execution=only_execution)


def one_execution(request: Any) -> str | None:
    """The execution that the sweep is for; None for all. Raises InputRejected with every fault of the request."""
    if not isinstance(request, Mapping):
        raise InputRejected(("request: an object is expected, {} for a sweep of everything",))
    execution = request.get("execution")
    faults = [
        *(f"request.{name}: unknown field; a request has execution" for name in request if name not in _FIELDS),
        *(
            ("request.execution: an execution's ARN is expected",)
            if execution is not None and not (isinstance(execution, str) and execution.startswith("arn:"))
            else ()
        ),
    ]
    if faults:
        raise InputRejected(faults)
    return execution


def _fate(arn: str) -> Fate:
    execution = executions.door().execution(arn)
    if execution is None:
        return Fate(runs=None)
    return Fate(runs=execution.runs, stopped_at=execution.stopped_at, status=execution.status)


def _traces(settings: Settings, ledger: Sequence[Drill]) -> tuple[Trace, ...]:
    """Everything in RDS that bears the prefix or a drill's tag."""
    door = rds.door()
    clusters = door.clusters()
    # What AWS backs up by itself bears no tags of its own, and goes with the cluster that it is of, a little later.
    automatic = {each.target: names.tags(each) for each in ledger} | {each.name: each.tags for each in clusters}
    found = (
        *(
            Trace(kind="cluster", name=each.name, target=each.name, tags=each.tags, created_at=each.created_at)
            for each in clusters
        ),
        *(
            Trace(
                kind="instance",
                name=each.name,
                target=each.cluster or each.name.removesuffix(WRITER_SUFFIX),
                tags=each.tags,
                created_at=each.created_at,
            )
            for each in door.instances()
        ),
        *(
            Trace(
                kind="snapshot",
                name=each.name,
                target=each.cluster,
                tags=each.tags or (automatic.get(each.cluster, {}) if each.type == "automated" else {}),
                created_at=each.created_at,
            )
            for each in door.snapshots()
        ),
        *(
            Trace(
                kind="automated backup",
                name=each.resource_id,
                target=each.cluster,
                tags=each.tags or automatic.get(each.cluster, {}),
            )
            for each in door.automated_backups()
        ),
    )
    return tuple(each for each in found if DRILL_TAG in each.tags or is_under_prefix(each.target, settings))
