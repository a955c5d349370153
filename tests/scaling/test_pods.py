"""Provisioners' pods with their nodes: how many, which end first, and when their node may go."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lambdas.platform.cluster import Deployment, Pod
from lambdas.scaling import pods
from lambdas.scaling.contracts import Doomed

NODES = tuple(Doomed(name=f"node-{each}", instance=f"i-{each}") for each in range(3))


def pod(name: str, node: str = "node-0", *, terminating: bool = False, phase: str = "Running") -> Pod:
    return Pod(name=name, phase=phase, ready=True, terminating=terminating, node=node)


def test_one_deployment_has_all_of_them_and_none_is_given_none() -> None:
    assert pods.shares(12, {"coder-provisioner": 4}) == {"coder-provisioner": 12}
    assert pods.shares(12, {}) == {}


def test_several_keep_their_proportion_and_those_without_any_share_evenly() -> None:
    assert pods.shares(8, {"linux": 3, "windows": 1}) == {"linux": 6, "windows": 2}
    assert pods.shares(5, {"linux": 0, "windows": 0}) == {"linux": 3, "windows": 2}


@given(
    total=st.integers(0, 500),
    present=st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 50), min_size=1),
)
def test_shares_sum_up_and_none_is_a_pod_from_its_proportion(total: int, present: dict[str, int]) -> None:
    found, whole = pods.shares(total, present), sum(present.values())
    assert sum(found.values()) == total
    assert all(abs(found[name] - total * present[name] / whole) < 1 for name in present if whole)


def test_as_many_stay_as_run_a_build_whatever_nodes_are_left() -> None:
    assert (pods.wanted(3, 4), pods.wanted(1, 4, busy=6), pods.wanted(0, 4)) == (12, 6, 0)


def test_idle_ones_on_nodes_that_go_end_first_and_those_that_may_build_last() -> None:
    everyone = [pod("idle"), pod("busy"), pod("unheard"), pod("elsewhere", "node-9"), pod("over", phase="Succeeded")]
    daemons = {"idle": "idle", "busy": "busy", "elsewhere": "idle", "over": "offline"}
    found = pods.costs(everyone, daemons, {"node-0"})
    assert found == {"idle": pods.FIRST, "busy": pods.LAST, "unheard": pods.LAST, "elsewhere": 0}


def test_a_node_goes_when_nothing_of_them_is_left_on_it_waits_while_one_ends_and_stays_with_one_that_stays() -> None:
    found = pods.cleared(NODES, [pod("a", "node-1", terminating=True), pod("b", "node-2"), pod("c", phase="Failed")])
    assert found.go == (NODES[0],)
    assert found.ending == (NODES[1],)


def test_a_deployment_has_chosen_when_its_controller_has_seen_the_order_and_counts_no_more() -> None:
    lowered = Deployment(
        namespace="coder-prov",
        name="coder-provisioner",
        replicas=4,
        generation=3,
        observed=3,
        total=4,
        updated=4,
        ready=4,
        available=4,
        selector="",
    )
    assert pods.settled(lowered, 4)
    assert not pods.settled(replace(lowered, observed=2), 4)
    assert not pods.settled(replace(lowered, total=6), 4)
