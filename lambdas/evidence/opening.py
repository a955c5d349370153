"""Whose evidence it is, a drill's or a restore's, also when the first step died before it could say so."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lambdas import payload
from lambdas.contracts import Drill, Run, StepContext
from lambdas.recovery.names import drill_id
from lambdas.restore_contracts import Restoration
from lambdas.settings import Settings


def drill_of(
    state: Mapping[str, Any], *, context: StepContext, settings: Settings, running: Callable[[], tuple[Drill, ...]]
) -> dict[str, Any]:
    """The state's `drill`; else the one this execution entered into the ledger; else what the execution alone tells.

    The last holds an id, the execution, the configured source and the start, and nothing that is not known.
    """
    return dict(state["drill"]) if state.get("drill") else _found(context, settings, running())


def restoration_of(
    state: Mapping[str, Any],
    *,
    context: StepContext,
    settings: Settings,
    running: Callable[[], tuple[Restoration, ...]],
) -> dict[str, Any]:
    """The same of a restore, whose state has a `restoration`."""
    return dict(state["restoration"]) if state.get("restoration") else _found(context, settings, running())


def _found(context: StepContext, settings: Settings, running: Iterable[Run]) -> dict[str, Any]:
    execution, started_at = context.execution, context.execution_started_at
    for run in running:
        if run.execution == execution:
            found: dict[str, Any] = payload.write(run)
            return found
    return {
        "id": drill_id(execution=execution, started_at=started_at),
        "environment": settings.environment,
        "source": settings.source,
        "execution": execution,
        "opened_at": payload.instant(started_at),
    }
