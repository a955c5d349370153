"""The deployed schedules scale the node groups, once a slot; a person's word and a freeze hold over them."""

from datetime import UTC, datetime, timedelta

from scaling_stage import PROVISIONERS, Stage, called, decision, names

from lambdas import payload


def test_a_morning_that_is_delivered_twice_grows_the_group_once(stage: Stage) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    delivered = [stage.fire("workspace-morning", at=at) for _ in range(2)]
    duplicate, morning = sorted(map(stage.follow, delivered), key=lambda seen: len(seen.states))
    assert (morning.status, morning.output["recorded"]["outcome"]) == ("SUCCEEDED", "scaled")
    assert morning.output["recorded"]["started_by"] == "schedule workspace-morning"
    assert (duplicate.status, names(duplicate)) == ("SUCCEEDED", ("OpenScaling",))
    assert stage.sizes()[1] == 50
    assert sum(each.ready for each in stage.nodes()) == 50


def test_an_evening_takes_the_empty_nodes_and_waits_for_the_others(stage: Stage) -> None:
    stage.with_empty(0)
    late = stage.people.start(100)
    stage.scale(desired=len(stage.people.placed()) // 12 + 4)
    occupied = stage.occupied()
    assert len(occupied) > 10
    arn = stage.fire("workspace-evening", at=datetime.now(UTC) + timedelta(seconds=1))
    stage.reach(arn, "WaitForRoom")
    assert called(stage.nodes()) == stage.occupied() == occupied
    stage.people.stop(late)
    evening = stage.follow(arn)
    assert (evening.status, stage.sizes()[1]) == ("SUCCEEDED", 10)
    assert stage.occupied() <= called(stage.nodes())


def test_what_a_person_ordered_holds_over_the_schedules_until_it_lapses(stage: Stage) -> None:
    stage.with_empty(1)
    ordered = len(stage.nodes()) + 2
    stage.day2.page("scale", "workspaces", "--desired", str(ordered), "--for", "3h", "--reason", "a course")
    held = stage.follow(stage.fire("workspace-morning"))
    assert (held.status, decision(held)["rule"], stage.sizes()[1]) == ("SUCCEEDED", "override", ordered)
    assert "a course" in decision(held)["reason"]
    stage.say_nothing_holds()
    after = datetime.now(UTC) + timedelta(seconds=30)
    assert decision(stage.follow(stage.fire("workspace-morning", at=after)))["action"] == "grow"


def test_a_freeze_stops_the_clock_and_no_person(stage: Stage) -> None:
    stage.with_empty(1)
    before = stage.sizes()[1]
    assert "until" in stage.day2.page("freeze", "--for", "2h", "--reason", "an audit")
    for schedule in ("workspace-morning", "provisioner-morning"):
        at = datetime.now(UTC) - timedelta(seconds=90)
        frozen = stage.follow(stage.fire(schedule, at=at))
        assert (frozen.status, decision(frozen)["rule"]) == ("SUCCEEDED", "freeze")
    assert stage.sizes()[1] == before
    assert stage.scale(desired=before + 1).status == "SUCCEEDED"


def test_provisioners_have_schedules_of_their_own(stage: Stage) -> None:
    morning = stage.follow(stage.fire("provisioner-morning"))
    assert (morning.status, stage.sizes(PROVISIONERS)[1]) == ("SUCCEEDED", 5)
    # Slots are whole seconds: of the same second it would be one before the group grew.
    evening = stage.follow(stage.fire("provisioner-evening", at=datetime.now(UTC) + timedelta(seconds=1)))
    assert (evening.status, stage.sizes(PROVISIONERS)[1]) == ("SUCCEEDED", 1)
    (left,) = stage.nodes(PROVISIONERS)
    pods = stage.people.kubernetes.pods("coder-prov", "app.kubernetes.io/name=coder-provisioner")
    assert {each.node for each in pods} == {left.name}


def test_the_history_tells_who_scaled_what_and_why_the_latest_first(stage: Stage) -> None:
    stage.with_empty(1)
    wanted = stage.sizes()[1] + 1
    stage.scale(desired=wanted, reason="history is made")
    stage.scale(desired=2, reason="too few")
    refused, grown, *_ = stage.day2.document("scale", "history", "--days", "1")
    assert (refused["reason"], refused["decision"]["action"]) == ("too few", "refuse")
    assert refused["ended"]["outcome"] == "refused"
    assert (grown["reason"], grown["started_by"]) == ("history is made", "the tests")
    assert (grown["decision"]["after"]["desired"], grown["ended"]["outcome"]) == (wanted, "scaled")
    assert payload.parse_instant(refused["at"]) >= payload.parse_instant(grown["at"])
    page = " ".join(stage.day2.page("scale", "history").split())
    assert "history is made" in page
    assert "refused" in page
