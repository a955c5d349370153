"""HoldGroup: one scaling of a node group at a time, with the group and what was said of it as they are now."""

from datetime import timedelta

from lambdas.adapters import aws, executions
from lambdas.adapters.scalings import Scalings
from lambdas.errors import GroupBusy
from lambdas.runtime import Call, step
from lambdas.scaling.contracts import Held, ScalingRun
from lambdas.scaling.present import group_of

# The state machine's own TimeoutSeconds (6 h), and an hour.
LONGEST_EXECUTION = timedelta(hours=7)


@step
def handler(call: Call) -> Held:
    """Take `run`. A dry run holds nothing. The lock of an execution that no longer runs is taken over."""
    run = call.take(ScalingRun, "run")
    scalings = Scalings(call.settings.evidence.table, aws.client("dynamodb"))
    if not run.dry_run:
        _hold(scalings, run)
    return Held(
        group=group_of(run.cluster, run.node_group, run.demand.role), standing=scalings.standing(run.node_group)
    )


def _hold(scalings: Scalings, run: ScalingRun) -> None:
    until = run.opened_at + LONGEST_EXECUTION
    holder = scalings.lock(run, until=until)
    if holder is None:
        return
    execution = executions.door().execution(holder)
    if execution is None or not execution.runs:
        holder = scalings.take_over(run, holder=holder, until=until)
    if holder is not None:
        raise GroupBusy(
            f"It is being scaled by another execution: {holder}.",
            resource=run.node_group,
            next_step="Nothing to do: it waits until that one lets go.",
        )
