"""Redrive after a stop by hand, from any state: the restore goes on as if it had not been stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from .faults import at
from .harness import Invocation
from .interpreter import Execution
from .restoring import AUTOMATIC, OLD, RESTORE, Stage, stage
from .test_restore_faults import BACK, ENDS, FORTH, ended_well

SWAP = {**AUTOMATIC, "strategy": "swap-identifiers"}


def stopped_everywhere(here: Stage, request: Mapping[str, Any], *, sick: bool = False) -> tuple[Execution, set[str]]:
    """Stop a restore in every state once, whose step takes effect all the same; redrive it each time a minute later.

    How it ended, and where it was stopped.
    """
    stopped: set[str] = set()

    def meddle(call: Invocation, work: Callable[[], Any]) -> Any:
        execution = here.world.executions[call.execution]
        if sick and call.state == "Soak":
            here.platform.unhealthy.add(here.restored(execution))
        if call.state not in stopped:
            stopped.add(call.state)
            execution.abort()
        return work()

    here.world.on_invoke = meddle
    execution = here.restore(request)
    while execution.status == "ABORTED":
        here.world.time.now += timedelta(minutes=1)
        execution = here.world.wait(here.world.redrive(execution))
    return execution, stopped


def test_it_goes_on_to_the_restored_database() -> None:
    with stage() as here:
        execution, stopped = stopped_everywhere(here, AUTOMATIC)
        assert (execution.status, execution.error) == ("SUCCEEDED", None)
        assert stopped >= {*FORTH, *ENDS}
        assert here.platform.serving() == {here.restored(execution)}
        assert here.platform.of(OLD).read_only
        ended_well(here, execution)


def test_it_goes_on_with_swapped_names() -> None:
    with stage() as here:
        execution, stopped = stopped_everywhere(here, SWAP)
        assert (execution.status, execution.error) == ("SUCCEEDED", None)
        assert "SwapIdentifiers" in stopped
        ended_well(here, execution)


def test_it_goes_on_back_to_the_old_database() -> None:
    with stage() as here:
        execution, stopped = stopped_everywhere(here, AUTOMATIC, sick=True)
        assert (execution.status, execution.error) == ("FAILED", "PlatformNotHealthy")
        assert stopped >= set(BACK) - {"BackSwapIdentifiers"}
        assert here.as_before()
        ended_well(here, execution)


def test_it_goes_on_taking_the_names_back() -> None:
    with stage() as here:
        execution, stopped = stopped_everywhere(here, SWAP, sick=True)
        assert execution.error == "PlatformNotHealthy"
        assert "BackSwapIdentifiers" in stopped
        assert here.as_before()


@pytest.mark.parametrize("state", ["AwaitStopped", "AwaitRollout", "Soak"])
def test_hours_later_it_goes_on_as_well(state: str) -> None:
    """What a step waits for is counted from the entry of its state, which a redrive enters anew."""
    with stage() as here:

        def stop(call: Invocation, work: Callable[[], Any]) -> Any:
            here.world.executions[call.execution].abort()
            here.world.on_invoke = lambda _, work: work()
            return work()

        at(here.world, state, stop, machine=RESTORE)
        execution = here.restore()
        here.world.time.now += timedelta(hours=5)
        execution = here.world.wait(here.world.redrive(execution))
        assert (execution.status, execution.error) == ("SUCCEEDED", None)
        ended_well(here, execution)
