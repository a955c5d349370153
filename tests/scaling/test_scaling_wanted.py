"""What a schedule wants stands: an alarm takes none of it away before work begins, and an older schedule is over."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scaling_samples import NOW, WORKSPACE, decide, demand, facts, fleet

from lambdas.scaling.contracts import Change, Decision, Override, Standing, Wanted
from lambdas.scaling.planning import plan_scaling
from lambdas.scaling.standing import wanted

TO_PEAK, TO_OFF_PEAK, FEWER = Change(profile="peak"), Change(profile="off-peak"), Change(by_nodes=-2)
PEAK = Wanted(desired=50, asked_at=NOW)
"""The morning's word: it found its nodes there already, so that nothing has grown."""


def after(minutes: int, *, fleet_of: int = 50, change: Change = FEWER, origin: str = "alarm") -> Decision:
    """So long after the morning was heard."""
    found = facts(fleet(fleet_of), standing=Standing(wanted=PEAK))
    return decide(found, change, origin=origin, now=NOW + timedelta(minutes=minutes))


def test_nodes_that_a_schedule_found_there_already_are_not_taken_away_before_work_begins() -> None:
    decision = after(3)
    assert (decision.action, decision.rule) == ("nothing", "promised")
    assert decision.reason == "a schedule wants 50 nodes; an alarm takes none of them before 2026-11-26 11:15:00 UTC"
    assert after(29).rule == "promised"
    assert after(30).action == "shrink"


def test_what_is_there_beyond_a_schedules_word_goes() -> None:
    assert after(3, fleet_of=52).action == "shrink"
    assert after(3, fleet_of=51).rule == "promised"


def test_an_alarm_adds_to_what_a_schedule_wants() -> None:
    assert after(3, change=Change(by_nodes=5)).action == "grow"


def test_a_person_takes_away_what_a_schedule_wants() -> None:
    assert after(3, origin="operator").action == "shrink"


@pytest.mark.parametrize("when_blocked", ["defer", "clamp", "refuse"])
def test_an_evening_that_still_waits_in_the_morning_is_over(when_blocked: str) -> None:
    found = facts(fleet(50), standing=Standing(wanted=PEAK))
    evening = decide(
        found, TO_OFF_PEAK, origin="schedule", when_blocked=when_blocked, asked_at=NOW - timedelta(hours=9)
    )
    assert (evening.action, evening.rule, evening.left) == ("nothing", "replaced", 0)
    assert evening.reason == "a later schedule asked for 50 nodes at 2026-11-26 10:45:00 UTC"


def test_a_morning_that_is_delivered_after_the_evening_adds_nothing() -> None:
    found = facts(fleet(10), standing=Standing(wanted=Wanted(desired=10, asked_at=NOW)))
    assert decide(found, TO_PEAK, origin="schedule", asked_at=NOW - timedelta(hours=12)).rule == "replaced"


def test_the_same_schedule_that_tries_again_is_not_replaced_by_itself() -> None:
    found = facts(fleet(50), standing=Standing(wanted=Wanted(desired=10, asked_at=NOW)))
    assert decide(found, TO_OFF_PEAK, origin="schedule", when_blocked="defer").action == "shrink"


@pytest.mark.parametrize("count", [10, 50, 60])
def test_a_schedule_has_its_say_whether_or_not_anything_changes(count: int) -> None:
    asked = demand(TO_PEAK, origin="schedule", when_blocked="defer")
    decision = decide(facts(fleet(count, held=count)), TO_PEAK, origin="schedule", when_blocked="defer")
    assert decision.action == {10: "grow", 50: "nothing", 60: "wait"}[count]
    assert wanted(decision, asked, WORKSPACE) == PEAK


def test_what_the_groups_own_maximum_does_not_allow_is_not_wanted() -> None:
    asked = demand(TO_PEAK, origin="schedule")
    decision = decide(facts(fleet(10), largest=40), TO_PEAK, origin="schedule")
    assert wanted(decision, asked, WORKSPACE) == Wanted(desired=40, asked_at=NOW)


@pytest.mark.parametrize(
    "more",
    [
        {"standing": Standing(frozen=Override(until=NOW + timedelta(hours=1), by="ann"))},
        {"standing": Standing(override=Override(until=NOW + timedelta(hours=1), by="ann"))},
        {"standing": Standing(wanted=Wanted(desired=10, asked_at=NOW + timedelta(minutes=1)))},
        {"holiday": True},
    ],
    ids=["freeze", "override", "replaced", "holiday"],
)
def test_a_schedule_that_is_not_heard_leaves_no_word(more: dict[str, object]) -> None:
    decision = decide(facts(fleet(10), **more), TO_PEAK, origin="schedule")
    assert wanted(decision, demand(TO_PEAK, origin="schedule"), WORKSPACE) is None


def test_alarms_and_people_leave_no_schedules_word() -> None:
    for origin in ("alarm", "operator"):
        decision = decide(facts(fleet(10)), TO_PEAK, origin=origin)
        assert wanted(decision, demand(TO_PEAK, origin=origin), WORKSPACE) is None


@given(
    count=st.integers(0, 80), held=st.integers(0, 80), by=st.integers(-30, -1), minutes=st.integers(0, 29),
    cooldown=st.integers(30, 120), size=st.integers(0, 60),
)  # fmt: skip
def test_no_alarm_leaves_fewer_than_a_schedule_wants(  # noqa: PLR0913  what varies
    *, count: int, held: int, by: int, minutes: int, cooldown: int, size: int
) -> None:
    found = facts(fleet(count, held=held), standing=Standing(wanted=replace(PEAK, desired=size)))
    decision = plan_scaling(
        found,
        demand(Change(by_nodes=by), origin="alarm", when_blocked="clamp"),
        replace(WORKSPACE, floor=0, cooldown_in_minutes=cooldown),
        NOW + timedelta(minutes=minutes),
    )
    assert decision.after.desired >= min(count, size)
