"""A restore's page and form: what a person needs first stands first, complete, escaped and self-contained."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sample_restores
from report_page import Page
from sample_drills import SETTINGS, caught
from sample_restores import ALL, ANNA, ID, OLD_NAME, SOURCE, TARGET, recorded

from lambdas.errors import PlatformNotHealthy
from lambdas.evidence import restore_view
from lambdas.evidence.rendering import render_restore_html, render_restore_markdown

State = dict[str, Any]


def text_of(state: State) -> str:
    return Page(render_restore_html(recorded(state))).text


@pytest.mark.parametrize("restore", ALL)
class TestEveryPage:
    def test_is_well_formed_and_needs_nothing_beside_itself(self, restore: Callable[[], State]) -> None:
        html = render_restore_html(recorded(restore()))
        page = Page(html)
        assert page.open == []
        assert all(each.startswith("#") for each in page.references)
        assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
        assert not re.search(r"url\((?!#)|@import|https?:", html)

    def test_begins_with_outcome_and_what_serves_before_anything_else(self, restore: Callable[[], State]) -> None:
        record = recorded(restore())
        text = Page(render_restore_html(record)).text
        order = ("The platform serves from", "Outage", "Data integrity", "What to do next", "Timeline")
        places = [text.index(each) for each in order]
        assert places == sorted(places)
        assert text.index(restore_view.view(record).headline.sentence) < places[0]

    def test_names_the_execution_the_version_and_the_digest(self, restore: Callable[[], State]) -> None:
        record = recorded(restore())
        for rendered in (Page(render_restore_html(record)).text, render_restore_markdown(record)):
            assert record["restore"]["execution"] in rendered
            assert "coder-day2 0.1.0" in rendered
            assert restore_view.view(record).sha256 in rendered

    def test_says_in_the_form_what_serves_what_was_lost_and_what_to_do(self, restore: Callable[[], State]) -> None:
        form = render_restore_markdown(recorded(restore()))
        for field in ("The platform serves from", "Lost", "Outage", "Approval", "What to do next", "What was changed"):
            assert field in form
        assert form.rstrip().endswith("Read and accepted by: ____________________    Date: ____________________")

    def test_draws_every_phase_within_the_page(self, restore: Callable[[], State]) -> None:
        seen = restore_view.view(recorded(restore()))
        for bar in (*seen.bars, *(seen.closeup.bars if seen.closeup else ())):
            if bar.at is not None and bar.width is not None:
                assert 0 <= bar.at <= 100
                assert 0 < bar.width <= 100.01 - bar.at


@pytest.mark.parametrize(
    ("restore", "word", "serves"),
    [
        (sample_restores.kept, "Restored", TARGET),
        (sample_restores.swapped, "Restored", SOURCE),
        (sample_restores.rolled_back, "Rolled back", SOURCE),
        (sample_restores.fenced, "Fenced", "Nothing"),
        (sample_restores.half_back, "Not brought back", SOURCE),
        (sample_restores.stuck, "Not brought back", "Not known"),
        (sample_restores.expired, "Not cut over", SOURCE),
        (sample_restores.beside, "Restored beside", SOURCE),
        (sample_restores.unplanned, "Failed", SOURCE),
    ],
)
def test_the_headline_and_what_serves(restore: Callable[[], State], word: str, serves: str) -> None:
    record = recorded(restore())
    heading = re.search(r"<h1>.*?</svg>(.*?)</h1>", render_restore_html(record))
    assert heading is not None
    assert heading[1] == word
    assert restore_view.view(record).serves == serves


def test_a_database_that_nobody_saw_serve_is_marked_as_not_proven() -> None:
    assert "(old, not proven)" in text_of(sample_restores.half_back())
    assert "not proven" not in text_of(sample_restores.rolled_back())


def test_an_untouched_platform_earns_no_remark_about_proof() -> None:
    assert "not proven" not in text_of(sample_restores.rejected())


def advised(state: State) -> list[str]:
    return [each.title for each in restore_view.view(recorded(state)).advice]


class TestWhatToDoNext:
    def test_after_a_repointing_is_terraform_then_the_settings_then_the_workspaces_then_the_old_cluster(self) -> None:
        assert advised(sample_restores.kept()) == [
            "Tell Terraform, before anybody's next apply",
            "Name the new cluster in the settings",
            "Tell the owners of 2 workspaces that the database does not know",
            "Rebuild 1 workspace that the database takes for running",
            "Prove the new backups",
            "Retire the old cluster, when nobody misses anything any more",
        ]

    def test_says_where_the_files_for_terraform_lie(self) -> None:
        text = text_of(sample_restores.kept())
        assert f"Files for Terraform In the evidence bucket, under restores/{SOURCE}/{ID}/handover/ README.md" in text

    def test_is_for_terraform_a_summary_its_warnings_and_the_commands_one_by_one(self) -> None:
        first = restore_view.view(recorded(sample_restores.kept())).advice[0]
        assert first.mind == ("The next plan would replace a live database until the script has run.",)
        typed = [line for line in (first.command or "").splitlines() if not line.startswith("#")]
        assert typed == [
            f"day2 report {ID} --aws --env prod",
            f'handover="$PWD/reports/{ID}/terraform"',
            "cd ROOT-MODULE",
            'bash "$handover/handover.sh" rehearse',
            'bash "$handover/handover.sh" hand-over',
            'bash "$handover/handover.sh" apply',
        ]

    def test_merges_no_variables_where_the_names_were_swapped(self) -> None:
        assert "changes.tfvars" in str(restore_view.view(recorded(sample_restores.kept())).advice[0].command)
        assert "changes.tfvars" not in str(restore_view.view(recorded(sample_restores.swapped())).advice[0].command)

    def test_has_its_commands_in_the_form_as_code_that_nothing_escapes(self) -> None:
        form = render_restore_markdown(recorded(sample_restores.kept()))
        assert '    ```sh\n    # config/prod.toml\n    [source]\n    cluster = "' in form

    def test_has_no_code_in_the_form_that_ends_its_own_fence(self) -> None:
        state = sample_restores.refused_data()
        state["restoration"]["recovery_point"] = "x ``` y"
        assert "    ````sh\n    day2 restore --to x ``` y" in render_restore_markdown(recorded(state))

    def test_is_numbered_once(self) -> None:
        html = render_restore_html(recorded(sample_restores.kept()))
        assert ".steps { list-style: none;" in html
        assert 'content: counter(step) / "";' in html
        form = render_restore_markdown(recorded(sample_restores.kept()))
        assert re.findall(r"^\d+\. \*\*(\w+)", form, re.MULTILINE)[:2] == ["Tell", "Name"]

    def test_repeats_the_recovery_point_that_was_asked_for(self) -> None:
        assert "day2 restore --to time:2026-11-23T10:29:59Z --aws --env prod" in text_of(sample_restores.rejected())

    def test_after_a_swap_leaves_the_settings_as_they_are_and_retires_by_the_new_name(self) -> None:
        text = text_of(sample_restores.swapped())
        assert "Name the new cluster in the settings" not in text
        assert f"day2 retire {OLD_NAME} --aws --env prod" in text

    def test_without_a_handover_is_to_keep_terraform_away(self) -> None:
        state = sample_restores.kept() | {"handover_failure": caught("ServiceBusy", "Later [x] Again.")}
        del state["handover"]
        assert advised(state)[0] == "Keep Terraform away from the database"
        assert "Restored, with loose ends" in text_of(state)

    def test_after_settling_failed_names_the_group_that_is_left(self) -> None:
        state = sample_restores.kept() | {"settle_failure": caught("ServiceBusy", "Later [x] Again.")}
        assert "Take the verifier's security group off the cluster that serves" in advised(state)

    def test_of_a_source_that_was_gone_retires_nothing_old(self) -> None:
        state = sample_restores.kept()
        state["survey"]["source_exists"] = False
        assert not any(each.startswith("Retire") for each in advised(state))

    def test_after_a_rollback_looks_for_work_done_on_the_restored_database(self) -> None:
        assert advised(sample_restores.rolled_back())[1] == "Look for work done meanwhile"
        assert "Look for work done meanwhile" not in advised(sample_restores.half_back())

    def test_of_a_platform_of_which_nothing_is_known_is_to_look(self) -> None:
        assert advised(sample_restores.stuck())[0] == "Look at the platform before you do anything else"

    @pytest.mark.parametrize("restore", [sample_restores.fenced, sample_restores.half_back, sample_restores.stuck])
    def test_warns_of_retiring_a_cluster_that_may_serve_or_be_needed(self, restore: Callable[[], State]) -> None:
        last = restore_view.view(recorded(restore())).advice[-1]
        assert last.title == "Retire the restored cluster, when it is not needed"
        [mind] = last.mind
        assert mind.startswith("Only once another database is seen to serve")

    @pytest.mark.parametrize("restore", [sample_restores.fenced, sample_restores.stuck])
    def test_looks_for_work_that_stands_on_the_restored_database_before_retiring_it(
        self, restore: Callable[[], State]
    ) -> None:
        titles = advised(restore())
        assert titles[-2:] == ["Look for work done meanwhile", "Retire the restored cluster, when it is not needed"]

    def test_of_a_cluster_that_nobody_cut_over_to_says_nothing_of_terraform(self) -> None:
        assert advised(sample_restores.beside()) == [
            "Cut over by a new restore, if it is wanted after all",
            "Retire the restored cluster, when it is not needed",
        ]

    def test_of_a_fenced_platform_tells_the_replicas_that_it_had(self) -> None:
        assert "Replicas before the fence: coder/coder 2, coder-prov/coder-provisioner 5." in text_of(
            sample_restores.fenced()
        )

    @pytest.mark.parametrize(
        "restore", [sample_restores.rejected, sample_restores.beside, sample_restores.refused_data]
    )
    def test_of_a_cluster_that_stays_is_what_it_costs_and_how_it_goes(self, restore: Callable[[], State]) -> None:
        text = text_of(restore())
        assert "at least $0.48 an hour" in text
        assert f"day2 retire {TARGET} --aws --env prod" in text

    def test_where_nothing_was_made_retires_nothing(self) -> None:
        assert advised(sample_restores.unplanned()) == ["Settle what stopped it, and start again"]

    def test_on_one_machine_has_that_machine_s_commands(self) -> None:
        record = recorded(sample_restores.kept(), replace(SETTINGS, on_one_machine=True))
        assert "--aws" not in render_restore_html(record)
        assert "Restored on one machine" in render_restore_html(record)


def test_the_outage_has_an_axis_of_its_own_where_there_was_one() -> None:
    closeup = restore_view.view(recorded(sample_restores.kept())).closeup
    assert closeup is not None
    assert [each.title for each in closeup.bars] == ["Fence", "Cut over", "Start Coder", "Verify the platform"]
    assert restore_view.view(recorded(sample_restores.rejected())).closeup is None


def outage_told(state: State) -> tuple[str, str]:
    measure = restore_view.view(recorded(state)).measures[0]
    return measure.value, measure.reason


@pytest.mark.parametrize(
    ("restore", "done"), [(sample_restores.stuck, "kept on"), (sample_restores.beside, "brought to")]
)
def test_a_recovery_time_not_measured_says_how_far_the_platform_came(restore: Callable[[], State], done: str) -> None:
    reason = restore_view.view(recorded(restore())).measures[2].reason
    assert reason == f"The platform was not {done} the restored database."


def test_what_serves_is_told_once_where_the_headline_has_said_it_already() -> None:
    record = recorded(sample_restores.stuck())
    assert render_restore_markdown(record).count(record["serving"]["sentence"]) == 1
    untouched = recorded(sample_restores.expired())
    assert untouched["serving"]["sentence"] in render_restore_markdown(untouched)


def test_facts_that_are_words_begin_with_a_capital_and_names_keep_their_case() -> None:
    text = text_of(sample_restores.beside())
    assert "Shaped like The source as it is: 2 instances" in text
    assert "Costs At least $0.48 an hour, until it is retired" in text
    assert f"Old cluster {SOURCE}" in text


def test_a_command_is_whole_on_a_narrow_screen() -> None:
    _, *narrow = render_restore_html(recorded(sample_restores.kept())).split("@media screen and (max-width: 760px) {")
    rule = ".steps .command code { white-space: pre-wrap; overflow-wrap: anywhere; }"
    assert any(rule in each for each in narrow)


class TestAnOutage:
    def test_goes_on_where_the_platform_is_known_to_be_stopped(self) -> None:
        value, reason = outage_told(sample_restores.fenced())
        assert value == "Goes on"
        assert reason.startswith("It begins with the fence and has not ended.")

    @pytest.mark.parametrize("restore", [sample_restores.half_back, sample_restores.stuck])
    def test_is_not_known_to_be_over_where_nobody_saw_the_platform_serve(self, restore: Callable[[], State]) -> None:
        value, reason = outage_told(restore())
        assert value == "Not known to be over"
        assert reason == "It begins with the fence; nobody saw the platform serve after the rollback began."

    def test_is_over_at_a_time_not_known_where_the_platform_serves_and_the_step_has_no_time(self) -> None:
        state = sample_restores.kept()
        del state["platform_checks"]["timing"]
        value, reason = outage_told(state)
        assert value == "Not known"
        assert reason == "It begins with the fence; when it ended is not known."


def test_waiting_outage_watch_and_rollback_are_drawn_apart() -> None:
    tones = {each.title: each.tone for each in restore_view.view(recorded(sample_restores.rolled_back())).bars}
    assert (tones["Wait for the approval"], tones["Fence"]) == ("waiting", "outage")
    assert (tones["Watch the platform"], tones["Roll back"]) == ("failed", "rollback")


def test_no_tick_is_drawn_for_a_platform_check_that_was_skipped() -> None:
    html = render_restore_html(recorded(sample_restores.kept()))
    assert re.search(r'<span class="skip">.{0,120}#i-skip.{0,80}coderd&#39;s own health', html, re.DOTALL)
    assert "- skipped: coderd's own health: there is no token to ask with" in render_restore_markdown(
        recorded(sample_restores.kept())
    )


def test_a_refusal_names_who_and_why() -> None:
    for rendered in (
        text_of(sample_restores.rejected()),
        render_restore_markdown(recorded(sample_restores.rejected())),
    ):
        assert "Rejected by anna@example.com at 2026-11-23 10:57:12 UTC. Not before the weekend." in rendered
        assert ANNA in rendered


def test_the_error_that_ended_a_restore_does_not_say_that_there_is_nothing_to_do() -> None:
    for rendered in (
        text_of(sample_restores.rolled_back()),
        render_restore_markdown(recorded(sample_restores.rolled_back())),
    ):
        assert "Nothing to do" not in rendered
        assert PlatformNotHealthy.at_last in rendered


def test_what_was_changed_is_a_table_whose_rows_have_headers() -> None:
    html = render_restore_html(recorded(sample_restores.rolled_back()))
    assert '<th scope="row" class="what">Security groups' in html
    assert '<th scope="row" class="what"><code>default_transaction_read_only</code>' in html
    assert not re.search(r"<th[^>]*></th>", html)


def test_a_secret_is_told_by_digests_and_by_where_the_value_before_is() -> None:
    text = text_of(sample_restores.kept())
    assert "3f2a9c81d0b4e7aa kept as 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0" in text


def test_what_an_operator_wrote_is_escaped() -> None:
    state = sample_restores.kept()
    state["restoration"]["reason"] = "<script>alert(1)</script> | [a](javascript:x)"
    record = recorded(state)
    assert "<script" not in render_restore_html(record)
    assert r"\<script\>alert(1)\</script\> \| \[a\](javascript:x)" in render_restore_markdown(record)


def test_more_workspaces_than_fit_are_counted() -> None:
    state = sample_restores.kept()
    many = [f"0b0e3f6e-1111-4111-8111-{number:012}" for number in range(200)]
    state["reconciliation"]["without_row"] = {"count": 431, "workspaces": many, "owners": many}
    text = text_of(state)
    assert "Pods without a workspace in the database: 431" in text
    assert "And 411 more, in the record." in text


def test_workspaces_that_could_not_be_compared_are_not_called_none() -> None:
    state = sample_restores.kept()
    state["reconciliation"]["unknown"] = "pods may not be listed"
    assert "Not known: pods may not be listed" in text_of(state)
    assert "pods may not be listed" in render_restore_markdown(recorded(state))
