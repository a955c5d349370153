"""People come and go while the group shrinks and grows; none of them notices."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from scaling_stage import Stage, called, eventually

from day2.engine.workspace_pods import pod


@contextmanager
def people_who_come_and_go(stage: Stage) -> Iterator[None]:
    """Workspaces start and stop all the while; at the end those that were started have stopped."""
    over, there, chance = threading.Event(), list[str](), random.Random(1)  # noqa: S311  no secret

    def go_on() -> None:
        while not over.is_set():
            there.extend(stage.people.start(chance.randint(1, 4)))
            chance.shuffle(there)
            leaving = chance.randint(0, min(5, len(there)))
            stage.people.stop(there[:leaving])
            del there[:leaving]

    thread = threading.Thread(target=go_on, name="people")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        stage.people.stop(there)


def test_nobody_is_disturbed_by_nodes_that_go_while_workspaces_start(stage: Stage) -> None:
    stage.with_empty(12)
    staying, taken = stage.people.running(), 0
    with people_who_come_and_go(stage):
        for _ in range(4):
            before = called(stage.nodes())
            stage.scale(by="-3", when_blocked="clamp")
            taken += len(before - called(stage.nodes()))
        assert stage.scale(by="+3").status == "SUCCEEDED"
    assert taken > 0
    assert set(staying) <= set(stage.people.running())
    assert set(stage.people.running()) == set(stage.people.placed())


def test_a_node_on_which_a_workspace_starts_at_the_last_moment_stays(stage: Stage) -> None:
    stage.with_empty(3)
    before, sizes = called(stage.nodes()), stage.sizes()

    def struck() -> str | None:
        return next((each.name for each in stage.nodes() if each.cordoned_by), None)

    with stage.waits(0.4):  # LetPodsBind takes two seconds
        arn = stage.start(by="-3")
        node = eventually(struck)
        (build,) = stage.people.builds.starts(1, begun="running")
        late = pod(build.workspace, place={"nodeName": node})  # bound before the cordon, and seen only after it
        stage.people.kubernetes.create("/api/v1/namespaces/coder-ws/pods", late | {"status": {"phase": "Running"}})
        stage.people.builds.complete([build])
        seen = stage.follow(arn)
    assert (seen.status, seen.output["recorded"]["outcome"]) == ("SUCCEEDED", "partly")
    assert before - called(stage.nodes()) == {each["name"] for each in seen.output["looked"]["go"]}
    assert (node in called(stage.nodes()), stage.sizes()[1]) == (True, sizes[1] - 2)
    stage.people.stop([build.workspace.id])
