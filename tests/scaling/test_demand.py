"""How loaded a group is: by what is requested, and full where anything waits."""

from datetime import UTC, datetime, timedelta

import pytest

from lambdas.scaling.contracts import Queue
from lambdas.scaling.demand import Resources, Room, provisioner_load, workspace_load

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NODE = Resources(cpu=8, memory=32, pods=58)


def rooms(count: int, **more: bool) -> list[Room]:
    return [Room(node=f"n{each}", **{"ready": True, "cordoned": False, **more}, has=NODE) for each in range(count)]


def asking(count: int, *, cpu: float = 2, memory: float = 4) -> list[Resources]:
    return [Resources(cpu=cpu, memory=memory, pods=1)] * count


class TestWorkspaces:
    def test_load_by_the_scarcest_of_what_they_request(self) -> None:
        assert workspace_load(rooms(2), asking(4), unplaced=0).percent == 50.0
        assert workspace_load(rooms(2), asking(4, cpu=0.1, memory=16), unplaced=0).percent == 100.0
        assert workspace_load(rooms(2), asking(58, cpu=0.01, memory=0.01), unplaced=0).percent == 50.0

    @pytest.mark.parametrize("more", [{"ready": False}, {"cordoned": True}])
    def test_find_no_room_on_a_node_that_takes_none(self, more: dict[str, bool]) -> None:
        assert workspace_load([*rooms(1), *rooms(1, **more)], asking(2), unplaced=0).percent == 50.0

    def test_are_too_many_as_soon_as_one_has_no_node(self) -> None:
        load = workspace_load(rooms(10), asking(1), unplaced=1)
        assert (load.percent, load.because) == (100.0, "1 workspace has no node")

    def test_of_none_on_no_node_load_nothing_and_one_loads_it_full(self) -> None:
        assert workspace_load([], [], unplaced=0).percent == 0.0
        assert workspace_load([], asking(1), unplaced=1).percent == 100.0


class TestProvisioners:
    def load(self, queue: Queue) -> float:
        return provisioner_load(queue, now=NOW, longest_wait=MINUTE).percent

    def test_load_by_builds_that_run_and_wait(self) -> None:
        assert self.load(Queue(pending=0, running=0, daemons=4)) == 0.0
        assert self.load(Queue(pending=0, running=3, daemons=4)) == 75.0
        assert self.load(Queue(pending=4, running=4, oldest=NOW, daemons=4)) == 200.0

    def test_are_too_few_when_a_build_waits_longer_than_it_should(self) -> None:
        waiting = Queue(pending=1, running=0, oldest=NOW - timedelta(seconds=61), daemons=40)
        assert self.load(waiting) == 100.0
        assert "has waited 1 min" in provisioner_load(waiting, now=NOW, longest_wait=MINUTE).because

    def test_that_are_none_are_too_few_for_one_build(self) -> None:
        assert self.load(Queue(pending=1, running=0, oldest=NOW, daemons=0)) == 100.0
        assert self.load(Queue(pending=0, running=0, daemons=0)) == 0.0

    def test_do_not_wait_before_they_were_asked_for(self) -> None:
        ahead = Queue(pending=1, running=0, oldest=NOW + timedelta(seconds=5), daemons=4)
        assert provisioner_load(ahead, now=NOW, longest_wait=MINUTE).parts["OldestWait"] == 0.0
