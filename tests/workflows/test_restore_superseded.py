"""A stopped restore that is redriven after another one: only one of them ever leads the platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .faults import at
from .harness import Invocation
from .interpreter import Execution
from .restoring import AUTOMATIC, OLD, RESTORE, Stage, stage
from .test_restore_again import KNOWN_GROUPS, SWAP, groups, stopped


def stopped_on_its_way_back(here: Stage, state: str, request: dict[str, Any] | Any = AUTOMATIC) -> Execution:
    """A restore whose database was sick, and that somebody stopped right before this state's work."""

    def stop(call: Invocation, work: Callable[[], Any]) -> Any:
        execution = here.world.executions[call.execution]
        if call.state == "Soak":
            here.platform.unhealthy.add(here.restored(execution))
        if call.state == state:
            execution.abort()
        return work()

    here.world.on_invoke = stop
    execution = here.restore(request, name=f"stopped-at-{state}")
    assert execution.status == "ABORTED"
    here.world.on_invoke = lambda _, work: work()
    return execution


def superseded(here: Stage, first: Execution, second: Execution) -> None:
    """Redriven, `first` ends with the name of what it met, and the platform stays where `second` has led it."""
    assert second.output["outcome"] == "kept"
    serving, url, production = here.restored(second), here.platform.url(), here.cloud.production()
    groups_ = groups(here, serving)
    assert here.platform.serving() == {serving}
    assert here.world.wait(here.world.redrive(first)).status == "FAILED"
    assert here.platform.serving() == {serving}
    assert here.platform.url() == url
    assert here.cloud.production() == production
    assert groups(here, serving) == groups_
    [record] = [each for each in here.cloud.records() if each["restore"]["execution"] == first.arn]
    told = record["outcome"]
    assert told["result"] == "failed"
    assert "RestoreSuperseded" in {each["name"] for each in (told["error"], *told["further"])}
    assert record["serving"]["database"] == "unknown"
    assert second.output["id"] in record["serving"]["sentence"]


@pytest.mark.parametrize("request_", [AUTOMATIC, SWAP], ids=["repoint", "swap-identifiers"])
@pytest.mark.parametrize(
    "state", ["RememberDatabase", "StopPlatform", "AwaitStopped", "FenceDatabase", "SilenceDatabase"]
)
def test_before_the_cut_over_it_ends_without_a_change(state: str, request_: dict[str, Any]) -> None:
    with stage(settings=KNOWN_GROUPS) as here:
        superseded(here, stopped(here, state, request_), here.restore(request_, name="second"))


@pytest.mark.parametrize("state", ["UnfenceDatabase", "OpenDatabase", "BackStartCoder", "BackSettleGroups"])
@pytest.mark.parametrize("request_", [AUTOMATIC, SWAP], ids=["repoint", "swap-identifiers"])
def test_on_its_way_back_it_ends_without_a_change(state: str, request_: dict[str, Any]) -> None:
    with stage(settings=KNOWN_GROUPS) as here:
        superseded(here, stopped_on_its_way_back(here, state, request_), here.restore(request_, name="second"))


def test_after_one_that_was_refused_it_goes_on() -> None:
    """The refusal itself says so: the platform is on the first one's database, and only that one knows the way."""
    with stage(settings=KNOWN_GROUPS) as here:
        first = stopped(here, "Soak")
        assert here.restore(name="second").error == "PlanRefused"
        assert here.world.wait(here.world.redrive(first)).output["outcome"] == "kept"
        assert here.platform.serving() == {here.restored(first)}


def test_while_it_runs_again_without_the_lock_no_other_one_begins() -> None:
    with stage(settings=KNOWN_GROUPS) as here:
        first = stopped(here, "Soak")
        here.restore(name="refused")
        begun: list[Execution] = []

        def begin(call: Invocation, work: Callable[[], Any]) -> Any:
            if not begun:
                begun.append(here.world.start(RESTORE, AUTOMATIC, name="third"))
            return work()

        at(here.world, "Soak", begin, machine=RESTORE)
        assert here.world.wait(here.world.redrive(first)).output["outcome"] == "kept"
        assert here.world.wait(begun[0]).error == "RestoreInProgress"


def test_while_another_one_holds_the_source_it_leads_the_platform_back_and_no_further() -> None:
    with stage(settings=KNOWN_GROUPS) as here:
        first = stopped(here, "StopPlatform")
        redriven: list[Execution] = []

        def redrive(call: Invocation, work: Callable[[], Any]) -> Any:
            if not redriven:
                redriven.append(here.world.redrive(first))
            return work()

        at(here.world, "PlanRestoredChecks", redrive, machine=RESTORE)
        second = here.restore(name="second")
        assert here.world.wait(redriven[0]).error == "RestoreInProgress"
        assert second.output["outcome"] == "kept"
        assert here.platform.serving() == {here.restored(second)}
        assert OLD not in here.platform.serving()
