"""What a message of an alarm is worth: the present state decides, and each transition starts one execution."""

import json
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.scaling.notices import notices
from lambdas.scaling.routing import Notice, Present, Routed, State, reconcile, route
from lambdas.settings import AlarmRule, ScaledGroup

NOW = datetime(2026, 11, 27, 10, 2, 30, tzinfo=UTC)
OUT = "coder-day2-prod-scale-out-workspace"
RULES = {
    OUT: AlarmRule(role="workspace", alarm="+5"),
    "Builds wait": AlarmRule(role="provisioner", alarm="+2", ok="-1"),
}

POLICY = ScaledGroup(node_group="coder-prod-ws", floor=10, ceiling=200)


def notice(state: State = "ALARM", *, alarm: str = OUT, at: datetime = NOW) -> Notice:
    return Notice(alarm=alarm, state=state, changed_at=at)


def present(state: State = "ALARM", *, alarm: str = OUT, since: datetime = NOW) -> Present:
    return Present(alarm=alarm, state=state, since=since)


def routed(told: Notice, standing: Present | None) -> Routed:
    return route(told, standing, RULES)


class TestAMessage:
    def test_of_the_present_transition_starts_what_the_settings_say(self) -> None:
        start = routed(notice(), present()).start
        assert start is not None
        assert start.request == {
            "group": "workspace",
            "by": "+5",
            "alarm": OUT,
            "transition": "2026-11-27T10:02:30Z",
            "reason": f"{OUT} is ALARM since 2026-11-27 10:02:30 UTC",
        }

    def test_and_its_double_name_the_same_execution(self) -> None:
        later = present(since=NOW + timedelta(milliseconds=312))
        assert routed(notice(), present()).start == routed(notice(), later).start

    @pytest.mark.parametrize(
        ("told", "standing", "verdict"),
        [
            (notice(alarm="of somebody else"), present(), "unknown"),
            (notice(), None, "gone"),
            (notice(), present("OK"), "stale"),
            (notice(at=NOW - timedelta(minutes=4)), present(), "stale"),
            (notice("OK"), present("OK"), "calm"),
            (notice("INSUFFICIENT_DATA"), present("INSUFFICIENT_DATA"), "no data"),
        ],
    )
    def test_that_is_worth_nothing_starts_nothing_and_says_why(
        self, told: Notice, standing: Present | None, verdict: str
    ) -> None:
        found = routed(told, standing)
        assert (found.verdict, found.start) == (verdict, None)
        assert found.reason

    def test_of_an_alarm_that_is_ok_again_asks_for_what_the_settings_say(self) -> None:
        start = routed(notice("OK", alarm="Builds wait"), present("OK", alarm="Builds wait")).start
        assert start is not None
        assert (start.request["group"], start.request["by"]) == ("provisioner", "-1")

    def test_an_hour_late_counts_while_the_alarm_has_not_changed(self) -> None:
        assert routed(notice(), present()).verdict == "start"


class TestAName:
    @given(alarm=st.text(alphabet=string.printable, min_size=1, max_size=255))
    def test_is_one_that_step_functions_takes(self, alarm: str) -> None:
        start = route(notice(alarm=alarm), present(alarm=alarm), {alarm: RULES[OUT]}).start
        assert start is not None
        assert len(start.name) <= 80
        assert set(start.name) <= set(string.ascii_letters + string.digits + "-_")

    def test_tells_apart_alarms_that_read_alike(self) -> None:
        names = {
            route(notice(alarm=each), present(alarm=each), {each: RULES[OUT]}).start.name  # type: ignore[union-attr]
            for each in ("queue high", "queue-high", "queue/high")
        }
        assert len(names) == 3


class TestTheReconcile:
    def test_makes_up_for_a_message_that_was_lost_under_the_transitions_own_name(self) -> None:
        standing = present(since=NOW - timedelta(minutes=3))
        assert (
            reconcile(standing, RULES[OUT], POLICY, NOW).start
            == route(notice(at=standing.since), standing, RULES).start
        )

    def test_acts_on_a_stuck_alarm_once_in_the_cooldown(self) -> None:
        standing = present(since=NOW - timedelta(hours=1))
        minutes = [reconcile(standing, RULES[OUT], POLICY, NOW + timedelta(minutes=each)).start for each in range(10)]
        assert len({each.name for each in minutes if each}) == 3  # 10:00, 10:05 and 10:10

    def test_tries_to_take_away_once_in_the_longer_cooldown(self) -> None:
        standing, rule = present(since=NOW - timedelta(hours=8)), AlarmRule(role="workspace", alarm="-2")
        minutes = [reconcile(standing, rule, POLICY, NOW + timedelta(minutes=each)).start for each in range(0, 61, 5)]
        assert len({each.name for each in minutes if each}) == 3  # 10:00, 10:30 and 11:00

    def test_leaves_an_alarm_be_that_has_been_ok_for_long(self) -> None:
        standing = present("OK", alarm="Builds wait", since=NOW - timedelta(days=30))
        assert reconcile(standing, RULES["Builds wait"], POLICY, NOW).verdict == "calm"

    def test_makes_up_for_a_lost_ok(self) -> None:
        standing = present("OK", alarm="Builds wait", since=NOW - timedelta(minutes=20))
        assert reconcile(standing, RULES["Builds wait"], POLICY, NOW).verdict == "start"


def record(message: Any) -> dict[str, Any]:
    return {"Sns": {"Message": message if isinstance(message, str) else json.dumps(message)}}


class TestAnEventOfSns:
    def test_is_read_as_cloudwatch_writes_it(self) -> None:
        told = {"AlarmName": OUT, "NewStateValue": "ALARM", "StateChangeTime": "2026-11-27T10:02:30.000+0000"}
        assert notices({"Records": [record(told)]}) == (notice(),)

    @pytest.mark.parametrize(
        "message",
        [
            "Restore drill PASSED",
            "[]",
            {"AlarmName": OUT},
            {"AlarmName": 1, "NewStateValue": "OK", "StateChangeTime": "2026-11-27T10:02:30Z"},
            {"AlarmName": OUT, "NewStateValue": "LOUD", "StateChangeTime": "2026-11-27T10:02:30Z"},
            {"AlarmName": OUT, "NewStateValue": "OK", "StateChangeTime": "2026-11-27T10:02:30"},
            {"AlarmName": OUT, "NewStateValue": "OK", "StateChangeTime": 1},
        ],
    )
    def test_with_something_else_in_it_is_passed_over(self, message: Any) -> None:
        assert notices({"Records": [record(message)]}) == (None,)

    @pytest.mark.parametrize("event", [None, {}, [], {"Records": None}, {"Records": "x"}])
    def test_that_is_none_has_no_notices(self, event: Any) -> None:
        assert notices(event) == ()
