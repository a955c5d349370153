"""Pods that select nodes are bound to one with room, wait where there is none, and end with their node."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from nodes_bench import Group, eventually

from day2.engine.workspace_pods import Workspace, killed, name_of, pod
from lambdas.adapters.kubernetes.client import MERGE_PATCH

SELECTING = {"nodeSelector": {"coder.com/node-type": "workspace"}}
PODS = "/api/v1/namespaces/coder-ws/pods"
ROOM = 2
"""Of a node, by the engine of this folder."""

Start = Callable[..., list[str]]


@pytest.fixture
def start(group: Group) -> Start:
    """Starts so many workspaces; their ids."""
    group.door.create("/api/v1/namespaces", {"metadata": {"name": "coder-ws"}})

    def make(count: int, *, place: Any = None) -> list[str]:
        made = [str(uuid4()) for _ in range(count)]
        for each in made:
            workspace = Workspace(id=each, name="one", owner=str(uuid4()))
            group.door.create(PODS, pod(workspace, place=SELECTING if place is None else place))
        return made

    return make


def seen(group: Group, workspace: str) -> dict[str, Any]:
    return dict(group.door.call("GET", f"{PODS}/{name_of(workspace)}").body)


def node_of(group: Group, workspace: str) -> str:
    return str(seen(group, workspace).get("spec", {}).get("nodeName", ""))


def why_waiting(group: Group, workspace: str) -> str:
    conditions = seen(group, workspace).get("status", {}).get("conditions") or ()
    return next((each["reason"] for each in conditions if each["type"] == "PodScheduled" and "reason" in each), "")


def placed(group: Group, workspaces: list[str]) -> set[str]:
    """The nodes of the workspaces, once each has one."""
    eventually(lambda: all(node_of(group, each) for each in workspaces))
    return {node_of(group, each) for each in workspaces}


def test_a_node_is_filled_before_another_is_begun(group: Group, start: Start) -> None:
    one, two = start(1), start(1)
    assert len(placed(group, one + two)) == 1
    assert {seen(group, each)["status"]["phase"] for each in one + two} == {"Running"}
    assert len(placed(group, one + two + start(1))) == 2


def test_a_pod_without_room_waits_until_a_new_node_is_ready(group: Group, start: Start) -> None:
    placed(group, start(3 * ROOM))
    (late,) = start(1)
    eventually(lambda: why_waiting(group, late) == "Unschedulable")
    assert seen(group, late)["status"]["phase"] == "Pending"
    present = {each["metadata"]["name"] for each in group.nodes()}
    group.finish(group.ask(desiredSize=4))
    assert placed(group, [late]).isdisjoint(present)


def test_a_pod_that_goes_makes_room(group: Group, start: Start) -> None:
    first, *others = start(3 * ROOM)
    placed(group, [first, *others])
    (late,) = start(1)
    eventually(lambda: why_waiting(group, late))
    node = node_of(group, first)
    group.door.call("DELETE", f"{PODS}/{name_of(first)}")
    assert placed(group, [late]) == {node}


def test_a_cordoned_node_takes_no_pod_and_one_of_another_kind_neither(group: Group, start: Start) -> None:
    cordoned, *others = (each["metadata"]["name"] for each in group.nodes())
    group.door.call("PATCH", f"/api/v1/nodes/{cordoned}", {"spec": {"unschedulable": True}}, kind=MERGE_PATCH)
    assert placed(group, start(2 * ROOM)) == set(others)
    (elsewhere,) = start(1, place={"nodeSelector": {"coder.com/node-type": "control"}})
    eventually(lambda: why_waiting(group, elsewhere))


def test_a_pod_that_selects_no_node_runs_beside_them(group: Group, start: Start) -> None:
    (beside,) = start(1, place={})
    assert (seen(group, beside)["status"]["phase"], node_of(group, beside)) == ("Running", "")


def test_a_workspace_that_ends_with_its_node_is_known_and_one_that_was_stopped_is_not(
    group: Group, start: Start
) -> None:
    stopped, struck = start(ROOM)
    (node,) = placed(group, [stopped, struck])
    group.door.call("DELETE", f"{PODS}/{name_of(stopped)}")
    (provider,) = (each["spec"]["providerID"] for each in group.nodes() if each["metadata"]["name"] == node)
    group.engine.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=provider.rpartition("/")[2], ShouldDecrementDesiredCapacity=True
    )
    eventually(lambda: not seen(group, struck).get("spec"))
    assert [(each.workspace, each.node) for each in killed(group.door, "coder-ws")] == [(struck, node)]
