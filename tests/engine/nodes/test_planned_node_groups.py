"""Which node groups the platform of an engine has, by its settings."""

import pytest

from cdk.environments import load
from cdk.settings import Scaling
from day2.engine import synth
from day2.engine.node_groups import NodeGroup, planned


@pytest.fixture
def scaling() -> Scaling:
    found = load(synth.ENVIRONMENT).scaling
    assert found is not None
    return found


def groups(scaling: Scaling, *, workspaces: int) -> dict[str, NodeGroup]:
    return {each.name: each for each in planned(scaling, workspaces=workspaces, pods_per_node=12)}


def test_the_groups_are_named_and_limited_by_the_settings(scaling: Scaling) -> None:
    found = groups(scaling, workspaces=46)
    assert {name: (each.node_type, each.smallest, each.desired, each.largest) for name, each in found.items()} == {
        "coder-local-control": ("control", 2, 2, 3),
        "coder-local-ws": ("workspace", 10, 10, 200),
        "coder-local-prov": ("provisioner", 0, 1, 20),
    }


@pytest.mark.parametrize(("workspaces", "desired"), [(0, 10), (108, 10), (109, 11), (1458, 123), (5000, 200)])
def test_there_is_room_for_every_running_workspace_within_the_ceiling(
    scaling: Scaling, workspaces: int, desired: int
) -> None:
    assert groups(scaling, workspaces=workspaces)["coder-local-ws"].desired == desired


def test_a_node_takes_as_many_provisioners_as_the_settings_say(scaling: Scaling) -> None:
    found = groups(scaling, workspaces=0)
    assert found["coder-local-prov"].labels == {"coder.com/node-type": "provisioner", "coder-day2.fake/pods": "4"}
    assert found["coder-local-ws"].labels == {"coder.com/node-type": "workspace"}
