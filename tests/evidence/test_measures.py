"""The three things a drill proves, as they are shown: each by its own verdict and figure."""

from typing import Any

import pytest
import sample_drills
from report_page import Page
from sample_drills import objective, recorded

from lambdas.evidence.rendering import render_html, render_markdown

WARNED = objective("warn", "17 passed, 1 warned")
UNMEASURED = objective("not-measured", "no critical check could run")


@pytest.mark.parametrize(
    ("state", "verdict", "value", "told"),
    [
        (sample_drills.passed(), "passed", "18 of 18", "checks passed, 1 skipped, 4 reported"),
        (sample_drills.failed(), "failed", "15 of 18", "checks passed, 1 skipped, 4 reported"),
        (
            sample_drills.passed(
                overall="warn",
                integrity=WARNED,
                checks=sample_drills.replaced(D04_build_number_gaps=("warn", 2, "")),
            ),
            "warned",
            "17 of 18",
            "checks passed, 1 skipped, 4 reported",
        ),
        (
            sample_drills.passed(overall="fail", integrity=UNMEASURED),
            "not measured",
            "18 of 18",
            "checks passed, 1 skipped, 4 reported",
        ),
    ],
    ids=["passed", "failed", "warned", "not measured"],
)
def test_integrity_is_the_checks_that_passed_of_those_that_can_fail(
    state: dict[str, Any], verdict: str, value: str, told: str
) -> None:
    record = recorded(state)
    assert f"Data integrity {verdict} {value} {told}" in Page(render_html(record)).text
    row = f"| Data integrity | {verdict} | {value} {told} | no critical check fails |"
    assert row in render_markdown(record)


def test_integrity_that_nobody_looked_at_is_not_verified() -> None:
    record = recorded(sample_drills.cut_short())
    assert "Data integrity not measured Not verified" in Page(render_html(record)).text
    assert "| Data integrity | not measured | Not verified | no critical check fails |" in render_markdown(record)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"kms_key": "arn:aws:kms:eu-west-1:1:key/abc", "encrypted": True}, "arn:aws:kms:eu-west-1:1:key/abc"),
        ({"kms_key": None, "encrypted": True}, "the default key"),
        ({"kms_key": None, "encrypted": False}, "not encrypted"),
    ],
)
def test_the_form_names_the_key_that_the_recovery_point_is_encrypted_with(found: dict[str, Any], told: str) -> None:
    state = sample_drills.passed()
    state["choice"]["recovery_point"] |= found
    assert f"| KMS key | {told} |" in render_markdown(recorded(state)).splitlines()


def test_a_snapshots_age_is_not_shown_as_the_rpo() -> None:
    record = recorded(sample_drills.passed())
    text, markdown = Page(render_html(record)).text, render_markdown(record)
    assert "Snapshot's age passed 47 min 27 s of at most 26 h" in text
    assert "the RPO of 15 min is proven by the point-in-time drill, not by this one." in text
    assert "| Snapshot's age | passed | 47 min 27 s | at most 26 h |" in markdown
    assert "Data loss" not in text + markdown


def test_a_drill_to_a_point_in_time_shows_the_data_loss_against_the_rpo() -> None:
    record = recorded(sample_drills.point_in_time())
    assert "Data loss passed 41 s of at most 15 min" in Page(render_html(record)).text
    assert "| Data loss | passed | 41 s | at most 15 min |" in render_markdown(record)


def test_a_snapshot_drill_that_measured_nothing_is_not_held_against_the_rpo() -> None:
    text = Page(render_html(recorded(sample_drills.cut_short()))).text
    assert "Snapshot's age not measured Not measured the objective is at most 26 h" in text
    assert "at most 15 min" not in text
