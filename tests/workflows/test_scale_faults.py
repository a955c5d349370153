"""A fault at every state of a scaling: no workspace ends, no node stays cordoned, and the next scaling gets there.

The states are those of the ASL file, so a new one is covered from its first day.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from .asl import tasks
from .faults import at, bug, death_after_effect, everywhere, lost_answer, refusing
from .scaling import SCALE, TO_PEAK, WS, Stage, stage
from .scene import Meddling

TASKS = [task.name for task in tasks(SCALE)]
ENDS = ["RecordScaling", "AnnounceScaling"]
# A way out is not on any way that succeeds; what it does is seen where the way in fails.
WAY_OUT = ["FindCause", "FindStayingAfterFailure", "UncordonAfterFailure", "RaisePodsAfterFailure"]
TO_LESS = {"group": WS, "min": 2, "desired": 3, "max": 6}
# Where nothing is to be done.
IDLE = ["FreeGroup"]
GROWS = ["OrderSizes", "AwaitUpdate", "FindStaying", "LetNodesGo", "FreeToGrow", "AwaitNodes", "RaisePods"]
SHRINKS = [name for name in TASKS if name not in {*ENDS, *WAY_OUT, *GROWS, *IDLE}]
FAULTS: list[Any] = [(bug, "UnforeseenError"), (death_after_effect, "Runtime.ExitError")]


def shrinking(act: Callable[[Stage], None]) -> None:
    """A group of eight whose limits and size are to change, with workspaces on two nodes of it."""
    with stage(workspace=8, smallest=8) as here:
        here.spread(6, over=2)
        act(here)
        here.world.on_invoke = lambda _, work: work()
        here.world.time.sleep(3600)
        again = here.scale(TO_LESS)
        assert again.status == "SUCCEEDED", again.cause
        assert len(here.nodes.nodes(WS)) == 3
        assert here.sound()


@pytest.mark.parametrize("state", SHRINKS)
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_while_it_shrinks_leaves_every_workspace_and_no_cordon(state: str, kind: tuple[Meddling, str]) -> None:
    fault, error = kind

    def act(here: Stage) -> None:
        at(here.world, state, fault, machine=SCALE)
        execution = here.scale(TO_LESS)
        assert (execution.status, execution.error) == ("FAILED", error)
        assert here.sound()
        if state != "OpenScaling":
            [end] = here.ends()
            assert (end["outcome"], end["error"]) == ("failed", error)
            assert len(here.cloud.announced) == 1

    shrinking(act)


@pytest.mark.parametrize("state", GROWS)
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_while_it_grows_is_told_and_what_was_ordered_comes(state: str, kind: tuple[Meddling, str]) -> None:
    fault, error = kind
    with stage() as here:
        at(here.world, state, fault, machine=SCALE)
        execution = here.scale(TO_PEAK)
        assert (execution.status, execution.error) == ("FAILED", error)
        assert here.sound()
        here.world.on_invoke = lambda _, work: work()
        here.world.time.sleep(600)
        assert here.scale(TO_PEAK).status == "SUCCEEDED"
        assert len(here.nodes.nodes(WS)) == 12


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_where_nothing_is_to_be_done_lets_the_group_go(kind: tuple[Meddling, str]) -> None:
    fault, error = kind
    with stage() as here:
        at(here.world, "FreeGroup", fault, machine=SCALE)
        execution = here.scale({"group": WS, "desired": 6})
        assert (execution.status, execution.error) == ("FAILED", error)
        assert here.sound()


@pytest.mark.parametrize("state", [*SHRINKS, *ENDS])
def test_an_answer_that_was_lost_changes_nothing(state: str) -> None:
    """The step takes effect twice."""

    def act(here: Stage) -> None:
        at(here.world, state, lost_answer(), machine=SCALE)
        execution = here.scale(TO_LESS)
        assert execution.status == "SUCCEEDED", execution.cause
        assert len(here.nodes.nodes(WS)) == 3

    shrinking(act)


def test_what_passes_at_every_state_of_one_run_is_waited_for() -> None:
    def act(here: Stage) -> None:
        bent = everywhere(here.world, lambda: refusing(here.cloud, "Throttling", times=2), machine=SCALE)
        execution = here.scale(TO_LESS)
        assert execution.status == "SUCCEEDED", execution.cause
        assert {*SHRINKS, *ENDS} <= set(bent)

    shrinking(act)


@pytest.mark.parametrize("state", ["HoldGroup", "OrderLimits", "CordonNodes", "LookAgain", "TerminateNodes"])
def test_a_refused_permission_ends_it_with_its_name(state: str) -> None:
    def act(here: Stage) -> None:
        at(here.world, state, refusing(here.cloud, "AccessDenied"), machine=SCALE)
        execution = here.scale(TO_LESS)
        # A look that is not allowed is a fact that is missing, on which nothing goes.
        named = {"AccessRefused", "KubernetesUnavailable", None if state == "LookAgain" else ""}
        assert execution.error in named
        assert len(here.nodes.nodes(WS)) == 8

    shrinking(act)


@pytest.mark.parametrize("nth", range(5))
def test_a_death_between_two_terminations_lets_no_pod_onto_a_node_that_ends(nth: int) -> None:
    def act(here: Stage) -> None:
        ended = [0]

        def die(call: Any) -> None:
            if call.operation == "TerminateInstanceInAutoScalingGroup":
                ended[0] += 1
                if ended[0] == nth + 1:
                    raise MemoryError

        here.cloud.aftermath = die
        execution = here.scale(TO_LESS)
        here.cloud.aftermath = lambda _: None
        assert (execution.status, execution.error) == ("FAILED", "MemoryError")
        assert here.sound()
        ending = {each.node for each in here.nodes.instances.values() if each.ends_at}
        assert ending <= set(here.nodes.cordoned())

    shrinking(act)


@pytest.mark.parametrize("state", ["FindStayingAfterFailure", "UncordonAfterFailure"])
def test_where_even_the_way_out_fails_it_is_told_and_the_next_scaling_lets_the_nodes_go(state: str) -> None:
    with stage(workspace=8) as here:
        here.spread(6, over=2)

        def meddle(call: Any, work: Callable[[], Any]) -> Any:
            return bug(call, work) if call.state in {"TerminateNodes", state} else work()

        here.world.on_invoke = meddle
        execution = here.scale({"group": WS, "desired": 5})
        assert (execution.status, execution.error) == ("FAILED", "UnforeseenError"), "the first error"
        assert len(here.nodes.cordoned()) == 3
        assert here.nodes.killed == []
        [told] = here.cloud.announced
        assert "may stay cordoned" in told["Message"]
        here.world.on_invoke = lambda _, work: work()
        assert here.scale({"group": WS, "desired": 7}).status == "SUCCEEDED"
        assert here.sound()
        assert len(here.nodes.nodes(WS)) == 7


@pytest.mark.parametrize("seed", range(20))
def test_whatever_goes_wrong_in_whatever_order_no_workspace_ends(seed: int) -> None:
    """Workspaces start and stop all the time, and any state may fail in any way."""
    rng = random.Random(seed)  # noqa: S311  repeatable faults, no secret

    def meddle(call: Any, work: Callable[[], Any]) -> Any:
        for _ in range(rng.randrange(3)):
            running = sorted(here.nodes.workspaces())
            if running and rng.random() < 0.5:
                here.nodes.stop(rng.choice(running))
            else:
                here.nodes.start(f"ws-{rng.randrange(10**6)}")
        fault = rng.choice(
            [None] * 12 + [bug, death_after_effect, lost_answer(), refusing(here.cloud, "Throttling", times=1)]
        )
        return work() if fault is None else fault(call, work)

    with stage(workspace=10, smallest=rng.choice([0, 10])) as here:
        for number in range(rng.randrange(60)):
            here.nodes.start(f"first-{number}")
        here.world.on_invoke = meddle
        for desired in rng.sample(range(2, 20), 4):
            change = {"min": 2, "max": 20, "desired": desired} if rng.random() < 0.5 else {"desired": desired}
            here.scale({"group": WS, **change, "when_blocked": rng.choice(["refuse", "clamp", "defer"])})
            assert here.nodes.killed == []
            assert here.nodes.lowered == []
        here.world.on_invoke = lambda _, work: work()
        here.world.time.sleep(7 * 3600)
        size = here.nodes.sizes[WS]["desiredSize"]
        here.scale({"group": WS, "min": 1, "max": 20, "desired": max(1, size - 1), "when_blocked": "clamp"})
        assert here.sound()
