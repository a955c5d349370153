"""The record of a restore: nothing made up, the first error first, and every figure by its own clock."""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import sample_restores
from jsonschema import Draft202012Validator
from sample_drills import SETTINGS, caught
from sample_restores import ALL, ANNA, OLD_NAME, SOURCE, TARGET, Machine, recorded

from lambdas.evidence import canonical, restore_timeline
from lambdas.restore_contracts import Outcome

_FILES = resources.files("lambdas.evidence")
SCHEMA = json.loads(_FILES.joinpath("restore_record.schema.json").read_text())
DRILLS = json.loads(_FILES.joinpath("record.schema.json").read_text())
MACHINE = json.loads((Path(__file__).parents[2] / "statemachines" / "platform-restore.asl.json").read_text())
State = dict[str, Any]


@pytest.mark.parametrize("restore", ALL)
class TestEveryRecord:
    def test_follows_the_schema(self, restore: Callable[[], State]) -> None:
        Draft202012Validator.check_schema(SCHEMA)
        Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(recorded(restore()))

    def test_is_the_same_bytes_at_every_attempt(self, restore: Callable[[], State]) -> None:
        assert canonical.canonical(recorded(restore())) == canonical.canonical(recorded(restore()))

    def test_says_why_each_part_is_missing_and_of_none_that_is_there(self, restore: Callable[[], State]) -> None:
        record = recorded(restore())
        assert {name for name, told in record.items() if told is None} == set(record["absent"])

    def test_tells_no_secret_s_value_and_no_token(self, restore: Callable[[], State]) -> None:
        assert "AAAA" not in json.dumps(recorded(restore()))

    def test_has_phases_that_are_in_order_and_overlap_nowhere(self, restore: Callable[[], State]) -> None:
        phases = recorded(restore())["phases"]
        moments = [(each["started_at"], each["ended_at"]) for each in phases if each["name"] != "rollback"]
        known = [each for moment in moments for each in moment if each]
        assert known == sorted(known)


def test_what_both_records_have_is_described_alike_in_both_schemas() -> None:
    for name in ("recovery_point", "database", "verdict", "checks", "controls", "tally", "counts", "baseline"):
        assert SCHEMA["properties"][name] == DRILLS["properties"][name]
    for name in ("instant", "seconds", "count", "objective", "check"):
        assert SCHEMA["$defs"][name] == DRILLS["$defs"][name]


@pytest.mark.parametrize(
    ("restore", "outcome", "database", "cluster"),
    [
        (sample_restores.kept, "kept", "restored", TARGET),
        (sample_restores.swapped, "kept", "restored", SOURCE),
        (sample_restores.rolled_back, "rolled-back", "old", SOURCE),
        (sample_restores.fenced, "fenced", "nothing", None),
        (sample_restores.half_back, "fenced", "old", SOURCE),
        (sample_restores.stuck, "fenced", "unknown", None),
        (sample_restores.rejected, "not-cut-over", "old", SOURCE),
        (sample_restores.expired, "not-cut-over", "old", SOURCE),
        (sample_restores.beside, "beside", "old", SOURCE),
        (sample_restores.refused_data, "failed", "old", SOURCE),
        (sample_restores.unplanned, "failed", "old", SOURCE),
    ],
)
def test_how_a_restore_ended_and_what_serves_now(
    restore: Callable[[], State], outcome: Outcome, database: str, cluster: str | None
) -> None:
    record = recorded(restore())
    assert record["outcome"]["result"] == outcome
    assert (record["serving"]["database"], record["serving"]["cluster"]) == (database, cluster)


def test_a_platform_that_nobody_saw_serve_is_not_called_proven() -> None:
    assert recorded(sample_restores.half_back())["serving"]["proven"] is False
    assert "was not seen to serve" in recorded(sample_restores.half_back())["serving"]["sentence"]
    assert recorded(sample_restores.rolled_back())["serving"]["proven"] is True


def test_a_source_that_was_gone_serves_nothing_however_untouched_the_platform_is() -> None:
    state = sample_restores.rejected()
    state["survey"]["source_exists"] = False
    assert recorded(state)["serving"]["database"] == "nothing"


def test_what_serves_is_not_known_where_the_restore_ended_before_it_looked() -> None:
    machine = sample_restores.Machine()
    machine.fail("NoUsableRecoveryPoint", "No backup of it exists [coder-prod-aurora] See why.")
    serving = recorded(machine.state)["serving"]
    assert (serving["database"], serving["cluster"]) == ("unknown", None)
    assert "left untouched" in serving["sentence"]


class TestTheError:
    def test_is_the_first_and_not_the_rollback_s(self) -> None:
        outcome = recorded(sample_restores.fenced())["outcome"]
        assert (outcome["error"]["name"], outcome["stopped_in"]) == ("CutOverOverdue", "AwaitRollout")
        assert [(each["part"], each["name"]) for each in outcome["further"]] == [("rollback", "OldDatabaseCannotServe")]

    @pytest.mark.parametrize("restore", [sample_restores.rejected, sample_restores.expired, sample_restores.beside])
    def test_is_none_where_nothing_failed(self, restore: Callable[[], State]) -> None:
        assert recorded(restore())["outcome"]["error"] is None

    @pytest.mark.parametrize("part", ["settle_failure", "reconcile_failure", "handover_failure"])
    def test_of_what_follows_the_decision_does_not_undo_it(self, part: str) -> None:
        state = sample_restores.kept() | {part: caught("ServiceBusy", "Later [x] Again.")}
        outcome = recorded(state)["outcome"]
        assert (outcome["result"], outcome["error"]) == ("kept", None)
        assert [each["name"] for each in outcome["further"]] == ["ServiceBusy"]

    def test_is_named_even_where_the_machine_ended_without_any(self) -> None:
        machine = Machine()
        machine.plan()
        assert recorded(machine.state)["outcome"]["error"]["name"] == "VerificationFailed"


class TestTheTimes:
    def test_of_people_are_apart_from_ours(self) -> None:
        """17 minutes of the 41 until the platform was verified were a person's."""
        rto = recorded(sample_restores.kept())["rto"]
        assert (round(rto["measured_seconds"]), round(rto["waited_seconds"])) == (2449, 1020)
        assert rto["own_seconds"] == pytest.approx(rto["measured_seconds"] - rto["waited_seconds"])
        assert rto["verdict"] == "pass"

    def test_of_the_outage_are_from_the_fence_to_the_verified_platform(self) -> None:
        record = recorded(sample_restores.kept())
        [period] = record["outage"]["periods"]
        phases = {each["name"]: each for each in record["phases"]}
        assert period["began_at"] == phases["fence"]["started_at"]
        assert period["ended_at"] == phases["platform"]["ended_at"]
        assert record["outage"]["seconds"] == period["seconds"]

    def test_of_an_outage_leave_out_what_was_served_before_the_rollback(self) -> None:
        outage = recorded(sample_restores.rolled_back())["outage"]
        first, second = outage["periods"]
        assert first["ended_at"] < second["began_at"]
        assert outage["seconds"] == pytest.approx(first["seconds"] + second["seconds"])

    @pytest.mark.parametrize("restore", [sample_restores.fenced, sample_restores.half_back, sample_restores.stuck])
    def test_of_an_outage_that_goes_on_have_no_sum(self, restore: Callable[[], State]) -> None:
        outage = recorded(restore())["outage"]
        assert outage["seconds"] is None
        assert outage["periods"][-1]["ended_at"] is None

    def test_of_a_platform_that_was_never_stopped_are_no_outage(self) -> None:
        assert recorded(sample_restores.expired())["outage"]["seconds"] == 0

    def test_of_the_wait_are_those_until_it_was_over(self) -> None:
        phases = {each["name"]: each for each in recorded(sample_restores.expired())["phases"]}
        assert phases["approval"]["failed"] is False
        assert phases["approval"]["ended_at"] is not None

    def test_of_a_failed_state_are_its_neighbours(self) -> None:
        steps = {
            step["state"]: step
            for phase in recorded(sample_restores.rolled_back())["phases"]
            for step in phase["steps"]
        }
        assert steps["Soak"]["failed"] is True
        assert 371 < steps["Soak"]["seconds"] < 373

    def test_of_a_state_that_failed_beside_another_are_not_guessed(self) -> None:
        steps = {
            step["state"]: step for phase in recorded(sample_restores.stuck())["phases"] for step in phase["steps"]
        }
        assert (steps["Soak"]["ended_at"], steps["BackStopPlatform"]["started_at"]) == (None, None)


class TestTheLoss:
    def test_of_a_kept_restore_is_from_the_recovery_point_to_the_fence(self) -> None:
        loss = recorded(sample_restores.kept())["loss"]
        assert (loss["began_at"], loss["stands_in"], loss["audit_rows"]) == ("2026-11-23T10:29:59Z", "old", 37)
        assert loss["verdict"] == "warn"  # further back than the objective, because somebody asked for that moment

    def test_beyond_the_objective_is_a_failure_of_the_latest_restorable_time(self) -> None:
        state = sample_restores.kept()
        state["restoration"]["recovery_point"] = "latest-restorable-time"
        assert recorded(state)["loss"]["verdict"] == "fail"

    def test_of_a_rollback_is_what_was_written_to_the_restored_database(self) -> None:
        record = recorded(sample_restores.rolled_back())
        loss = record["loss"]
        assert loss["stands_in"] == "restored"
        assert 372 < loss["seconds"] < 460
        assert record["rto"]["measured_seconds"] is None

    def test_is_none_where_coderd_never_ran_on_the_restored_database(self) -> None:
        for restore in (sample_restores.half_back, sample_restores.rejected):
            assert recorded(restore())["loss"]["seconds"] is None

    def test_of_a_source_that_was_gone_stands_nowhere(self) -> None:
        state = sample_restores.kept()
        state["survey"]["source_exists"] = False
        loss = recorded(state)["loss"]
        assert loss["stands_in"] == "nowhere"
        assert loss["reason"].startswith("At most ")


class TestTheChanges:
    def test_are_told_in_their_order_with_digests_for_secrets(self) -> None:
        told = [(each["what"], each["before"], each["after"]) for each in recorded(sample_restores.kept())["changes"]]
        assert told == [
            ("replicas", "2", "0"),
            ("replicas", "5", "0"),
            ("security groups", "sg-0a51b7d2c9e8f4310", "sg-0drill"),
            ("default_transaction_read_only", "off", "on"),
            ("host of the connection secret", "3f2a9c81d0b4e7aa", "77d6155529be02c1"),
            ("host in the connection URL of coderd", "a91be02c77d61555", "0d13f6e2b9a8c704"),
            ("replicas", "0", "2"),
            ("replicas", "0", "5"),
            ("security groups", "sg-0a51b7d2c9e8f4310, sg-0drill", "sg-0a51b7d2c9e8f4310"),
        ]

    @pytest.mark.parametrize("strategy", ["repoint", "swap-identifiers"])
    def test_of_a_rollback_end_with_the_values_that_there_were(self, strategy: str) -> None:
        first: dict[tuple[str, str], str] = {}
        last: dict[tuple[str, str], str] = {}
        for each in recorded(sample_restores.rolled_back(strategy=strategy))["changes"]:
            first.setdefault((each["what"], each["resource"]), each["before"])
            last[each["what"], each["resource"]] = each["after"]
        assert first == last

    def test_are_none_where_the_platform_was_left_alone(self) -> None:
        assert recorded(sample_restores.rejected())["changes"] == []

    def test_name_the_password_that_was_set_by_where_it_is_from(self) -> None:
        state = sample_restores.rejected() | {"password": {"cluster": TARGET, "user": "coder_admin"}}
        [change] = recorded(state)["changes"]
        assert (change["what"], change["after"]) == ("master password", "the connection secret's")


class TestTheApproval:
    def test_names_who_answered_as_sts_told_it(self) -> None:
        assert recorded(sample_restores.kept())["approval"]["by"] == ANNA

    def test_of_a_refusal_is_the_ledger_s(self) -> None:
        approval = recorded(sample_restores.rejected())["approval"]
        assert (approval["decision"], approval["by"], approval["reason"]) == (
            "rejected",
            ANNA,
            "Not before the weekend",
        )

    def test_that_nobody_gave_is_expired(self) -> None:
        approval = recorded(sample_restores.expired())["approval"]
        assert (approval["decision"], approval["by"]) == ("expired", None)

    @pytest.mark.parametrize("restore", [sample_restores.swapped, sample_restores.beside, sample_restores.refused_data])
    def test_that_was_not_asked_for_says_why(self, restore: Callable[[], State]) -> None:
        approval = recorded(restore())["approval"]
        assert approval["decision"] == "not-asked"
        assert approval["reason"]


def test_an_address_stands_nowhere_but_with_those_who_answer_for_it() -> None:
    state = sample_restores.kept()
    state["restoration"]["reason"] = "ada@example.com asked for it"
    record = recorded(state)
    assert record["restore"]["reason"] == "[address removed] asked for it"
    assert record["restore"]["started_by"].endswith("bernd@example.com")


def test_the_names_after_a_swap_are_the_new_ones() -> None:
    assert recorded(sample_restores.swapped())["clusters"] == {"restored": SOURCE, "old": OLD_NAME}
    assert recorded(sample_restores.rolled_back(strategy="swap-identifiers"))["clusters"] == {
        "restored": TARGET,
        "old": SOURCE,
    }


def test_what_one_machine_cannot_show_is_said() -> None:
    assert recorded(sample_restores.kept())["not_shown"] == []
    assert recorded(sample_restores.kept(), replace(SETTINGS, on_one_machine=True))["not_shown"]


def test_every_state_of_the_machine_but_its_last_two_is_of_one_phase() -> None:
    states = [state for phase in restore_timeline.PHASES for state in phase.states]
    assert sorted(states) == sorted(tasks_of(MACHINE) - {"RecordRestore", "AnnounceRestore"})


def tasks_of(machine: Any) -> set[str]:
    found = {name for name, state in machine["States"].items() if state["Type"] == "Task"}
    inner = [state["ItemProcessor"] for state in machine["States"].values() if "ItemProcessor" in state]
    return found.union(*map(tasks_of, inner))
