"""When a state that failed began and ended: told by its neighbours, and never made up."""

import re
from datetime import timedelta
from typing import Any

import pytest
import sample_drills
from sample_drills import OPENED, Clock, caught, recorded

from lambdas.evidence import stops, summary, timeline, view
from lambdas.evidence.rendering import render_html, render_markdown

REFUSED = caught("RequestRefused", "No.")


def phase(state: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in recorded(state)["phases"] if each["name"] == name)


def overdue() -> dict[str, Any]:
    """The restore was waited for until 21 minutes had passed, and the way out went well."""
    state = sample_drills.restore_overdue()
    for name in ("teardown_failure", "proof_failure"):
        del state[name]
    return sample_drills.swept_up(state, Clock(OPENED + timedelta(minutes=21)))


def prepared_only() -> dict[str, Any]:
    """The copy was complete, and the drill ended a second later."""
    state = sample_drills.passed() | {"failure": REFUSED}
    for name in ("isolation", "plan", "results", "judgement"):
        del state[name]
    ready = timeline.timings(state["prepared"])[-1].finished_at
    return sample_drills.swept_up(state, Clock(ready + timedelta(seconds=1)))


def refused_beside_a_slow_namespace(gap: float) -> dict[str, Any]:
    """The restore was refused at once, while the namespace took a minute: only then the way out began."""
    state, clock = overdue(), Clock(OPENED)
    state["prepared"]["restore"] = {"failure": REFUSED}
    state["prepared"]["namespace"]["namespace"] |= clock.step("CreateNamespace", 60)
    return sample_drills.swept_up(state, Clock(OPENED + timedelta(seconds=60 + gap)))


@pytest.mark.parametrize(
    ("last", "stopped"),
    [
        ("OpenDrill", "ChooseRecoveryPoint"),
        ("RestoreCluster", "AwaitCluster"),
        ("AwaitInstance", "ResetCredentials"),
        ("ProveIsolation", "PlanVerification"),
        ("RunChecks", "Judge"),
    ],
)
def test_where_a_failed_drill_stopped_is_told_by_what_returned(last: str, stopped: str) -> None:
    ran = [each for each in timeline.timings(sample_drills.passed()) if each.state != "CreateNamespace"]
    until = max(index for index, each in enumerate(ran) if each.state == last) + 1
    failure = caught("RequestRefused", "No.")
    restoring = last in {"RestoreCluster", "AwaitInstance"}
    prepared = {"restore": {"failure": failure} if restoring else {}} if until > 2 else None
    state = {"failure": failure, "prepared": prepared}
    assert stops.stopped_in(state, tuple(ran[:until])) == stopped


def test_a_phase_that_failed_lasts_until_the_way_out_begins() -> None:
    restore = phase(overdue(), "restore")
    assert restore["failed"] is True
    assert restore["ended_at"] == "2026-11-23T02:21:07.250000Z"
    assert restore["seconds"] == pytest.approx(21 * 60, abs=4)
    assert [(each["state"], each["failed"]) for each in restore["steps"]] == [
        ("RestoreCluster", False),
        ("AwaitCluster", True),
    ]


def test_how_often_a_state_that_failed_was_retried_is_not_known() -> None:
    restore = phase(overdue(), "restore")
    assert restore["retries"] is None
    assert [each["retries"] for each in restore["steps"]] == [0, None]


def test_the_other_phases_are_as_they_were() -> None:
    assert [each["name"] for each in recorded(overdue())["phases"] if each["failed"]] == ["restore"]
    assert not any(each["failed"] for each in recorded(sample_drills.passed())["phases"])


def test_a_phase_whose_first_state_failed_is_there_too() -> None:
    state = prepared_only()
    isolation = phase(state, "isolation")
    assert (isolation["failed"], isolation["seconds"]) == (True, 1)


def test_a_first_step_that_failed_lasts_from_the_drills_start_to_its_record() -> None:
    state = {"drill": sample_drills.passed()["drill"], "failure": REFUSED}
    del state["drill"]["timing"]
    choose = phase(state, "choose")
    assert (choose["started_at"], choose["ended_at"]) == ("2026-11-23T02:00:07.250000Z", recorded(state)["recorded_at"])


def test_a_branch_that_ended_before_the_other_did_has_no_known_end() -> None:
    early = phase(refused_beside_a_slow_namespace(gap=0.3), "restore")
    assert (early["failed"], early["ended_at"], early["seconds"]) == (True, None, None)


def test_a_branch_that_the_way_out_waited_for_ended_when_that_began() -> None:
    late = phase(refused_beside_a_slow_namespace(gap=30), "restore")
    assert late["seconds"] == pytest.approx(87, abs=1)


def test_a_namespace_that_failed_while_the_restore_went_on_has_no_known_end() -> None:
    state = prepared_only()
    state["prepared"]["namespace"] = {"failure": REFUSED}
    assert phase(state, "namespace")["seconds"] is None
    assert phase(state, "restore")["failed"] is False


def test_a_teardown_that_failed_lasts_until_the_next_state_of_the_way_out() -> None:
    state = sample_drills.passed() | {"teardown_failure": caught("TeardownOverdue", "Still deleting.")}
    before = phase(sample_drills.passed(), "teardown")
    del state["database_deleted"]
    teardown = phase(state, "teardown")
    assert (teardown["failed"], teardown["retries"]) == (True, None)
    assert teardown["seconds"] == pytest.approx(before["seconds"], abs=1)


def test_where_the_teardown_failed_too_neither_its_beginning_nor_the_drills_stop_is_known() -> None:
    state = sample_drills.restore_overdue()
    assert phase(state, "restore")["ended_at"] is None
    assert phase(state, "teardown")["started_at"] is None


def test_a_failed_phase_is_no_measurement_of_how_long_it_takes() -> None:
    told = summary.summarise(recorded(overdue()), record_key="", report_key="", sha256="")
    assert "restore" not in told.phases
    assert "teardown" in told.phases


def test_the_reports_say_that_it_failed_and_that_nobody_counted_its_retries() -> None:
    record = recorded(overdue())
    row = next(line for line in render_markdown(record).splitlines() if line.startswith("| Restore the cluster"))
    assert row == "| Restore the cluster: failed | 02:00:10 | 02:21:07 | 20 min 58 s | not known | yes |"
    cells = re.search(r"Restore the cluster (.*?)</tr>", render_html(record), re.DOTALL)
    assert cells is not None
    told = re.sub(r"<[^>]*>", " ", cells[1]).split()
    assert " ".join(told) == "failed 02:00:10 not known 20 min 58 s"


def test_a_phase_of_unknown_beginning_is_drawn_behind_those_that_it_followed() -> None:
    drawn = [each.title for each in view.view(recorded(sample_drills.restore_overdue())).bars]
    assert drawn[-3:] == ["Create the namespace", "Tear down", "Prove nothing is left"]


def test_what_is_not_known_of_a_phase_is_said_and_not_drawn() -> None:
    record = recorded(sample_drills.restore_overdue())
    assert "| Restore the cluster: failed | 02:00:10 | not known | not known | not known | yes |" in render_markdown(
        record
    )
    assert '<rect class="failed" x=' not in render_html(record)
    assert '<rect class="failed" x=' in render_html(recorded(overdue()))
