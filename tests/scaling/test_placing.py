"""What would end with a node."""

from typing import Any

from scaling_samples import fleet

from lambdas.platform.cluster import Pod
from lambdas.scaling.placing import WORKSPACE_LABEL, named, with_builds, with_workspaces, workspaces


def pod(name: str, node: str = "", *, phase: str = "Running", workspace: str = "", **more: Any) -> Pod:
    labels = {WORKSPACE_LABEL: workspace} if workspace else {}
    return Pod(name=name, node=node, phase=phase, ready=True, terminating=more.pop("terminating", False), labels=labels)


def test_a_node_is_held_by_the_workspaces_whose_pods_are_bound_to_it() -> None:
    pods = [pod("a", "node-00", workspace="ws-1"), pod("b", "node-00", workspace="ws-0"), pod("c", workspace="ws-2")]
    first, second = with_workspaces(fleet(2), pods)
    assert first.holds == ("ws-0", "ws-1")
    assert second.holds == ()


def test_a_pod_that_has_ended_holds_nothing_and_one_that_ends_does() -> None:
    pods = [pod("a", "node-00", phase="Succeeded"), pod("b", "node-01", terminating=True, workspace="ws-1")]
    assert [each.holds for each in with_workspaces(fleet(2), pods)] == [(), ("ws-1",)]


def test_a_pod_without_the_label_still_holds_its_node() -> None:
    assert with_workspaces(fleet(1), [pod("debug", "node-00")])[0].holds == ("debug",)


def test_workspaces_are_counted_once_however_many_pods_they_have() -> None:
    pods = [pod("a", "node-00", workspace="ws-1"), pod("a-sidecar", workspace="ws-1"), pod("b", workspace="ws-2")]
    assert workspaces(pods) == (2, 1)


def test_a_provisioner_holds_its_node_while_it_builds_or_nobody_knows() -> None:
    pods = [pod("prov-0", "node-00"), pod("prov-1", "node-01"), pod("prov-2", "node-02")]
    nodes = with_builds(fleet(3), pods, {"prov-0": "busy", "prov-1": "idle"})
    assert [each.holds for each in nodes] == [("prov-0",), (), ("prov-2",)]


def test_of_many_workspaces_on_a_node_a_few_are_named_and_the_others_counted() -> None:
    pods = [pod(f"p{number}", "node-00", workspace=f"ws-{number}") for number in range(14)]
    (node,) = named(with_workspaces(fleet(1), pods), most=5)
    assert (len(node.holds), node.more) == (5, 9)
