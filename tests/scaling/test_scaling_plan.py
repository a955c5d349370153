"""An operator's day: what is asked of a node group, and what comes of it with which reason."""

from datetime import timedelta

import pytest
from scaling_samples import NOW, decide, facts, fleet, node

from lambdas.scaling.contracts import Change, Override, Queue, Sizes, Standing, Workspaces

TO_PEAK, TO_OFF_PEAK = Change(profile="peak"), Change(profile="off-peak")


def test_in_the_morning_the_schedule_brings_the_peak() -> None:
    decision = decide(facts(fleet(10), smallest=10), TO_PEAK, origin="schedule")
    assert decision.action == "grow"
    assert decision.after == Sizes(smallest=10, desired=50, largest=200)
    assert decision.reason == ("coder-prod-ws grows from 10 nodes (10 to 200) to 50 nodes (10 to 200): profile peak")


def test_on_a_holiday_the_schedule_brings_nothing_and_takes_away_as_ever() -> None:
    morning = decide(facts(fleet(10), holiday=True), TO_PEAK, origin="schedule")
    assert (morning.action, morning.rule) == ("nothing", "holiday")
    evening = decide(facts(fleet(12), holiday=True), TO_OFF_PEAK, origin="schedule")
    assert evening.action == "shrink"


def test_a_person_may_ask_for_the_peak_on_a_holiday() -> None:
    assert decide(facts(fleet(10), holiday=True), TO_PEAK).action == "grow"


def test_what_is_there_already_is_told_and_not_ordered_again() -> None:
    decision = decide(facts(fleet(10)), TO_OFF_PEAK, origin="schedule")
    assert (decision.action, decision.rule) == ("nothing", "as asked")
    assert "has 10 nodes (0 to 200) already (profile off-peak)" in decision.reason


def test_in_the_evening_only_nodes_without_a_workspace_go() -> None:
    decision = decide(facts(fleet(14, held=5)), TO_OFF_PEAK, origin="schedule", when_blocked="defer")
    assert decision.action == "shrink"
    assert len(decision.remove) == 4
    assert not {each.name for each in decision.remove} & {f"node-{held:02}" for held in range(5)}
    assert decision.after.desired == 10


@pytest.mark.parametrize(
    ("when_blocked", "action", "removed", "desired"),
    [("refuse", "refuse", 0, 14), ("clamp", "shrink", 2, 12), ("defer", "shrink", 2, 12)],
)
def test_with_too_few_empty_nodes_the_request_says_what_happens(
    when_blocked: str, action: str, removed: int, desired: int
) -> None:
    decision = decide(facts(fleet(14, held=12)), TO_OFF_PEAK, origin="schedule", when_blocked=when_blocked)
    assert (decision.action, len(decision.remove), decision.after.desired) == (action, removed, desired)
    assert decision.left == 4 - removed or action == "refuse"
    assert len(decision.holding) == 12
    assert decision.holding[0].holds == ("ws-0",)


def test_a_deferred_shrink_waits_until_its_deadline_and_then_says_what_is_left() -> None:
    full = facts(fleet(14, held=14))
    waiting = decide(full, TO_OFF_PEAK, origin="schedule", when_blocked="defer")
    assert (waiting.action, waiting.left) == ("wait", 4)
    assert "it is tried again until 2026-11-26 12:45:00 UTC" in waiting.reason
    over = decide(full, TO_OFF_PEAK, origin="schedule", when_blocked="defer", now=NOW + timedelta(hours=2))
    assert (over.action, over.left) == ("refuse", 4)
    assert len(over.holding) == 14


def test_a_clamped_shrink_without_one_empty_node_is_no_failure() -> None:
    decision = decide(facts(fleet(14, held=14)), TO_OFF_PEAK, origin="alarm", when_blocked="clamp")
    assert (decision.action, decision.rule) == ("nothing", "blocked")


def test_zones_stay_even_and_the_oldest_of_a_zone_goes_first() -> None:
    decision = decide(facts(fleet(9)), Change(desired=6))
    assert [each.name for each in decision.remove] == ["node-08", "node-07", "node-06"]


def test_a_node_that_is_cordoned_already_goes_first() -> None:
    nodes = (*fleet(8), node(0, cordoned=True, name="chosen-before"))
    assert decide(facts(nodes), Change(desired=8)).remove[0].name == "chosen-before"


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (None, "Coder's workspaces are not known"),
        (
            Workspaces(running=0, moving=0, total=40, pods=40),
            "the token sees 0 running workspaces where Coder's totals",
        ),
        (
            Workspaces(running=40, moving=0, total=40, pods=0),
            "totals say 40 running workspaces where Kubernetes has pods of 0",
        ),
        (
            Workspaces(running=40, moving=0, total=40, pods=46),
            "totals say 40 running workspaces where Kubernetes has pods of 46",
        ),
    ],
)
def test_on_facts_that_contradict_each_other_nothing_is_taken_away_and_somebody_is_told(
    seen: Workspaces | None, said: str
) -> None:
    doubtful = facts(fleet(60, held=40), workspaces=seen)
    decision = decide(doubtful, TO_PEAK, origin="schedule", when_blocked="defer")
    assert (decision.action, decision.rule, decision.alert) == ("refuse", "doubt", True)
    assert said in decision.reason


def test_workspaces_on_the_move_explain_a_difference() -> None:
    moving = Workspaces(running=40, moving=6, total=40, pods=46)
    assert decide(facts(fleet(60, held=40), workspaces=moving), TO_PEAK).action == "shrink"


def test_one_stuck_workspace_does_not_keep_every_node() -> None:
    stuck = Workspaces(running=11, moving=0, total=11, pods=10)
    assert decide(facts(fleet(60, held=10), workspaces=stuck), TO_PEAK).action == "shrink"


def test_what_could_not_be_learnt_stops_a_shrink_and_no_growth() -> None:
    unknown = ("Kubernetes did not answer",)
    assert decide(facts(fleet(60), unknown=unknown), TO_PEAK).rule == "doubt"
    assert decide(facts(fleet(10), unknown=unknown), TO_PEAK).action == "grow"


def test_a_group_that_kubernetes_shows_no_node_of_is_not_empty_but_unknown() -> None:
    found = facts(fleet(0))
    shown_none = facts((), workspaces=Workspaces(running=0, moving=0, total=0, pods=0))
    assert decide(found, Change(desired=0)).action == "nothing"
    sizes = Sizes(smallest=0, desired=12, largest=200)
    blind = decide(
        type(shown_none)(
            group=type(shown_none.group)(name="coder-prod-ws", role="workspace", sizes=sizes, status="ACTIVE"),
            workspaces=shown_none.workspaces,
        ),
        TO_OFF_PEAK,
    )
    assert blind.rule == "doubt"
    assert "shows none of the 12 desired nodes" in blind.reason


def test_what_a_person_ordered_holds_over_schedules_and_alarms_until_it_lapses() -> None:
    override = Override(until=NOW + timedelta(hours=3), by="ann", reason="launch day")
    found = facts(fleet(80), standing=Standing(override=override))
    for origin in ("schedule", "alarm"):
        decision = decide(found, TO_OFF_PEAK, origin=origin)
        assert (decision.action, decision.rule) == ("nothing", "override")
        assert "until 2026-11-26 13:45:00 UTC, by ann (launch day)" in decision.reason
    assert decide(found, TO_OFF_PEAK, origin="schedule", now=NOW + timedelta(hours=3)).action == "shrink"


def test_a_freeze_stops_what_is_automatic_and_no_person() -> None:
    frozen = facts(fleet(10), standing=Standing(frozen=Override(until=NOW + timedelta(hours=1), by="ann")))
    assert decide(frozen, TO_PEAK, origin="schedule").rule == "freeze"
    assert decide(frozen, TO_PEAK, origin="alarm").rule == "freeze"
    assert decide(frozen, TO_PEAK).action == "grow"


def test_an_alarm_adds_again_after_its_cooldown_and_takes_away_only_long_after_a_growth() -> None:
    grown = facts(fleet(20), standing=Standing(grown_at=NOW - timedelta(minutes=4)))
    out, in_ = Change(by_nodes=5), Change(by_nodes=-2)
    assert decide(grown, out, origin="alarm").rule == "cooldown"
    assert decide(grown, out, origin="alarm", now=NOW + timedelta(minutes=1)).action == "grow"
    assert decide(grown, in_, origin="alarm", now=NOW + timedelta(minutes=25)).rule == "cooldown"
    assert decide(grown, in_, origin="alarm", now=NOW + timedelta(minutes=26)).action == "shrink"


def test_a_schedule_and_a_person_do_not_wait_for_an_alarms_cooldown() -> None:
    grown = facts(fleet(10), standing=Standing(grown_at=NOW, shrunk_at=NOW))
    assert decide(grown, TO_PEAK, origin="schedule").action == "grow"
    assert decide(grown, TO_PEAK).action == "grow"


def test_a_deferred_shrink_lets_be_what_an_alarm_has_ordered_since_and_goes_on_after_the_cooldown() -> None:
    grown = facts(fleet(20), standing=Standing(grown_at=NOW + timedelta(minutes=5)))
    asked = {"origin": "schedule", "when_blocked": "defer"}
    waiting = decide(grown, TO_OFF_PEAK, now=NOW + timedelta(minutes=10), **asked)
    assert (waiting.action, waiting.rule, waiting.left) == ("wait", "overtaken", 10)
    assert "nothing is taken away before 2026-11-26 11:20:00 UTC" in waiting.reason
    assert decide(grown, TO_OFF_PEAK, now=NOW + timedelta(minutes=35), **asked).action == "shrink"


def test_a_deferred_shrink_that_is_overtaken_at_its_deadline_is_over() -> None:
    grown = facts(fleet(20), standing=Standing(grown_at=NOW + timedelta(minutes=119)))
    decision = decide(grown, TO_OFF_PEAK, origin="schedule", when_blocked="defer", now=NOW + timedelta(minutes=120))
    assert (decision.action, decision.rule) == ("refuse", "overtaken")


def test_what_was_grown_before_a_shrink_was_asked_does_not_hold_it_up() -> None:
    grown = facts(fleet(20), standing=Standing(grown_at=NOW))
    assert decide(grown, TO_OFF_PEAK, origin="schedule", when_blocked="defer").action == "shrink"


def test_a_shrink_does_not_keep_an_alarm_from_adding() -> None:
    shrunk = facts(fleet(20), standing=Standing(shrunk_at=NOW))
    assert decide(shrunk, Change(by_nodes=5), origin="alarm").action == "grow"


@pytest.mark.parametrize(
    ("change", "desired", "note"),
    [
        (Change(by_nodes=5), 20, ""),
        (Change(by_percent=10), 17, ""),
        (Change(by_percent=-10), 13, ""),
        (Change(by_nodes=60), 35, "held to a step of 20"),
        (Change(by_percent=-100), 10, "held to the floor of 10"),
        (Change(by_nodes=12), 25, "held to the group's maximum of 25"),
    ],
)
def test_an_alarm_is_held_to_steps_floors_and_ceilings_and_says_so(change: Change, desired: int, note: str) -> None:
    largest = 25 if "maximum" in note else 200
    decision = decide(facts(fleet(15), largest=largest), change, origin="alarm", when_blocked="clamp")
    assert decision.after.desired == desired
    assert note in decision.reason


def test_a_group_beyond_its_ceiling_is_not_pulled_in_by_an_alarm_that_adds() -> None:
    assert decide(facts(fleet(210), largest=300), Change(by_nodes=5), origin="alarm").action == "nothing"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change(desired=201), ("above the maximum of 60", "above the ceiling of 200")),
        (Change(desired=5), ("below the minimum of 10",)),
        (Change(smallest=30, desired=20, largest=25), ("min 30 is more than max 25", "below the minimum of 30")),
        (Change(smallest=0, desired=20, largest=400), ("max 400 is above the ceiling of 200",)),
        (Change(profile="night"), ("profile night: the settings of coder-prod-ws have off-peak, peak",)),
    ],
)
def test_a_person_who_asks_for_too_much_is_refused_with_every_fault(change: Change, said: tuple[str, ...]) -> None:
    decision = decide(facts(fleet(15), smallest=10, largest=60), change)
    assert (decision.action, decision.rule) == ("refuse", "limits")
    assert all(each in decision.reason for each in said)


def test_a_person_may_go_below_the_floor_that_holds_for_alarms() -> None:
    assert decide(facts(fleet(15)), Change(desired=4)).after.desired == 4


def test_limits_change_only_where_they_are_asked_for_and_together_with_desired() -> None:
    decision = decide(facts(fleet(10), smallest=10), Change(smallest=2, desired=10, largest=40))
    assert (decision.action, decision.after) == ("grow", Sizes(smallest=2, desired=10, largest=40))


def test_a_schedule_changes_no_limits() -> None:
    decision = decide(facts(fleet(10)), Change(smallest=2, desired=10, largest=40), origin="schedule")
    assert (decision.action, decision.rule) == ("refuse", "limits")
    assert "by a person only, not by a schedule" in decision.reason


def test_a_shrink_below_a_new_maximum_keeps_it_above_what_cannot_go_yet() -> None:
    change = Change(smallest=2, desired=5, largest=6)
    decision = decide(facts(fleet(12, held=9)), change, when_blocked="clamp")
    assert decision.after == Sizes(smallest=2, desired=9, largest=9)


def test_a_group_that_is_being_deleted_is_left_alone() -> None:
    found = facts(fleet(10))
    group = type(found.group)(name="coder-prod-ws", role="workspace", sizes=found.group.sizes, status="DELETING")
    assert decide(facts(fleet(10), group=group), TO_PEAK).rule == "state"


@pytest.mark.parametrize(
    ("queue", "said"),
    [
        (Queue(pending=3, running=0), "3 jobs are pending"),
        (Queue(pending=0, running=0, autostop_due=40), "40 workspaces are stopped soon"),
        (Queue(pending=1, running=2), "1 jobs are pending, 2 builds are running"),
    ],
)
def test_provisioners_do_not_go_to_none_while_there_is_work_for_them(queue: Queue, said: str) -> None:
    found = facts(fleet(3), role="provisioner", queue=queue)
    waiting = decide(found, TO_OFF_PEAK, origin="schedule", when_blocked="defer")
    assert waiting.action == "wait"
    assert said in waiting.reason
    clamped = decide(found, TO_OFF_PEAK, origin="schedule", when_blocked="clamp")
    assert (clamped.action, clamped.after.desired) == ("shrink", 1)


def test_provisioners_that_build_keep_their_nodes() -> None:
    decision = decide(facts(fleet(5, held=2), role="provisioner"), Change(desired=2))
    assert {each.name for each in decision.remove} == {"node-02", "node-03", "node-04"}
