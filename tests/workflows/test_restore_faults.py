"""A fault at every state of a restore, from both sides of the fence: one database or none, never two, never half.

The states are those of the ASL file, so a new one is covered from its first day.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from .asl import tasks
from .faults import at, bug, death_after_effect, dying_after, everywhere, hanging, lost_answer, refusing
from .harness import FunctionDied, Invocation
from .interpreter import Execution
from .restoring import AUTOMATIC, OLD, RESTORE, Stage, stage
from .scene import Meddling
from .truth import told_truly

SWAP = {**AUTOMATIC, "strategy": "swap-identifiers"}
TASKS = [task.name for task in tasks(RESTORE)]
BACK = [name for name in TASKS if name.startswith("Back") or name in {"RepointBack", "UnfenceDatabase", "OpenDatabase"}]
ENDS = ["RecordRestore", "AnnounceRestore"]
# Reached only by a recovery point with an older password, by a question, or by one of the strategies.
ELSEWHERE = ["SetMasterPassword", "AwaitPassword", "ConfirmLogin", "AskApproval", "SwapIdentifiers"]
FORTH = [name for name in TASKS if name not in {*BACK, *ENDS, *ELSEWHERE}]
FENCED_FROM = FORTH.index("StopPlatform")
KEPT = ["SettleGroups", "Reconcile", "WriteHandover"]
BEHIND_THE_FENCE = [name for name in FORTH[FENCED_FROM:] if name not in KEPT]


def ended_well(here: Stage, execution: Execution) -> None:
    """Whatever happened, the platform is on one database, or on none with coderd stopped."""
    assert here.sound()
    serving = here.platform.serving()
    if execution.status == "SUCCEEDED":
        assert serving == {here.restored(execution)}
    else:
        assert serving == {OLD} or (not serving and here.platform.coder_replicas() == 0)
    told_truly(here, execution)


BUG, DEATH = (bug, "UnforeseenError"), (death_after_effect, "Runtime.ExitError")


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        *((name, BUG) for name in FORTH[:FENCED_FROM]),
        *((name, DEATH) for name in BEHIND_THE_FENCE),
        *((name, BUG) for name in ("StopPlatform", "FenceDatabase", "Repoint", "Soak")),
    ],
)
def test_a_fault_before_the_restore_is_kept_ends_with_the_platform_as_it_was(
    state: str, kind: tuple[Meddling, str]
) -> None:
    fault, error = kind
    with stage() as here:
        at(here.world, state, fault, machine=RESTORE)
        execution = here.restore()
        assert (execution.status, execution.error) == ("FAILED", error)
        assert here.as_before()
        ended_well(here, execution)


@pytest.mark.parametrize("state", [*BEHIND_THE_FENCE, "SwapIdentifiers"])
def test_the_same_with_swapped_names(state: str) -> None:
    if state == "Repoint":
        pytest.skip("swapping names repoints nothing")
    with stage() as here:
        at(here.world, state, death_after_effect, machine=RESTORE)
        execution = here.restore(SWAP)
        assert execution.error == "Runtime.ExitError"
        assert here.as_before()
        ended_well(here, execution)


@pytest.mark.parametrize("state", KEPT)
def test_a_fault_after_the_soak_takes_nothing_back(state: str) -> None:
    with stage() as here:
        at(here.world, state, bug, machine=RESTORE)
        execution = here.restore()
        assert execution.output["outcome"] == "kept"
        ended_well(here, execution)


@pytest.mark.parametrize("state", ["AwaitCluster", "StopPlatform", "Repoint", "StartCoder", "VerifyPlatform"])
def test_a_time_out_is_a_fault_like_any_other(state: str) -> None:
    with stage() as here:
        at(here.world, state, hanging(here.world), machine=RESTORE)
        execution = here.restore()
        assert execution.error == "States.Timeout"
        assert here.as_before()


@pytest.mark.parametrize("request_", [AUTOMATIC, SWAP], ids=["repoint", "swap-identifiers"])
def test_answers_that_were_lost_change_nothing(request_: Any) -> None:
    """Every step takes effect twice."""
    with stage() as here:
        bent = everywhere(here.world, lost_answer, machine=RESTORE)
        execution = here.restore(request_)
        assert execution.output["outcome"] == "kept"
        assert {state for state, times in bent.items() if times > 1} >= set(FORTH) - {"Repoint"}
        ended_well(here, execution)


def test_answers_that_were_lost_on_the_way_back_change_nothing() -> None:
    with stage() as here:
        bent = everywhere(here.world, lost_answer, machine=RESTORE)
        losing = here.world.on_invoke

        def sick(call: Invocation, work: Any) -> Any:
            if call.state == "Soak":
                here.platform.unhealthy.add(here.restored(here.world.executions[call.execution]))
            return losing(call, work)

        here.world.on_invoke = sick
        execution = here.restore()
        assert execution.error == "PlatformNotHealthy"
        assert {state for state, times in bent.items() if times > 1} >= set(BACK) - {"BackSwapIdentifiers"}
        assert here.as_before()
        ended_well(here, execution)


def test_throttling_that_passes_is_waited_for_at_every_step() -> None:
    with stage() as here:
        bent = everywhere(here.world, lambda: refusing(here.cloud, "Throttling", times=3), machine=RESTORE)
        assert here.restore().output["outcome"] == "kept"
        assert len([state for state, times in bent.items() if times > 3]) > len(FORTH) / 2


@pytest.mark.parametrize("write", range(4))
def test_a_function_that_dies_between_the_two_secrets_leaves_them_consistent(write: int) -> None:
    with stage() as here:

        def half_way(_: Invocation, work: Any) -> Any:
            died = dying_after(here.cloud, len(here.cloud.writes()) + write, "Runtime.ExitError")
            try:
                work()
            finally:
                here.cloud.aftermath = lambda _: None
            if not died:
                raise FunctionDied("Runtime.ExitError")

        at(here.world, "Repoint", half_way, machine=RESTORE)
        execution = here.restore()
        assert execution.error == "Runtime.ExitError"
        assert here.as_before()
        ended_well(here, execution)


@pytest.mark.parametrize("state", [name for name in BACK if name != "BackSwapIdentifiers"])
def test_a_rollback_that_fails_itself_leaves_the_platform_on_one_database_or_on_none(state: str) -> None:
    with stage() as here:
        broken = {"Soak": bug, state: bug}
        here.world.on_invoke = lambda call, work: broken[call.state](call, work) if call.state in broken else work()
        execution = here.restore()
        assert (execution.status, execution.error) == ("FAILED", "UnforeseenError")
        assert here.sound()
        assert len(here.platform.serving()) <= 1
        told_truly(here, execution)


def test_names_that_cannot_be_swapped_back_leave_the_platform_fenced() -> None:
    with stage() as here:
        broken = {"Soak": bug, "BackSwapIdentifiers": bug}
        here.world.on_invoke = lambda call, work: broken[call.state](call, work) if call.state in broken else work()
        execution = here.restore(SWAP)
        assert execution.status == "FAILED"
        assert here.platform.coder_replicas() == 0
        ended_well(here, execution)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_goes_wrong_in_whatever_order_it_is_never_on_two_databases(seed: int) -> None:
    """A few faults of any kind at any states, of either strategy."""
    chance = random.Random(seed)  # noqa: S311  the same mishaps every time
    with stage() as here:
        kinds = [bug, death_after_effect, lost_answer(2), refusing(here.cloud, "Throttling", times=2)]
        faults = {state: chance.choice(kinds) for state in chance.sample(TASKS, chance.randint(1, 4))}
        left = {state: chance.randint(1, 2) for state in faults}

        def meddle(call: Invocation, work: Any) -> Any:
            if left.get(call.state, 0) <= 0:
                return work()
            left[call.state] -= 1
            return faults[call.state](call, work)

        here.world.on_invoke = meddle
        execution = here.restore(chance.choice([AUTOMATIC, SWAP]))
        assert here.sound(), faults
        assert len(here.platform.serving()) <= 1
        if execution.status == "SUCCEEDED":
            assert here.platform.serving() == {here.restored(execution)}
        told_truly(here, execution)


@pytest.mark.parametrize("state", ["SilenceDatabase", "Repoint", "AwaitRollout", "Soak"])
def test_what_was_stopped_by_hand_changes_nothing_more_by_itself(state: str) -> None:
    """A redrive goes on from there; until then the platform is fenced or serves one database."""
    with stage() as here:

        def stop(call: Invocation, work: Any) -> Any:
            here.world.executions[call.execution].abort()
            return work()

        at(here.world, state, stop, machine=RESTORE)
        execution = here.restore()
        assert execution.status == "ABORTED"
        assert here.sound()
        assert len(here.platform.serving()) <= 1
