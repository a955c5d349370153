"""Whose evidence it is, also when the first step died before it could say so."""

from collections.abc import Callable, Mapping
from typing import Any

from lambdas import payload
from lambdas.contracts import Drill, StepContext
from lambdas.recovery.names import drill_id
from lambdas.settings import Settings


def drill_of(
    state: Mapping[str, Any], *, context: StepContext, settings: Settings, running: Callable[[], tuple[Drill, ...]]
) -> dict[str, Any]:
    """The state's `drill`; else the one this execution entered into the ledger; else what the execution alone tells.

    The last holds an id, the execution, the configured source and the start, and nothing that is not known.
    """
    if state.get("drill"):
        return dict(state["drill"])
    execution, started_at = context.execution, context.execution_started_at
    for drill in running():
        if drill.execution == execution:
            found: dict[str, Any] = payload.write(drill)
            return found
    return {
        "id": drill_id(execution=execution, started_at=started_at),
        "environment": settings.environment,
        "source": settings.source,
        "execution": execution,
        "opened_at": payload.instant(started_at),
    }
