"""The renderings: complete, escaped, self-contained, and no tick that no check earned."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sample_drills
from hypothesis import given
from hypothesis import strategies as st
from report_page import Page
from sample_drills import SETTINGS, recorded

from lambdas.evidence import charts, view
from lambdas.evidence.rendering import plain, render_html, render_markdown
from lambdas.evidence.tables import areas

DRILLS = (
    sample_drills.passed,
    sample_drills.point_in_time,
    sample_drills.failed,
    sample_drills.cut_short,
    sample_drills.restore_overdue,
    sample_drills.died,
)


def page_of(state: dict[str, Any]) -> Page:
    return Page(render_html(recorded(state), sample_drills.history()))


@pytest.mark.parametrize("drill", DRILLS)
class TestEveryPage:
    def test_is_well_formed(self, drill: Callable[[], dict[str, Any]]) -> None:
        assert page_of(drill()).open == []

    def test_needs_nothing_beside_itself(self, drill: Callable[[], dict[str, Any]]) -> None:
        page = page_of(drill())
        assert all(each.startswith("#") for each in page.references)
        assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
        assert not re.search(r"url\((?!#)|@import|https?:", render_html(recorded(drill())))

    def test_begins_with_the_verdict(self, drill: Callable[[], dict[str, Any]]) -> None:
        record = recorded(drill())
        heading = re.search(r"<h1>.*?</svg>(.*?)</h1>", render_html(record))
        assert heading is not None
        assert heading[1] == record["outcome"]["result"].capitalize()

    def test_names_the_execution_the_version_and_the_digest(self, drill: Callable[[], dict[str, Any]]) -> None:
        record = recorded(drill())
        text = Page(render_html(record)).text
        for each in (record["drill"]["execution"], "coder-day2 0.1.0", view.view(record).sha256):
            assert each in text


def test_each_check_is_drawn_with_its_own_verdict() -> None:
    record = recorded(sample_drills.failed())
    rows = re.findall(r'<tr class="check is-([a-z]+)">(.*?)</tr>', render_html(record), re.DOTALL)
    drawn = {(re.findall(r"<code>(\w+)</code>", row)[0], verdict) for verdict, row in rows}
    assert drawn == {(check["id"], check["verdict"]) for check in record["checks"]}


def test_no_tick_is_drawn_that_nothing_earned() -> None:
    # Nothing was verified, isolated or looked through: not one tick on the page.
    page = page_of(sample_drills.restore_overdue())
    assert "#i-pass" not in page.icons
    assert "#i-fail" in page.icons
    text = render_markdown(recorded(sample_drills.restore_overdue()))
    assert not re.search(r"\[x\]|\u2713|\u2705|\| passed \|", text)


def test_what_the_api_did_not_tell_earns_no_tick() -> None:
    told, silent = sample_drills.passed(), sample_drills.passed()
    silent["isolation"]["facts"][1]["seen"] = "not told by the API: this cluster has no such switch"
    assert page_of(silent).icons.count("#i-pass") == page_of(told).icons.count("#i-pass") - 1


def test_a_skipped_check_is_called_skipped() -> None:
    assert re.search(r"skipped Presets of templates C08_template_presets", page_of(sample_drills.passed()).text)
    assert re.search(r"\| skipped \| C08_template_presets", render_markdown(recorded(sample_drills.passed())))


def test_areas_with_failures_stand_first() -> None:
    titles = [area.title for area in areas(recorded(sample_drills.failed())["checks"])]
    assert titles[:3] == ["Templates", "Row counts", "Workspaces and builds"]
    assert titles[3] == "Engine and schema"


def test_a_control_that_did_not_fail_is_told_as_a_fault() -> None:
    state = sample_drills.passed()
    for each in state["judgement"]["checks"]:
        if each["control"]:
            each["verdict"] = "pass"
    assert "did not fail" in page_of(state).text
    assert "did not fail, as it had to" in render_markdown(recorded(state))


def test_what_a_drill_wrote_is_escaped() -> None:
    state = sample_drills.passed()
    state["drill"]["reason"] = "<script>alert(1)</script> | [a](javascript:x)"
    record = recorded(state)
    assert "<script" not in render_html(record)
    markdown = render_markdown(record)
    assert r"\<script\>alert(1)\</script\> \| \[a\](javascript:x)" in markdown


@given(st.text())
def test_no_text_breaks_out_of_a_row_of_markdown(text: str) -> None:
    told = plain(text)
    assert "\n" not in told.replace("\r", "")
    assert not re.search(r"(?<!\\)(?:\\\\)*[|<>\[\]`]", told)


def test_what_a_dead_execution_took_with_it_is_not_known_rather_than_absent() -> None:
    record = recorded(sample_drills.died())
    text, markdown = Page(render_html(record)).text, render_markdown(record)
    for claim in ("None was chosen", "none:", "instance", "Not verified", "Not measured", "Not reached", "$"):
        assert claim not in text.replace("instances none left", "")
        assert claim not in markdown.replace("instances: none left", "")
    assert "Recovery point Not known" in text
    assert "| Snapshot used | not known |" in markdown
    assert "| Target namespace | not known |" in markdown
    assert "| End time | not known; the sweep recorded it at 2026-11-23 07:08:34 UTC |" in markdown


def test_a_drill_that_chose_no_recovery_point_says_so() -> None:
    record = recorded(sample_drills.cut_short())
    assert "Recovery point None was chosen" in Page(render_html(record)).text
    assert "| Snapshot used | none: The drill ended in ChooseRecoveryPoint" in render_markdown(record)


def test_the_cost_of_a_drill_that_a_step_ended_is_the_least_it_can_have_been() -> None:
    record = recorded(sample_drills.restore_overdue())
    assert "Together at least $0.0" in Page(render_html(record)).text
    assert "At least $0.0" in render_markdown(record)
    passed = render_markdown(recorded(sample_drills.passed()))
    assert re.search(r"^About \$[\d.]+ to \$[\d.]+ at list prices", passed, re.MULTILINE)


def test_an_error_already_in_the_headline_is_not_told_twice() -> None:
    assert page_of(sample_drills.cut_short()).text.count("61 hours old") == 1


def test_the_moments_of_the_timeline_say_their_zone() -> None:
    record = recorded(sample_drills.passed())
    assert "Began (UTC)" in Page(render_html(record)).text
    assert "| Phase | Began (UTC) | Ended (UTC) |" in render_markdown(record)


def test_a_drill_on_one_machine_says_so_on_the_page() -> None:
    record = recorded(sample_drills.passed(), replace(SETTINGS, on_one_machine=True))
    assert "Drilled on one machine" in render_html(record)
    assert "## What a drill on one machine does not show" in render_markdown(record)


@pytest.mark.parametrize("drill", DRILLS)
def test_the_form_has_every_field_and_an_empty_line_to_sign(drill: Callable[[], dict[str, Any]]) -> None:
    text = render_markdown(recorded(drill()))
    for field in (
        "Test date",
        "Tester",
        "Snapshot used",
        "Target cluster",
        "Start time",
        "End time",
        "Recovery time",
        "Verification results",
        "users",
        "templates",
        "workspaces",
        "groups",
        "Issues found",
        "Cleanup",
        "Follow-up",
    ):
        assert field in text
    assert text.rstrip().endswith("Read and accepted by: ____________________    Date: ____________________")


def test_a_drill_that_counted_no_table_says_so() -> None:
    """As when the counting did not end in its time and nothing was counted before."""
    state = sample_drills.passed(counts={})
    state["judgement"]["baseline_drill"] = None
    assert "Rows (users, templates, workspaces, groups): No table was counted." in render_markdown(recorded(state))
    assert page_of(state)


def test_a_shrunk_table_is_shown_with_what_it_lost() -> None:
    counts = view.view(recorded(sample_drills.failed())).counts
    assert [each.table for each in counts[:2]] == ["workspace_agents", "api_keys"]
    assert (counts[1].change, counts[0].percent) == (-518, -100)


def test_a_table_that_is_gone_is_called_missing() -> None:
    left = {name: rows for name, rows in sample_drills.COUNTS.items() if name != "templates"}
    page = page_of(sample_drills.passed(counts=left))
    assert "templates missing was 64" in page.text


class TestTheTimeline:
    @given(longest=st.floats(0.01, 1e6), objective=st.floats(60, 1e6))
    def test_holds_the_drill_and_says_where_the_objective_is(self, longest: float, objective: float) -> None:
        on = charts.axis(longest, objective)
        assert on.span >= longest
        assert (on.objective_at is None) == (objective > on.span)
        assert all(0 <= tick.at <= 100 for tick in on.ticks)

    @given(longest=st.floats(0.01, 1e6), objective=st.floats(60, 1e6))
    def test_has_few_enough_marks_to_read(self, longest: float, objective: float) -> None:
        assert 1 <= len(charts.axis(longest, min(objective, 4e5)).ticks) <= 13

    def test_draws_every_phase_within_the_page(self) -> None:
        for bar in view.view(recorded(sample_drills.passed())).bars:
            assert 0 <= bar.at <= 100
            assert 0 < bar.width <= 100.01 - bar.at

    def test_of_a_short_drill_is_not_squeezed_by_its_objective(self) -> None:
        assert charts.axis(12, 7200).objective_at is None
        assert charts.axis(1500, 7200).objective_at is not None


class TestTheTrend:
    def test_shows_the_last_twelve_oldest_first_and_this_one_last(self) -> None:
        summary = view.view(recorded(sample_drills.passed())).summary
        marks = charts.trend(summary, sample_drills.history(20)).marks
        assert len(marks) == 12
        assert [each.opened_at for each in marks] == sorted(each.opened_at for each in marks)
        assert [each.current for each in marks] == [False] * 11 + [True]

    def test_does_not_show_this_drill_twice(self) -> None:
        summary = view.view(recorded(sample_drills.passed())).summary
        assert len(charts.trend(summary, (summary, *sample_drills.history(2))).marks) == 3

    def test_marks_a_failed_drill_by_more_than_its_colour(self) -> None:
        page = render_html(recorded(sample_drills.passed()), sample_drills.history())
        assert page.count("&#x2715;</text>") == 2
        assert page.count('class="failed"') == 1  # the other one was never measured

    def test_does_not_say_of_a_dead_execution_that_it_had_nothing(self) -> None:
        summary = view.view(recorded(sample_drills.died())).summary
        mark = charts.trend(summary, sample_drills.history()).marks[-1]
        assert (mark.label, mark.brief, mark.kind) == ("not known", "?", "recovery point not known")

    def test_of_a_first_drill_says_so(self) -> None:
        page = render_html(recorded(sample_drills.passed()))
        assert "The trend begins with the next drill" in page
        assert '<svg class="trend"' not in page
