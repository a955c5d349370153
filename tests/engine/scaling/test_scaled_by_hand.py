"""A person scales the workspaces' nodes: up to Ready, in by the empty nodes, and not at all where none is empty."""

from scaling_stage import Stage, called, decision, names

from lambdas.scaling.contracts import Node


def test_an_explanation_tells_facts_rule_and_decision_and_changes_nothing(stage: Stage) -> None:
    sizes, running = stage.sizes(), len(stage.people.running())
    page = stage.day2.page("scale", "workspaces", "--desired", str(sizes[1] + 3), "--explain")
    assert "Nothing was changed." in page
    assert f"coder-local-ws, {sizes[1]} desired (2 to 200)" in " ".join(page.split())
    assert f"{running} running, 0 on the move, {running} with pods" in " ".join(page.split())
    assert "grow" in page
    assert stage.sizes() == sizes


def test_more_nodes_are_there_when_they_are_ready(stage: Stage) -> None:
    (smallest, before, largest), nodes = stage.sizes(), called(stage.nodes())
    done = stage.day2.document("scale", "workspaces", "--by", "+4", "--reason", "a course")
    assert (done["outcome"], done["started_by"].endswith("with day2"), done["reason"]) == ("scaled", True, "a course")
    assert stage.sizes() == (smallest, before + 4, largest)
    ready = {each.name for each in stage.nodes() if each.ready}
    assert (len(ready), nodes < ready) == (before + 4, True)


def test_exactly_empty_nodes_go_and_no_workspace_with_them(stage: Stage) -> None:
    stage.with_empty(5)
    before, empty, running = stage.nodes(), stage.empty(), stage.people.running()
    oldest = _oldest_per_zone([each for each in before if each.name in empty])
    seen = stage.scale(desired=len(before) - 3)
    gone = called(before) - called(stage.nodes())
    assert (seen.status, seen.output["recorded"]["outcome"], len(gone)) == ("SUCCEEDED", "scaled", 3)
    assert gone <= empty
    assert gone & oldest
    assert gone == {each["name"] for each in decision(seen)["remove"]}
    assert (stage.sizes()[1], stage.people.running()) == (len(before) - 3, running)


def test_too_few_empty_nodes_are_refused_with_what_holds_the_others(stage: Stage) -> None:
    stage.with_empty(1)
    before, occupied, sizes = called(stage.nodes()), stage.occupied(), stage.sizes()
    refused = stage.day2.run("scale", "workspaces", "--desired", "2")
    told = " ".join(refused.stderr.split())
    assert (refused.returncode, "ScalingRefused" in told, "1 hold nothing" in told) == (1, True, True)
    assert any(f"held {each} by " in told for each in occupied)
    assert (called(stage.nodes()), stage.sizes()) == (before, sizes)
    planned = decision(stage.scale(desired=2, dry_run=True))
    assert (planned["action"], planned["rule"]) == ("refuse", "blocked")
    assert {each["node"] for each in planned["holding"]} == occupied
    placed = stage.people.placed()
    for each in planned["holding"]:
        assert {placed[workspace] for workspace in each["holds"]} == {each["node"]}


def test_clamp_takes_what_is_empty_and_says_what_is_left(stage: Stage) -> None:
    stage.with_empty(2)
    occupied, running = stage.occupied(), stage.people.running()
    seen = stage.scale(desired=2, when_blocked="clamp")
    recorded = seen.output["recorded"]
    assert (seen.status, recorded["outcome"], recorded["terminated"]) == ("SUCCEEDED", "partly", 2)
    assert recorded["left"] == len(occupied) - 2
    assert (called(stage.nodes()), stage.people.running()) == (occupied, running)


def test_defer_waits_until_workspaces_have_stopped(stage: Stage) -> None:
    started = stage.people.start(30)
    more = len(stage.people.placed()) // 12 + 1
    stage.scale(desired=max(more, stage.sizes()[1]))
    occupied = stage.occupied()
    wanted = len(occupied) - 2
    arn = stage.start(desired=wanted, when_blocked="defer")
    stage.reach(arn, "WaitForRoom")
    stage.people.stop(started)
    placed = stage.people.placed()
    seen = stage.follow(arn)
    assert seen.status == "SUCCEEDED", seen.sentence
    assert names(seen).count("ReadNodes") >= 2
    assert stage.people.placed() == placed
    assert stage.sizes()[1] == max(wanted, len(set(placed.values())))


def test_limits_are_changed_with_the_size_by_whoever_asks_for_all_three(stage: Stage) -> None:
    stage.with_empty(3)
    desired = stage.sizes()[1] - 1
    seen = stage.scale(desired=desired, min=3, max=150)
    assert seen.status == "SUCCEEDED", seen.sentence
    assert stage.sizes() == (3, desired, 150)
    assert stage.scale(desired=desired, min=2, max=200).status == "SUCCEEDED"
    assert stage.sizes() == (2, desired, 200)


def test_a_burst_waits_for_room_and_gets_it(stage: Stage) -> None:
    stage.with_empty(0)
    started = stage.people.start(40)
    assert "" in stage.people.placed().values()
    seen = stage.scale(by="+4")
    assert seen.status == "SUCCEEDED", seen.sentence
    assert stage.occupied() <= called(stage.nodes())
    stage.people.stop(started)


def test_bad_input_is_refused_with_every_fault(stage: Stage) -> None:
    told = stage.day2.refusal("scale", "workspaces", "--desired", "5", "--profile", "noon", "--when-blocked", "hope")
    assert "desired and profile exclude each other" in told
    assert "'noon' is no profile of workspace" in told
    assert "request.when_blocked" in told
    assert "exclude each other" in stage.day2.refusal("scale", "workspaces", "--desired=5", "--for=3h", "--until=22:00")
    assert "control" in stage.day2.run("scale", "control").stderr


def _oldest_per_zone(nodes: list[Node]) -> set[str]:
    return {min((each for each in nodes if each.zone == zone), key=_age).name for zone in {each.zone for each in nodes}}


def _age(node: Node) -> tuple[object, str]:
    return node.created_at, node.name
