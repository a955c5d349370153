"""What may be asked of a node group, and how everything wrong in it is told at once."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scaling_samples import NOW, POLICIES

from lambdas.payload import instant
from lambdas.scaling.contracts import Change
from lambdas.scaling.request import Reading, read_request
from lambdas.settings import Scaling

SCALING = Scaling(groups=POLICIES, control="coder-prod-control", time_zone="America/New_York")


def read(data: Any) -> Reading:
    return read_request(data, scaling=SCALING, now=NOW)


@pytest.mark.parametrize("name", ["workspace", "workspaces", "coder-prod-ws"])
def test_a_group_is_named_by_its_role_or_by_itself(name: str) -> None:
    reading = read({"group": name, "desired": 50, "reason": "launch day"})
    assert reading.faults == ()
    assert (reading.request.role, reading.request.change) == ("workspace", Change(desired=50))


@pytest.mark.parametrize(
    ("asked", "change"),
    [
        ({"min": 2, "max": 60, "desired": 20}, Change(smallest=2, desired=20, largest=60)),
        ({"by": "+10"}, Change(by_nodes=10)),
        ({"by": "-20%"}, Change(by_percent=-20)),
        ({"profile": "peak"}, Change(profile="peak")),
    ],
)
def test_there_are_four_ways_to_say_how_many(asked: dict[str, Any], change: Change) -> None:
    reading = read({"group": "workspaces", **asked})
    assert (reading.faults, reading.request.change) == ((), change)


@pytest.mark.parametrize(
    ("more", "origin", "when_blocked"),
    [
        ({}, "operator", "refuse"),
        ({"schedule": "evening", "slot": instant(NOW)}, "schedule", "defer"),
        ({"alarm": "queue is long", "transition": instant(NOW)}, "alarm", "clamp"),
        ({"when_blocked": "clamp"}, "operator", "clamp"),
    ],
)
def test_who_asks_says_what_happens_when_it_is_blocked_unless_the_request_does(
    more: dict[str, Any], origin: str, when_blocked: str
) -> None:
    reading = read({"group": "workspace", "profile": "off-peak", **more})
    assert reading.faults == ()
    assert (reading.request.origin, reading.request.when_blocked) == (origin, when_blocked)


def test_the_control_group_is_refused_by_its_name() -> None:
    assert read({"group": "coder-prod-control", "desired": 3}).faults == (
        "request.group: 'coder-prod-control' is the control group: it is Coder's own and never scaled",
    )


@pytest.mark.parametrize("name", ["control", "coder-prod-gpu"])
def test_a_group_that_the_settings_do_not_have_is_told_which_they_have(name: str) -> None:
    assert read({"group": name, "desired": 3}).faults == (
        (
            f"request.group: '{name}' is none of workspace (coder-prod-ws), provisioner (coder-prod-prov); "
            "the control group is never scaled"
        ),
    )


def test_where_the_control_group_is_not_told_no_name_is_taken_for_it() -> None:
    untold = read_request({"group": "", "desired": 3}, scaling=Scaling(groups=POLICIES), now=NOW)
    assert "is the control group" not in " ".join(untold.faults)


def test_nothing_is_no_request() -> None:
    assert read({"Comment": "Insert your JSON here"}).faults == (
        "request.group: is missing; one of workspace, provisioner",
        "request: nothing is asked for; name desired, min + max + desired, by or profile",
    )


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("desired", True, "a whole number of nodes is expected, not a boolean"),
        ("desired", 4.5, "a whole number of nodes is expected, not a number"),
        ("desired", -1, "-1 is not between 0 and 10000"),
        ("by", "10", "'10' is no change such as +10"),
        ("by", "+0", "'+0' is no change such as +10"),
        ("by", "-5.5%", "'-5.5%' is no change"),
        ("profile", "night", "'night' is no profile of workspace in the settings; they have off-peak, peak"),
        ("until", instant(NOW), "is past; it is 2026-11-26 10:45:00 UTC now"),
        ("until", "22:00", "is no RFC 3339 time"),
        ("until", instant(NOW + timedelta(days=40)), "more than 31 days ahead"),
        ("when_blocked", "force", "'force' is none of refuse, clamp, defer"),
        ("transition", instant(NOW + timedelta(hours=1)), "lies in the future"),
        ("force", True, "unknown field"),
    ],
)
def test_a_wrong_value_is_refused_under_its_fields_name(field: str, value: Any, said: str) -> None:
    change = {} if field in ("desired", "by", "profile") else {"desired": 12}
    (fault,) = [each for each in read({"group": "workspace", **change, field: value}).faults if field in each][:1]
    assert fault.startswith(f"request.{field}: ")
    assert said in fault


def test_everything_wrong_is_told_at_once() -> None:
    faults = read(
        {"group": "control", "desired": 5, "by": "+1", "min": 2, "schedule": "evening", "until": "soon"}
    ).faults
    assert len(faults) == 7
    assert "request: desired and by exclude each other; ask for one" in faults
    assert "request: min, max and desired are asked for together, as EKS takes them" in faults
    assert "request: schedule and slot belong together" in faults
    assert "request.min: only a person asks for it, not the schedule named here" in faults


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda each: (
            st.lists(each)
            | st.dictionaries(
                st.sampled_from(["group", "desired", "by", "until", "slot", "alarm", "x"]) | st.text(), each
            )
        ),
    )
)
def test_no_input_is_an_accident(data: Any) -> None:
    reading = read(data)
    assert reading.faults or reading.request.change is not None
