"""A request is read as a whole: every fault at once, each with its path, and nothing is ever raised."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.recovery.request import Selector, read_request, reread_selector

from .conftest import NOW, SETTINGS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = ("recovery_point", "source", "target", "slot", "started_by", "reason", "accept_shrunk_tables", "Comment")


def faults(data: Any) -> tuple[str, ...]:
    return read_request(data, settings=SETTINGS, now=NOW).faults


def test_nothing_at_all_asks_for_the_latest_snapshot() -> None:
    reading = read_request({}, settings=SETTINGS, now=NOW)
    assert reading.faults == ()
    assert str(reading.request.recovery_point) == "latest-snapshot"


def test_the_console_s_prefilled_comment_is_ignored() -> None:
    assert faults({"Comment": "Insert your JSON here"}) == ()


def test_a_full_request_is_read() -> None:
    request = {
        "recovery_point": "time:2026-11-22T23:30:00+01:00",
        "source": "coder-prod-aurora",
        "target": "coder-dr-test-mine",
        "slot": "2026-11-23T02:00:00Z",
        "started_by": "an operator",
        "reason": "after the upgrade",
        "accept_shrunk_tables": ["audit_logs", "audit_logs"],
    }
    reading = read_request(request, settings=SETTINGS, now=NOW)
    assert reading.faults == ()
    assert str(reading.request.recovery_point) == "time:2026-11-22T22:30:00Z"
    assert reading.request.accept_shrunk_tables == ("audit_logs",)


@pytest.mark.parametrize("data", [None, [], "latest-snapshot", 3, True])
def test_anything_but_an_object_is_refused(data: Any) -> None:
    assert faults(data)[0].startswith("request: an object is expected, not ")


def test_all_faults_are_told_at_once_each_with_its_path() -> None:
    told = faults(
        {
            "recovery_point": "time:2026-11-24T02:00:00Z",
            "source": "billing",
            "target": "coder-prod-aurora",
            "slot": "tomorrow",
            "reason": 7,
            "accept_shrunk_tables": "users",
            "recoverypoint": "x",
        }
    )
    paths = [each.partition(":")[0] for each in told]
    assert paths == [
        "request.recovery_point",
        "request.source",
        "request.target",
        "request.slot",
        "request.reason",
        "request.accept_shrunk_tables",
        "request.recoverypoint",
    ]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("recovery_point", "time:2026-11-22T02:00:00", "offset from UTC"),
        ("recovery_point", "time:2026-11-23T02:00:08Z", "lies in the future"),
        ("recovery_point", "time:soon", "no RFC 3339 time"),
        ("recovery_point", "snapshot:", "no snapshot identifier"),
        ("recovery_point", "snapshot:two--hyphens", "no snapshot identifier"),
        ("recovery_point", "newest", "is none of"),
        (
            "recovery_point",
            "snapshot:by-hand",
            "'by-hand' is no name that drills may restore (rds:coder-prod-aurora-*,",
        ),
        ("recovery_point", "snapshot:by-hand", "coder-prod-*); the settings' source.manual_snapshots admits more"),
        ("recovery_point", {"snapshot": "x"}, "a string is expected, not an object"),
        ("source", "coder-dr-test-20261101-0000abcd", "a drill's own cluster"),
        ("source", "billing", "not this environment's source"),
        ("target", "coder-prod-aurora", "is the source itself"),
        ("target", "coder-dr-test-", "does not begin with coder-dr-test-"),
        ("target", "coder-dr-test-two--hyphens", "is no cluster identifier"),
        ("target", "coder-dr-test-ends-", "is no cluster identifier"),
        ("target", "Coder-DR-test-x", "is no cluster identifier"),
        ("target", "coder-dr-test-" + "x" * 43, "leave room for its writer"),
        ("slot", "2026-11-23T02:00:00", "offset from UTC"),
        ("slot", "2026-11-30T02:00:00Z", "lies in the future"),
        ("slot", "<aws.scheduler.scheduled-time>", "no RFC 3339 time"),
        ("slot", None, "a string is expected, not null"),
        ("started_by", "", "printable"),
        ("reason", "two\nlines", "printable"),
        ("reason", "two\u2028lines", "printable"),
        ("reason", "\u202eeht sdrawkcab", "printable"),
        ("started_by", "half a \ud800 character", "printable"),
        ("reason", "x" * 501, "at most 500"),
        ("accept_shrunk_tables", ["users; drop table users"], "no table names"),
    ],
)
def test_each_fault_is_told_with_its_path_and_in_words(field: str, value: Any, told: str) -> None:
    (fault,) = faults({field: value})
    assert fault.startswith(f"request.{field}: ")
    assert told in fault


def test_what_is_refused_can_be_told_however_much_of_it_there_is() -> None:
    told = faults({**{f"field_{number}": 1 for number in range(10_000)}, "accept_shrunk_tables": [";"] * 10_000})
    assert told[-1] == "request: 9980 more unknown fields"
    assert "and 9980 more" in told[0]
    assert len("; ".join(told).encode()) < 32_768


@given(st.text(), st.text())
def test_a_text_that_is_taken_can_be_written_into_the_record(reason: str, started_by: str) -> None:
    request = read_request({"reason": reason, "started_by": started_by}, settings=SETTINGS, now=NOW).request
    (request.reason + (request.started_by or "")).encode()


def test_a_slot_a_moment_ahead_is_the_clocks_and_not_the_operators_fault() -> None:
    assert faults({"slot": (NOW + timedelta(minutes=4)).isoformat()}) == ()


@given(JSON)
def test_no_json_value_whatever_makes_reading_raise(data: Any) -> None:
    read_request(data, settings=SETTINGS, now=NOW)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_value_of_a_known_field_makes_reading_raise(data: dict[str, Any]) -> None:
    told = faults(data)
    assert all(each.startswith("request.") for each in told)


@given(st.datetimes(max_value=NOW.replace(tzinfo=None)))
def test_a_past_time_survives_the_way_through_the_machine(naive: Any) -> None:
    selector = Selector(form="time", time=naive.replace(tzinfo=NOW.tzinfo))
    assert reread_selector(str(selector)) == selector


@pytest.mark.parametrize(
    "text", ["latest-snapshot", "latest-restorable-time", "snapshot:rds:coder-prod-aurora-2026-11-22-02-00"]
)
def test_every_other_form_survives_too(text: str) -> None:
    request = read_request({"recovery_point": text}, settings=SETTINGS, now=NOW).request
    assert str(reread_selector(str(request.recovery_point))) == text
