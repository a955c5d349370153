"""What goes wrong on the way is told with its cause, and leaves the group as whole as it was."""

import pytest
from scaling_stage import Stage, called, eventually

from day2.engine.nodes.disturbances import NodeDisturbance


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (NodeDisturbance.NO_CAPACITY, "capacity"),
        (NodeDisturbance.OVER_QUOTA, "quota"),
        (NodeDisturbance.NO_ADDRESSES, "subnet addresses"),
    ],
)
def test_nodes_that_do_not_come_are_told_with_the_cause(stage: Stage, trouble: NodeDisturbance, kind: str) -> None:
    stage.with_empty(1)
    stage.disturbances.order(trouble)
    before = stage.sizes()[1]
    with stage.told("workspace", ready_minutes=0):
        seen = stage.scale(by="+2")
    assert (seen.status, seen.error) == ("FAILED", "CapacityMissing")
    (end, *_) = (ended for _, run, _, ended in stage.history() if run.execution == seen.execution)
    assert end is not None
    assert (end["error"], end["why"]["kind"], end["alert"]) == ("CapacityMissing", kind, True)
    stage.disturbances.lift(trouble)
    eventually(lambda: len([each for each in stage.nodes() if each.ready]) == before + 2 or None)


def test_an_update_that_fails_leaves_the_group_as_it_was(stage: Stage) -> None:
    stage.with_empty(1)
    nodes, sizes = called(stage.nodes()), stage.sizes()
    stage.disturbances.order(NodeDisturbance.UPDATE_FAILS)
    seen = stage.scale(by="+2")
    assert (seen.status, seen.error) == ("FAILED", "UpdateFailed")
    assert "NodeCreationFailure" in seen.sentence
    assert (called(stage.nodes()), stage.sizes(), stage.status()) == (nodes, sizes, "ACTIVE")
    assert stage.scale(by="+1").status == "SUCCEEDED"


def test_nodes_whose_end_is_refused_take_pods_again(stage: Stage) -> None:
    stage.with_empty(2)
    nodes = called(stage.nodes())
    stage.disturbances.order(NodeDisturbance.TERMINATION_REFUSED)
    seen = stage.scale(by="-2")
    assert (seen.status, seen.error) == ("FAILED", "ServiceBusy")
    assert called(stage.nodes()) == nodes
    assert [each.name for each in stage.nodes() if each.cordoned] == []


def test_workspaces_that_coder_and_kubernetes_count_differently_keep_every_node(stage: Stage) -> None:
    stage.with_empty(2)
    nodes, hidden = called(stage.nodes()), stage.people.start(12)
    stage.without_pods(hidden)
    refused = stage.scale(by="-1")
    assert (refused.status, refused.error) == ("FAILED", "ScalingRefused")
    assert "in doubt" in refused.sentence
    assert called(stage.nodes()) == nodes
    stage.people.stop(hidden)
    assert stage.scale(by="-1").status == "SUCCEEDED"
