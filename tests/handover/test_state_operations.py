"""From the state as it is to the one that describes the restored database, and not a step further."""

import pytest
from handover_samples import (
    CLUSTER,
    INSTANCES,
    SOURCE,
    TARGET,
    handover,
    held,
    of_the_source,
    state,
)
from hypothesis import given
from hypothesis import strategies as st

from lambdas.handover.state_operations import Decision, assign, check, decide

REPOINT = handover().document()
SWAP = handover("swap-identifiers").document()


def done(decision: Decision) -> list[str]:
    assert decision.refusals == ()
    return [" ".join(part for part in each if part) for each in decision.operations]


def test_taken_addresses_are_given_up_instances_first_and_taken_again_cluster_first() -> None:
    assert done(decide(REPOINT, of_the_source())) == [
        f"rm {INSTANCES}[0]",
        f"rm {INSTANCES}[1]",
        f"rm {CLUSTER}",
        f"import {CLUSTER} {TARGET}",
        f"import {INSTANCES}[0] {TARGET}-1",
        f"import {INSTANCES}[1] {TARGET}-2",
    ]


def test_an_instance_takes_the_index_of_the_one_that_was_named_alike() -> None:
    crossed = state(
        held(CLUSTER, SOURCE), held(f"{INSTANCES}[0]", f"{SOURCE}-2"), held(f"{INSTANCES}[1]", f"{SOURCE}-1")
    )
    assert done(decide(REPOINT, crossed))[-2:] == [
        f"import {INSTANCES}[0] {TARGET}-2",
        f"import {INSTANCES}[1] {TARGET}-1",
    ]


def test_a_third_instance_of_the_old_cluster_leaves_and_nothing_takes_its_place() -> None:
    third = of_the_source(held(f"{INSTANCES}[2]", f"{SOURCE}-3"))
    operations = done(decide(REPOINT, third))
    assert f"rm {INSTANCES}[2]" in operations
    assert not [each for each in operations if each.startswith(f"import {INSTANCES}[2]")]


def test_a_state_that_a_refresh_has_emptied_since_the_source_is_gone_needs_imports_only() -> None:
    assert done(decide(REPOINT, state())) == [
        f"import {CLUSTER} {TARGET}",
        f"import {INSTANCES}[0] {TARGET}-1",
        f"import {INSTANCES}[1] {TARGET}-2",
    ]


def test_after_swapped_names_the_addresses_hold_what_they_should() -> None:
    assert done(decide(SWAP, of_the_source())) == []


def test_after_swapped_names_an_address_that_was_lost_is_imported_under_the_old_name() -> None:
    lost = state(held(CLUSTER, SOURCE), held(f"{INSTANCES}[0]", f"{SOURCE}-1"))
    assert done(decide(SWAP, lost)) == [f"import {INSTANCES}[1] {SOURCE}-2"]


@pytest.mark.parametrize("steps", range(7))
def test_it_goes_on_from_wherever_an_earlier_run_stopped(steps: int) -> None:
    """Whatever of the operations is done already is not asked for again, and the end is the same."""
    contents = {CLUSTER: (SOURCE, SOURCE)} | {f"{INSTANCES}[{n}]": (f"{SOURCE}-{n + 1}", SOURCE) for n in (0, 1)}
    for operation in decide(REPOINT, of_the_source()).operations[:steps]:
        if operation.action == "rm":
            del contents[operation.address]
        else:
            contents[operation.address] = (operation.id, TARGET)
    halfway = state(*(held(address, name, cluster) for address, (name, cluster) in contents.items()))
    rest = decide(REPOINT, halfway)
    assert rest.operations == decide(REPOINT, of_the_source()).operations[steps:]


def test_it_is_done_when_the_state_holds_the_restored_database() -> None:
    reached = state(
        held(CLUSTER, TARGET, resource_id="cluster-RESTORED"),
        *(held(f"{INSTANCES}[{n}]", f"{TARGET}-{n + 1}", TARGET) for n in (0, 1)),
    )
    assert done(decide(REPOINT, reached)) == []
    assert check(REPOINT, reached) == ()


class TestRefuses:
    def test_an_address_that_holds_another_cluster(self) -> None:
        (refusal,) = decide(REPOINT, state(held(CLUSTER, "coder-staging"))).refusals
        assert refusal == f"{CLUSTER} holds coder-staging, which is neither {SOURCE} nor the restored {TARGET}"

    def test_an_instance_of_another_cluster(self) -> None:
        strange = state(held(CLUSTER, SOURCE), held(f"{INSTANCES}[0]", "reporting-1", "reporting"))
        assert "reporting-1 of the cluster reporting" in decide(REPOINT, strange).refusals[0]

    def test_a_restored_cluster_that_another_address_holds_already(self) -> None:
        twice = of_the_source(held("aws_rds_cluster.by_hand", TARGET))
        assert "aws_rds_cluster.by_hand holds" in decide(REPOINT, twice).refusals[0]

    def test_what_an_apply_left_half_replaced(self) -> None:
        deposed = of_the_source()
        deposed["resources"][0]["instances"][0]["deposed"] = "0a1b2c3d"
        assert "deposed object" in decide(REPOINT, deposed).refusals[0]

    def test_instances_by_for_each_that_no_index_follows_for(self) -> None:
        keyed = state(held(CLUSTER, SOURCE), held(f'{INSTANCES}["writer"]', f"{SOURCE}-writer"))
        assert "has no count" in decide(REPOINT, keyed).refusals[0]

    def test_a_state_of_another_version(self) -> None:
        decision = decide(REPOINT, {"version": 5})
        assert decision.refusals == ("the state is of version 5, not 4",)
        assert not decision.operations


def test_instances_by_for_each_that_are_as_many_as_before_take_the_keys_that_become_free() -> None:
    keyed = state(
        held(CLUSTER, SOURCE),
        held(f'{INSTANCES}["one"]', f"{SOURCE}-1"),
        held(f'{INSTANCES}["two"]', f"{SOURCE}-2"),
    )
    assert done(decide(REPOINT, keyed))[-2:] == [
        f'import {INSTANCES}["one"] {TARGET}-1',
        f'import {INSTANCES}["two"] {TARGET}-2',
    ]


def test_a_refreshed_state_with_another_resource_id_is_not_the_restored_database() -> None:
    (reason,) = check(SWAP, of_the_source())
    assert reason == f"{CLUSTER} holds {SOURCE} with the resource id cluster-SOURCE, not cluster-RESTORED"


def test_the_tenth_instance_comes_after_the_ninth() -> None:
    ids = [f"{TARGET}-{n}" for n in range(1, 12)]
    placed = assign(ids, {}, source=SOURCE, target=TARGET)
    assert [placed[index] for index in range(11)] == ids


@given(
    ids=st.lists(st.integers(1, 15), unique=True),
    freed=st.dictionaries(st.integers(0, 8), st.integers(1, 15)),
    taken=st.sets(st.integers(9, 12)),
)
def test_every_restored_instance_has_one_index_and_none_that_is_taken(
    ids: list[int], freed: dict[int, int], taken: set[int]
) -> None:
    names = [f"{TARGET}-{n}" for n in ids]
    former = {key: f"{SOURCE}-{n}" for key, n in freed.items()}
    placed = assign(names, former, source=SOURCE, target=TARGET, taken=taken)
    assert sorted(placed.values()) == sorted(names)
    assert not taken & placed.keys()
