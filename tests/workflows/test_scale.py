"""The scale machine, executed: a group grows and shrinks by every way in, and no workspace ends by it."""

from __future__ import annotations

import pytest

from .scaling import PROV, TO_OFF_PEAK, TO_PEAK, WS, stage


def test_more_nodes_are_there_when_they_are_ready() -> None:
    with stage() as here:
        execution = here.scale(TO_PEAK)
        assert execution.status == "SUCCEEDED", execution.cause
        assert execution.output["ready"]["ready"] == 12
        assert here.nodes.sizes[WS] == {"minSize": 0, "maxSize": 200, "desiredSize": 12}
        assert here.sound()
        [end] = here.ends()
        assert (end["outcome"], end["rule"], end["error"]) == ("scaled", "grow", None)
        assert here.cloud.announced == [], "nobody has to look"


def test_fewer_nodes_are_exactly_those_without_a_workspace() -> None:
    with stage(workspace=8) as here:
        here.spread(9, over=3)
        held = set(here.nodes.workspaces().values())
        execution = here.scale(TO_OFF_PEAK)
        assert execution.status == "SUCCEEDED", execution.cause
        assert here.sound()
        left = here.nodes.nodes(WS)
        assert len(left) == here.nodes.sizes[WS]["desiredSize"] == 4
        assert held <= set(left)


@pytest.mark.parametrize("state", ["CordonNodes", "LookAgain"])
def test_a_workspace_that_starts_on_a_chosen_node_keeps_it(state: str) -> None:
    """Bound between the plan and the cordon, or while the node was being cordoned."""
    with stage(workspace=6) as here:
        here.spread(2, over=2)
        chosen: list[str] = []

        def start() -> None:
            chosen.append(here.decisions()[-1]["remove"][0]["name"])
            here.nodes.start("late", chosen[0])

        here.when(state, start)
        execution = here.scale({**TO_OFF_PEAK, "when_blocked": "clamp"})
        assert execution.status == "SUCCEEDED", execution.cause
        assert here.sound()
        assert chosen[0] in here.nodes.nodes(WS)
        assert here.ends()[0]["outcome"] == "partly"


def test_with_too_few_empty_nodes_a_person_is_refused_and_told_what_holds_them() -> None:
    with stage(workspace=6) as here:
        here.spread(12, over=6)
        execution = here.scale(TO_OFF_PEAK)
        assert (execution.status, execution.error) == ("FAILED", "ScalingRefused")
        assert "of the 2 nodes to take away 0 hold nothing" in (execution.cause or "")
        assert here.sound()
        assert here.nodes.sizes[WS]["desiredSize"] == 6
        [end] = here.ends()
        assert len(end["holding"]) == 6
        assert here.cloud.announced == [], "the person reads it where they asked"


def test_a_deferred_scaling_takes_what_becomes_empty_until_its_deadline() -> None:
    with stage(workspace=8) as here:
        here.spread(8, over=8)
        execution = here.world.start("scale", {**TO_OFF_PEAK, "when_blocked": "defer"})
        here.world.time.sleep(900)
        assert execution.status == "RUNNING"
        for number in range(3):
            here.nodes.stop(f"ws-{number}")
        here.world.wait(execution)
        assert (execution.status, execution.error) == ("FAILED", "ScalingRefused")
        assert here.sound()
        assert len(here.nodes.nodes(WS)) == 5
        assert here.decisions()[-1]["left"] == 1


def test_while_a_deferred_scaling_waits_another_may_grow_the_group() -> None:
    with stage(workspace=6) as here:
        here.spread(6, over=6)
        waiting = here.world.start("scale", {**TO_OFF_PEAK, "when_blocked": "defer"})
        here.world.time.sleep(120)
        grown = here.scale({"group": WS, "desired": 9})
        assert grown.status == "SUCCEEDED", grown.cause
        assert waiting.status == "RUNNING"
        here.world.wait(waiting)
        assert here.sound()


def test_facts_that_contradict_each_other_end_it_and_tell_somebody() -> None:
    with stage(workspace=8) as here:
        here.spread(8, over=4)
        here.counts["running"] = 0
        execution = here.scale({**TO_OFF_PEAK, "when_blocked": "defer"})
        assert (execution.status, execution.error) == ("FAILED", "ScalingRefused")
        assert "the token sees 0 running workspaces where Coder's totals say 8" in (execution.cause or "")
        assert len(here.nodes.nodes(WS)) == 8
        assert here.sound()
        [told] = here.cloud.announced
        assert told["Subject"] == f"[prod] Scaling stands still: {WS}"


def test_facts_that_are_in_doubt_after_the_cordon_let_every_node_go_again() -> None:
    with stage(workspace=8) as here:
        here.spread(4, over=2)
        here.when("LookAgain", lambda: here.counts.update(running=0))
        here.scale({**TO_OFF_PEAK, "when_blocked": "clamp"})
        assert here.sound()
        assert len(here.nodes.nodes(WS)) == 8
        [end] = here.ends()
        assert (end["outcome"], end["left"]) == ("partly", 4)
        assert len(here.cloud.announced) == 1


def test_a_lower_minimum_is_ordered_before_nodes_go_and_a_lower_maximum_after() -> None:
    with stage(workspace=8, smallest=8) as here:
        execution = here.scale({"group": WS, "min": 2, "desired": 3, "max": 6})
        assert execution.status == "SUCCEEDED", execution.cause
        assert here.nodes.sizes[WS] == {"minSize": 2, "maxSize": 6, "desiredSize": 3}
        assert here.sound()


def test_a_dry_run_gives_the_plan_and_changes_nothing() -> None:
    with stage() as here:
        execution = here.scale({**TO_PEAK, "dry_run": True})
        assert execution.status == "SUCCEEDED"
        assert execution.output["plan"]["decision"]["action"] == "grow"
        assert here.cloud.writes() == []


def test_a_slot_that_is_delivered_twice_is_one_scaling() -> None:
    slot = {**TO_PEAK, "schedule": "morning", "slot": "2026-11-23T01:59:00Z"}
    with stage() as here:
        first, second = here.scale(slot), here.scale(slot)
        assert (first.status, second.status) == ("SUCCEEDED", "SUCCEEDED")
        assert second.output["run"]["duplicate"]
        assert len(here.nodes.updates) == 1


def test_nodes_that_do_not_come_are_told_with_their_cause() -> None:
    with stage() as here:
        here.nodes.refuses = "You have requested more vCPU capacity than your current vCPU limit of 64 allows."
        execution = here.scale(TO_PEAK)
        assert (execution.status, execution.error) == ("FAILED", "CapacityMissing")
        assert "6 of 12 nodes are Ready" in (execution.cause or "")
        [told] = here.cloud.announced
        assert "Cause: quota" in told["Message"]
        assert here.sound()


def test_an_update_that_fails_is_told_in_the_words_of_eks() -> None:
    with stage() as here:
        here.nodes.fails = [{"errorCode": "AccessDenied", "errorMessage": "no rights on the launch template"}]
        execution = here.scale(TO_PEAK)
        assert (execution.status, execution.error) == ("FAILED", "UpdateFailed")
        assert "AccessDenied: no rights on the launch template" in (execution.cause or "")
        assert here.sound()


def test_an_update_that_runs_is_waited_for() -> None:
    with stage() as here:
        here.nodes.updates_seconds = 300
        first = here.world.start("scale", TO_PEAK)
        here.world.time.sleep(30)
        second = here.scale({"group": WS, "desired": 15})
        assert second.status == "SUCCEEDED", second.cause
        assert here.world.wait(first).status == "SUCCEEDED"
        assert here.nodes.sizes[WS]["desiredSize"] == 15
        assert here.sound()


def test_a_persons_word_holds_over_the_schedule_until_it_lapses() -> None:
    with stage() as here:
        assert here.scale({"group": WS, "desired": 9, "until": "2026-11-23T05:00:00Z"}).status == "SUCCEEDED"
        by_schedule = {**TO_OFF_PEAK, "schedule": "evening", "slot": "2026-11-23T02:00:00Z"}
        execution = here.scale(by_schedule)
        assert execution.output["plan"]["decision"]["rule"] == "override"
        assert here.nodes.sizes[WS]["desiredSize"] == 9
        here.world.time.sleep(4 * 3600)
        assert here.scale({**by_schedule, "slot": "2026-11-23T05:30:00Z"}).status == "SUCCEEDED"
        assert here.nodes.sizes[WS]["desiredSize"] == 4
        assert here.sound()


@pytest.mark.parametrize("request_", [{}, [], "now", {"group": "coder-prod-control", "desired": 3}])
def test_what_cannot_be_meant_is_refused_before_anything_is_done(request_: object) -> None:
    with stage() as here:
        execution = here.scale(request_)
        assert (execution.status, execution.error) == ("FAILED", "InputRejected")
        assert here.cloud.writes() == []


def test_provisioners_stay_while_jobs_wait() -> None:
    with stage() as here:
        here.counts["jobs"] = [{"created_at": "2026-11-23T01:59:00Z"}]
        execution = here.scale({"group": PROV, "profile": "off-peak"})
        assert (execution.status, execution.error) == ("FAILED", "ScalingRefused")
        assert "not to none while 1 jobs are pending" in (execution.cause or "")
        assert here.sound()
