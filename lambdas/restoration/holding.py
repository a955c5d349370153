"""Who holds the source, and who leads the platform: a redrive brings a restore back that others may have followed."""

from datetime import timedelta

from lambdas.adapters import aws, executions
from lambdas.adapters.restores import Restores
from lambdas.errors import RestoreInProgress, RestoreSuperseded
from lambdas.restore_contracts import Restoration
from lambdas.settings import Settings

# The state machine's own TimeoutSeconds (8 days: an approval may take a week), and an hour.
LONGEST_EXECUTION = timedelta(days=8, hours=1)


def hold(restoration: Restoration, settings: Settings) -> None:
    """One restore at a time; the lock of an execution that no longer runs is taken over.

    Raises RestoreInProgress when another one runs, with the lock or, redriven, without it.
    """
    restores = _restores(settings)
    until = restoration.opened_at + LONGEST_EXECUTION
    holder = restores.lock(restoration, until=until)
    if holder is not None and not _runs(holder):
        holder = restores.take_over(restoration, holder=holder, until=until)
    if holder is not None:
        raise _in_progress(restoration, holder)
    for each in restores.running():
        if each.source == restoration.source and each.execution != restoration.execution and _runs(each.execution):
            restores.unlock(source=restoration.source, execution=restoration.execution)
            raise _in_progress(restoration, each.execution)
    restores.open(restoration)


def lead(restoration: Restoration, settings: Settings) -> None:
    """Enter that this restore leads the platform from now on. Raises as `require`."""
    require(restoration, settings)
    _restores(settings).lead(restoration)


def require(restoration: Restoration, settings: Settings) -> None:
    """Whatever changes the old database or a name asks this first, for it may have been redriven days later.

    The lock of a stopped restore is taken over by the next one, and free after it. That alone keeps nobody from going
    on: the next one may have been refused. Raises RestoreInProgress when another one holds the source now, and
    RestoreSuperseded when one that began later has led the platform.
    """
    restores = _restores(settings)
    holder = restores.holder(restoration.source)
    if holder == restoration.execution:
        return
    if holder is not None and _runs(holder):
        raise _in_progress(restoration, holder)
    later = [each for each in restores.leaders(restoration.source) if each.opened_at > restoration.opened_at]
    if later:
        raise RestoreSuperseded(restoration.id, by=later[0].id, resource=restoration.source)


def _restores(settings: Settings) -> Restores:
    return Restores(settings.evidence.table, aws.client("dynamodb"))


def _runs(execution: str) -> bool:
    found = executions.door().execution(execution)
    return found is not None and found.runs


def _in_progress(restoration: Restoration, holder: str) -> RestoreInProgress:
    return RestoreInProgress(
        f"Another restore of this source runs: {holder}.",
        resource=restoration.source,
        next_step="Answer it (`day2 approvals`) or stop that execution, then start again.",
    )
