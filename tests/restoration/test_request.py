"""What an operator may ask for, and how a wrong request is answered."""

from typing import Any

import pytest

from lambdas.restoration.request import read_request
from restoration.samples import ID, NOW, SETTINGS, SOURCE


def faults(data: Any) -> str:
    return "\n".join(read_request(data, settings=SETTINGS, now=NOW).faults)


def test_a_recovery_point_is_all_that_is_needed_and_a_person_is_then_asked() -> None:
    reading = read_request({"recovery_point": "latest-snapshot"}, settings=SETTINGS, now=NOW)
    assert reading.faults == ()
    assert (reading.request.cut_over, reading.request.strategy) == ("after-approval", "repoint")
    assert not reading.request.dry_run


@pytest.mark.parametrize("data", [{}, {"Comment": "Insert your JSON here"}])
def test_what_the_console_offers_restores_nothing(data: Any) -> None:
    assert "request.recovery_point: is missing" in faults(data)


@pytest.mark.parametrize("data", [None, [], "latest-snapshot", 1, True])
def test_anything_but_an_object_is_refused_as_what_it_is(data: Any) -> None:
    assert faults(data).startswith("request: an object is expected")


def test_every_fault_is_told_at_once_each_with_its_path() -> None:
    wrong = {
        "recovery_point": "time:2026-11-23T10:41:00Z",
        "target": SOURCE,
        "cut_over": "now",
        "strategy": "rename",
        "dry_run": "yes",
        "ticket": 7,
        "resaon": "a slip",
    }
    told = faults(wrong)
    for path in ("recovery_point", "target", "cut_over", "strategy", "dry_run", "ticket", "resaon"):
        assert f"request.{path}: " in told


@pytest.mark.parametrize(
    "target",
    [
        SOURCE,
        "another",
        f"{SOURCE}-old-{ID}",
        f"{SOURCE}-restored-",
        f"{SOURCE}-restored-{'x' * 60}",
        "coder-dr-test-1",
    ],
)
def test_no_name_but_one_of_the_restores_own_is_taken_for_the_target(target: str) -> None:
    assert "request.target" in faults({"recovery_point": "latest-snapshot", "target": target})


def test_a_cut_over_that_nobody_is_asked_about_says_why() -> None:
    asked = {"recovery_point": "latest-snapshot", "cut_over": "automatic"}
    assert faults(asked).startswith("request.reason: is missing")
    assert faults({**asked, "reason": "the database is gone"}) == ""


def test_a_snapshot_that_iam_would_refuse_is_refused_before() -> None:
    assert "snapshot" in faults({"recovery_point": "snapshot:of-another-cluster"})
