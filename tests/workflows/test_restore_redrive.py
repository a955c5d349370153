"""Redrive after a stop by hand, from any state: the restore goes on as if it had not been stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from .harness import Invocation
from .restoring import AUTOMATIC, OLD, Stage, stage
from .test_restore_faults import BACK, FENCED_FROM, FORTH, ended_well

SWAP = {**AUTOMATIC, "strategy": "swap-identifiers"}


def stopped_and_redriven(here: Stage, state: str, request: Mapping[str, Any], *, sick: bool = False) -> Any:
    """Stop a restore in this state, whose step takes effect all the same; an hour later, redrive it to its end."""
    stops = [1]

    def meddle(call: Invocation, work: Callable[[], Any]) -> Any:
        execution = here.world.executions[call.execution]
        if sick and call.state == "Soak":
            here.platform.unhealthy.add(here.restored(execution))
        if call.state == state and stops:
            stops.clear()
            execution.abort()
        return work()

    here.world.on_invoke = meddle
    execution = here.restore(request)
    assert execution.status == "ABORTED"
    here.world.time.now += timedelta(hours=1)
    return here.world.wait(here.world.redrive(execution))


# Before the fence a few stand for all: each of them only looks, or adopts what it has made.
@pytest.mark.parametrize("state", ["RestoreBeside", "AddInstances", "RememberDatabase", *FORTH[FENCED_FROM:]])
def test_it_goes_on_to_the_restored_database(state: str) -> None:
    with stage() as here:
        execution = stopped_and_redriven(here, state, AUTOMATIC)
        assert (execution.status, execution.error) == ("SUCCEEDED", None)
        assert here.platform.serving() == {here.restored(execution)}
        assert here.platform.of(OLD).read_only
        ended_well(here, execution)


@pytest.mark.parametrize("state", ["FenceDatabase", "SwapIdentifiers", "LocateDatabases", "Soak"])
def test_it_goes_on_with_swapped_names(state: str) -> None:
    with stage() as here:
        execution = stopped_and_redriven(here, state, SWAP)
        assert (execution.status, execution.error) == ("SUCCEEDED", None)
        ended_well(here, execution)


@pytest.mark.parametrize("state", [each for each in BACK if each != "BackSwapIdentifiers"])
def test_it_goes_on_back_to_the_old_database(state: str) -> None:
    with stage() as here:
        execution = stopped_and_redriven(here, state, AUTOMATIC, sick=True)
        assert (execution.status, execution.error) == ("FAILED", "PlatformNotHealthy")
        assert here.as_before()
        ended_well(here, execution)


def test_it_goes_on_taking_the_names_back() -> None:
    with stage() as here:
        execution = stopped_and_redriven(here, "BackSwapIdentifiers", SWAP, sick=True)
        assert execution.error == "PlatformNotHealthy"
        assert here.as_before()
