"""Provisioners are scaled with their nodes: nodes first up, pods first down, and no build ends by it. In process."""

import pytest

from .faults import at, bug, death_after_effect, lost_answer
from .scaling import PROV, SCALE, Stage, stage
from .scene import Meddling

TWO = {"group": "provisioner", "desired": 2}


def up(here: Stage, count: int = 4) -> None:
    """So many nodes, two provisioners on each."""
    execution = here.scale({"group": "provisioner", "desired": count})
    assert execution.status == "SUCCEEDED", execution.cause
    assert len(here.provisioners.pods()) == 2 * count


def nodes(here: Stage) -> int:
    return len(here.nodes.nodes(PROV))


def test_pods_come_once_their_nodes_are_ready() -> None:
    with stage(provisioner=1) as here:
        seen: list[int] = []
        here.when("RaisePods", lambda: seen.append(nodes(here)))
        up(here, 4)
        assert seen == [4]
        assert set(here.provisioners.pods().values()) == set(here.nodes.nodes(PROV))
        assert here.sound()


def test_pods_leave_before_their_nodes_go() -> None:
    with stage(provisioner=1) as here:
        up(here, 4)
        at_the_end: list[set[str]] = []
        here.when("TerminateNodes", lambda: at_the_end.append(set(here.provisioners.pods().values())))
        assert here.scale(TWO).status == "SUCCEEDED"
        assert (nodes(here), len(here.provisioners.pods())) == (2, 4)
        assert at_the_end == [set(here.nodes.nodes(PROV))]
        assert here.sound()


def test_a_build_keeps_its_pod_and_its_node() -> None:
    with stage(provisioner=1) as here:
        up(here, 4)
        [busy, *_] = here.provisioners.pods()
        here.provisioners.busy.add(busy)
        home = here.provisioners.pods()[busy]
        assert here.scale({"group": "provisioner", "desired": 1}).status == "SUCCEEDED"
        assert here.nodes.nodes(PROV) == [home]
        assert busy in here.provisioners.pods()
        assert here.sound()


def test_a_build_that_begins_at_the_last_moment_has_its_time() -> None:
    with stage(provisioner=1) as here:
        up(here, 4)

        def begin() -> None:
            going = set(here.nodes.cordoned())
            here.provisioners.busy.update(name for name, node in here.provisioners.pods().items() if node in going)

        here.when("LowerPods", begin)
        execution = here.scale(TWO | {"when_blocked": "clamp"})
        assert execution.status == "SUCCEEDED", execution.cause
        assert nodes(here) == 4
        assert here.sound()


def test_a_node_stays_whose_pod_kubernetes_did_not_choose_to_end() -> None:
    with stage(provisioner=1) as here:
        up(here, 4)
        here.provisioners.stubborn = True
        assert here.scale(TWO).status == "SUCCEEDED"
        here.proceed()
        assert 2 <= nodes(here) <= 4
        assert here.sound()


def test_where_coder_does_not_tell_its_daemons_nothing_goes() -> None:
    with stage(provisioner=1) as here:
        up(here, 4)
        here.when("LowerPods", lambda: here.counts.update(daemons={"message": "no"}))
        execution = here.scale(TWO)
        assert here.ends()[-1]["doubts"] == ["Coder does not tell its daemons"]
        assert execution.status == "SUCCEEDED"
        assert (nodes(here), len(here.provisioners.pods())) == (4, 8)
        assert here.sound()


def test_pods_that_do_not_come_are_told() -> None:
    with stage(provisioner=1) as here:
        here.provisioners.places = 1
        execution = here.scale({"group": "provisioner", "desired": 3})
        assert (execution.status, execution.error) == ("FAILED", "CapacityMissing")
        assert "3 pods of provisioners are not available" in here.cloud.announced[-1]["Message"]
        assert here.sound()


@pytest.mark.parametrize("state", ["LookAgain", "LowerPods", "TerminateNodes", "UncordonNodes", "AwaitGone"])
@pytest.mark.parametrize("fault", [bug, death_after_effect])
def test_a_fault_leaves_as_many_provisioners_as_nodes_take_and_no_cordon(state: str, fault: Meddling) -> None:
    with stage(provisioner=1) as here:
        up(here, 4)
        at(here.world, state, fault, machine=SCALE)
        assert here.scale(TWO).status == "FAILED"
        assert here.sound()
        here.proceed()
        assert len(here.provisioners.pods()) == 2 * int(here.nodes.sizes[PROV]["desiredSize"])
        here.world.on_invoke = lambda _, work: work()
        here.world.time.sleep(3600)
        assert here.scale(TWO).status == "SUCCEEDED"
        assert (nodes(here), len(here.provisioners.pods())) == (2, 4)
        assert here.sound()


@pytest.mark.parametrize("state", ["LowerPods", "RaisePods"])
def test_an_answer_that_was_lost_changes_nothing(state: str) -> None:
    with stage(provisioner=1) as here:
        at(here.world, state, lost_answer(), machine=SCALE)
        up(here, 4)
        assert here.scale(TWO).status == "SUCCEEDED"
        assert (nodes(here), len(here.provisioners.pods())) == (2, 4)
        assert here.sound()


def test_the_last_one_stays_for_workspaces_that_are_stopped_by_themselves_soon() -> None:
    with stage(provisioner=1) as here:
        up(here, 1)
        soon, later = "2026-11-23T02:20:00Z", "2026-11-23T09:00:00Z"
        here.counts["deadlines"] = [soon, later, "0001-01-01T00:00:00Z", None]
        execution = here.scale({"group": "provisioner", "desired": 0})
        assert (execution.status, execution.error) == ("FAILED", "ScalingRefused")
        assert "not to none while 1 workspaces are stopped soon" in (execution.cause or "")
        here.counts["deadlines"] = [later]
        assert here.scale({"group": "provisioner", "desired": 0}).status == "SUCCEEDED"
        assert (nodes(here), here.provisioners.pods()) == (0, {})


def test_where_coder_does_not_tell_deadlines_nothing_goes() -> None:
    with stage(provisioner=1) as here:
        up(here, 2)
        here.counts["deadlines"] = ["tomorrow"]
        execution = here.scale({"group": "provisioner", "desired": 1})
        assert execution.error == "ScalingRefused"
        assert "another document than coderd's" in (execution.cause or "")
