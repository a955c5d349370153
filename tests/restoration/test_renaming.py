"""Names are swapped one at a time, and go back from any point half way."""

import random
from dataclasses import replace

import pytest

from lambdas.recovery.database import Cluster, Instance
from lambdas.restoration import renaming
from lambdas.restore_contracts import BeforeDatabase
from restoration.samples import ID, RESTORATION, SOURCE

TARGET, OLD = RESTORATION.target, RESTORATION.old_name
NAMES = {
    "cluster-OLD": SOURCE,
    "db-OLD1": f"{SOURCE}-1",
    "db-OLD2": f"{SOURCE}-2",
    "cluster-NEW": TARGET,
    "db-NEW1": f"{TARGET}-1",
    "db-NEW2": f"{TARGET}-2",
}
BEFORE = BeforeDatabase(
    exists=True,
    name=SOURCE,
    resource_id="cluster-OLD",
    instances=(f"{SOURCE}-1", f"{SOURCE}-2"),
    names=NAMES,
    restored=("cluster-NEW", "db-NEW1", "db-NEW2"),
)
SWAPPED = {
    "cluster-OLD": OLD,
    "db-OLD1": f"{OLD}-1",
    "db-OLD2": f"{OLD}-2",
    "cluster-NEW": SOURCE,
    "db-NEW1": f"{SOURCE}-1",
    "db-NEW2": f"{SOURCE}-2",
}


class Rds:
    """Names by resource id, and which of them are on their way: what a look sees, what a rename does."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = dict(names)
        self.busy: set[str] = set()
        self.former = dict(names)

    def look(self, wanted: dict[str, str]) -> renaming.Renames:
        clusters = [
            Cluster(
                name=name,
                status=self._status(resource),
                engine="aurora-postgresql",
                engine_version="15.4",
                resource_id=resource,
                arn="",
            )
            for resource, name in self.names.items()
            if resource.startswith("cluster-")
        ]
        instances = [
            Instance(name=name, cluster=None, status=self._status(resource), resource_id=resource)
            for resource, name in self.names.items()
            if resource.startswith("db-")
        ]
        return renaming.plan(wanted, clusters, instances, former=self.former)

    def do(self, rename: renaming.Rename) -> None:
        assert rename.new not in self.names.values(), "RDS would refuse a name that is in use"
        resource = next(key for key, name in self.names.items() if name == rename.name)
        self.names[resource] = rename.new
        self.busy.add(resource)

    def _status(self, resource: str) -> str:
        return "renaming" if resource in self.busy else "available"

    def settle(self, wanted: dict[str, str], *, looks: int = 20) -> int:
        for count in range(looks):
            look = self.look(wanted)
            if not look.waiting_for:
                return count
            for rename in look.begin:
                self.do(rename)
            self.busy.clear() if count % 2 else None
        raise AssertionError(f"not settled after {looks} looks: {look.waiting_for}")


def test_the_old_cluster_makes_way_and_the_restored_one_takes_its_name_and_its_instances_names() -> None:
    rds = Rds(NAMES)
    rds.settle(renaming.forward(RESTORATION, BEFORE))
    assert rds.names == SWAPPED


def test_a_name_is_not_taken_before_its_owner_has_left_it() -> None:
    first = Rds(NAMES).look(renaming.forward(RESTORATION, BEFORE))
    assert {each.name for each in first.begin} == {SOURCE, f"{SOURCE}-1", f"{SOURCE}-2"}


def test_a_name_is_not_taken_while_its_last_owner_is_still_leaving_it() -> None:
    rds = Rds(NAMES)
    wanted = renaming.forward(RESTORATION, BEFORE)
    for rename in rds.look(wanted).begin:
        rds.do(rename)
    assert rds.look(wanted).begin == ()
    rds.busy.clear()
    assert {each.new for each in rds.look(wanted).begin} == {SOURCE, f"{SOURCE}-1", f"{SOURCE}-2"}


def test_what_is_on_its_way_is_waited_for_and_not_renamed_again() -> None:
    rds = Rds(NAMES)
    rds.busy = set(NAMES)
    look = rds.look(renaming.forward(RESTORATION, BEFORE))
    assert look.begin == ()
    assert look.waiting_for


@pytest.mark.parametrize("seed", range(20))
def test_whatever_was_done_half_way_everything_gets_its_own_name_back(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  the same mishap every time
    rds = Rds(NAMES)
    wanted = renaming.forward(RESTORATION, BEFORE)
    for _ in range(chance.randrange(6)):
        begin = rds.look(wanted).begin
        for rename in chance.sample(begin, chance.randrange(len(begin) + 1)):
            rds.do(rename)
        rds.busy.clear()
    rds.former = SWAPPED
    rds.settle(renaming.back(BEFORE))
    assert rds.names == NAMES


def test_a_restored_cluster_takes_the_name_of_a_source_that_is_gone() -> None:
    restored = {resource: name for resource, name in NAMES.items() if resource in BEFORE.restored}
    gone = BeforeDatabase(exists=False, name=SOURCE, names=restored, restored=BEFORE.restored)
    rds = Rds(restored)
    rds.settle(renaming.forward(RESTORATION, gone))
    assert rds.names == {"cluster-NEW": SOURCE, "db-NEW1": f"{SOURCE}-1", "db-NEW2": f"{SOURCE}-2"}


def test_an_instance_that_iam_would_not_let_be_renamed_is_a_fault_of_the_plan() -> None:
    assert renaming.names_fault(RESTORATION, BEFORE.instances) is None
    assert "use the strategy repoint" in (renaming.names_fault(RESTORATION, ("writer-of-coder",)) or "")


def test_a_restored_instance_without_an_old_one_in_its_place_gets_a_number_of_the_source() -> None:
    fewer = replace(BEFORE, instances=(f"{SOURCE}-1",))
    fewer = replace(fewer, names={key: name for key, name in NAMES.items() if key != "db-OLD2"})
    assert renaming.forward(RESTORATION, fewer)["db-NEW2"] == f"{SOURCE}-2"
    assert ID in renaming.forward(RESTORATION, fewer)["db-OLD1"]
