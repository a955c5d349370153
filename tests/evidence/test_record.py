"""The record: the same bytes for the same drill, nothing made up, the first error first."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import resources
from typing import Any

import pytest
import sample_drills
from jsonschema import Draft202012Validator
from sample_drills import SETTINGS, caught, recorded

from lambdas.evidence import canonical, timeline
from lambdas.steps import DRILL_STEPS

DRILLS = (
    sample_drills.passed,
    sample_drills.point_in_time,
    sample_drills.failed,
    sample_drills.cut_short,
    sample_drills.restore_overdue,
    sample_drills.died,
)
NAMED_BY_AN_ADDRESS = "arn:aws:states:eu-west-1:111122223333:execution:coder-day2-prod-dr-drill:ada@example.com"
SCHEMA = json.loads(resources.files("lambdas.evidence").joinpath("record.schema.json").read_text())


@pytest.mark.parametrize("drill", DRILLS)
def test_every_record_follows_the_schema(drill: Callable[[], dict[str, Any]]) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(recorded(drill()))


def objects_of(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, Mapping):
        if "properties" in schema:
            yield schema
        for each in schema.values():
            yield from objects_of(each)


def test_the_schema_lets_no_unknown_field_pass() -> None:
    for each in objects_of(SCHEMA):
        assert each["additionalProperties"] is False
        assert set(each["required"]) == set(each["properties"])


def test_a_field_that_nobody_declared_is_refused_by_the_schema() -> None:
    record = recorded(sample_drills.passed())
    record["drill"]["note"] = "surplus"
    assert not Draft202012Validator(SCHEMA).is_valid(record)


def test_the_same_state_gives_the_same_bytes() -> None:
    first, again = (canonical.canonical(recorded(sample_drills.passed())) for _ in range(2))
    assert first == again


class TestTheOutcome:
    def test_is_passed_without_failure_with_proof(self) -> None:
        assert recorded(sample_drills.passed())["outcome"] == {
            "result": "passed",
            "recorded_by": "drill",
            "error": None,
            "stopped_in": None,
            "further": [],
        }

    def test_is_passed_with_warnings(self) -> None:
        record = recorded(sample_drills.passed(overall="warn"))
        assert (record["outcome"]["result"], record["verdict"]["overall"]) == ("passed", "warn")

    def test_of_a_failed_verdict_is_checks_failed_with_the_reasons(self) -> None:
        error = recorded(sample_drills.failed())["outcome"]["error"]
        assert (error["part"], error["name"]) == ("verdict", "ChecksFailed")
        assert "C02_template_active_version_missing" in error["sentence"]

    def test_of_an_old_snapshot_does_not_call_its_age_data_loss(self) -> None:
        late = sample_drills.objective("fail", "the latest snapshot was 30 h old, of at most 26 h", 108_000, 93_600)
        assert recorded(sample_drills.passed(overall="fail", rpo=late))["outcome"]["error"]["sentence"] == (
            "Snapshot's age: the latest snapshot was 30 h old, of at most 26 h."
        )

    def test_of_integrity_that_was_not_measured_says_so(self) -> None:
        unmeasured = sample_drills.objective("not-measured", "no critical check could run")
        error = recorded(sample_drills.passed(overall="fail", integrity=unmeasured))["outcome"]["error"]
        assert error["sentence"] == "Integrity: no critical check could run."

    def test_names_the_first_error_and_keeps_the_later_ones(self) -> None:
        outcome = recorded(sample_drills.restore_overdue())["outcome"]
        assert outcome["error"]["name"] == "RestoreOverdue"
        assert [each["name"] for each in outcome["further"]] == ["TeardownOverdue", "LeftoversFound"]

    def test_of_a_failed_verdict_comes_before_a_failed_teardown(self) -> None:
        state = sample_drills.failed() | {"teardown_failure": caught("TeardownOverdue", "Slow [x] Look.")}
        outcome = recorded(state)["outcome"]
        assert outcome["error"]["name"] == "ChecksFailed"
        assert [each["part"] for each in outcome["further"]] == ["teardown"]

    @pytest.mark.parametrize("part", ["teardown_failure", "namespace_failure", "proof_failure"])
    def test_of_a_good_backup_is_failed_when_the_way_out_was_not_clean(self, part: str) -> None:
        state = sample_drills.passed() | {part: caught("KubernetesUnavailable", "No answer [x] Look.")}
        assert recorded(state)["outcome"]["error"]["name"] == "KubernetesUnavailable"

    @pytest.mark.parametrize(
        "proof",
        [
            None,
            {"clear": False, "looked_at": [{"what": "clusters", "found": 0}]},
            {"clear": True, "looked_at": []},
            {"clear": True, "looked_at": [{"what": "clusters", "found": -1}]},
        ],
    )
    def test_is_failed_without_the_proof_that_nothing_is_left(self, proof: dict[str, Any] | None) -> None:
        record = recorded(sample_drills.passed() | {"nothing_left": proof})
        assert record["outcome"]["error"]["name"] == "LeftoversFound"
        assert record["cleanup"]["proven"] is False

    def test_is_failed_without_a_judgement(self) -> None:
        state = sample_drills.passed()
        del state["judgement"]
        assert recorded(state)["outcome"]["error"]["name"] == "VerificationFailed"


class TestAnErrorsSentence:
    def sentence(self, error: str, cause: str | None) -> str:
        failure = {"Error": error} | ({"Cause": cause} if cause is not None else {})
        return str(recorded(sample_drills.cut_short() | {"failure": failure})["outcome"]["error"]["sentence"])

    def test_is_lambdas_message_without_its_trace(self) -> None:
        cause = json.dumps({"errorMessage": "It is busy [x] Wait.", "errorType": "ServiceBusy", "stackTrace": ["a.py"]})
        assert self.sentence("ServiceBusy", cause) == "It is busy [x] Wait."

    def test_is_awss_own_text_where_aws_failed_the_state(self) -> None:
        assert self.sentence("States.Timeout", "The state timed out") == "The state timed out"

    def test_of_an_unforeseen_exception_quotes_nothing_of_it(self) -> None:
        told = self.sentence("KeyError", json.dumps({"errorMessage": "'ada@example.com'", "errorType": "KeyError"}))
        assert "KeyError" in told
        assert "ada" not in told

    @pytest.mark.parametrize("cause", [None, "", "null", "[1]", "{}"])
    def test_is_there_even_when_the_cause_is_not(self, cause: str | None) -> None:
        assert self.sentence("States.TaskFailed", cause)


class TestAPartThatIsMissing:
    def test_is_null_with_its_reason(self) -> None:
        record = recorded(sample_drills.cut_short())
        assert record["verdict"] is record["checks"] is record["tally"] is record["counts"] is None
        assert record["absent"]["verdict"].startswith("The drill ended in ChooseRecoveryPoint (NoUsableRecoveryPoint)")

    @pytest.mark.parametrize("drill", DRILLS)
    def test_always_has_a_reason_and_nothing_else_has_one(self, drill: Callable[[], dict[str, Any]]) -> None:
        record = recorded(drill())
        assert {name for name in record["absent"] if record[name] is not None} == set()
        nullable = {name for name, shape in SCHEMA["properties"].items() if "null" in str(shape.get("type"))}
        assert {name for name in nullable if record[name] is None} <= set(record["absent"])

    def test_of_a_first_drill_is_its_baseline(self) -> None:
        state = sample_drills.passed()
        state["judgement"]["baseline_drill"] = None
        assert recorded(state)["absent"] == {"baseline": "no counts of an earlier passed drill are at hand"}

    def test_of_a_drill_that_a_sweep_recorded_is_not_known_rather_than_not_done(self) -> None:
        record = recorded(sample_drills.died())
        assert record["outcome"]["recorded_by"] == "sweep"
        assert record["cost"] is None
        assert set(record["absent"].values()) == {
            "Not known: a sweep recorded this drill, without the results of its execution."
        }

    @pytest.mark.parametrize("error", ["ExecutionDied", "LeftoversFound"])
    def test_of_a_drill_that_a_sweep_recorded_is_not_guessed_from_what_did_not_return(self, error: str) -> None:
        state = sample_drills.died() | {"failure": caught(error, "The drill ended and left: cluster x.")}
        record = recorded(state)
        assert record["outcome"]["stopped_in"] is None
        assert [each["name"] for each in record["phases"]] == ["teardown", "proof"]


class TestChecks:
    def test_keep_their_digest_their_expectation_and_what_was_found(self) -> None:
        check = next(each for each in recorded(sample_drills.passed())["checks"] if each["id"] == "C01_templates_live")
        assert (check["expected"], check["actual"], check["verdict"]) == (">= 1", 64, "pass")
        assert len(check["digest"]) == 16

    def test_that_were_skipped_are_not_among_the_passed(self) -> None:
        tally = recorded(sample_drills.passed())["tally"]
        assert (tally["pass"], tally["skip"]) == (18, 1)

    def test_over_planted_faults_stand_apart(self) -> None:
        record = recorded(sample_drills.passed())
        assert [each["id"] for each in record["controls"]] == [sample_drills.CONTROL.id]
        assert sample_drills.CONTROL.id not in {each["id"] for each in record["checks"]}
        assert record["tally"]["fail"] == 0

    def test_that_ran_are_kept_when_the_judge_failed(self) -> None:
        state = sample_drills.passed() | {"failure": caught("VerificationFailed", "No baseline [x] Look.")}
        del state["judgement"]
        record = recorded(state)
        assert record["verdict"] is None
        assert len(record["checks"]) == len(sample_drills.CHECKS)
        assert record["counts"] == sample_drills.COUNTS
        assert record["outcome"]["stopped_in"] == "Judge"


class TestPhases:
    def test_tell_when_they_ran_and_how_often_they_asked(self) -> None:
        phases = {each["name"]: each for each in recorded(sample_drills.passed())["phases"]}
        restore = phases["restore"]
        assert [each["state"] for each in restore["steps"]] == ["RestoreCluster", "AwaitCluster"]
        assert restore["retries"] == 46
        assert restore["seconds"] == pytest.approx(734.74)
        assert restore["started_at"].endswith("Z")

    def test_of_every_state_that_ran_are_found_wherever_its_timing_lies(self) -> None:
        seen = {step["state"] for phase in recorded(sample_drills.passed())["phases"] for step in phase["steps"]}
        assert seen == {state for phase in timeline.PHASES for state in phase.states}

    def test_cover_every_step_before_the_evidence(self) -> None:
        known = {state for phase in timeline.PHASES for state in phase.states}
        after = {"RecordEvidence", "Announce", "FindOrphans", "FindOrphanNamespaces", "CloseSweep"}
        assert known == {step.name for step in DRILL_STEPS} - after


class TestTheCost:
    def test_spans_the_least_and_the_most_capacity(self) -> None:
        cost = recorded(sample_drills.passed())["cost"]
        hours = cost["database"]["instance_hours"]
        assert cost["database"]["acu_hours_low"] == pytest.approx(2 * hours, abs=1e-3)
        assert cost["database"]["acu_hours_high"] == pytest.approx(16 * hours, abs=1e-3)
        assert cost["usd_low"] < cost["usd_high"]

    def test_counts_a_retry_as_a_transition(self) -> None:
        calm, busy = sample_drills.passed(), sample_drills.passed()
        busy["judgement"]["timing"]["retries"] += 7
        few, more = (recorded(each)["cost"]["orchestration"]["transitions"] for each in (calm, busy))
        assert more == few + 7

    def test_of_orchestration_stays_under_a_cent(self) -> None:
        assert recorded(sample_drills.passed())["cost"]["orchestration"]["usd"] < 0.01

    def test_is_the_least_that_was_spent_when_a_step_failed(self) -> None:
        assert recorded(sample_drills.passed())["cost"]["complete"] is True
        assert recorded(sample_drills.restore_overdue())["cost"]["complete"] is False
        assert recorded(sample_drills.cut_short())["cost"]["complete"] is False

    def test_is_the_least_that_was_spent_when_the_copys_size_was_never_read(self) -> None:
        state = sample_drills.passed()
        del state["plan"]
        assert recorded(state)["cost"]["complete"] is False

    def test_names_no_capacity_when_no_instance_was_seen(self) -> None:
        assert recorded(sample_drills.cut_short())["cost"]["database"] is None


class TestWhatMustNotBeInARecord:
    def test_addresses_are_taken_out_of_free_text(self) -> None:
        state = sample_drills.failed()
        state["drill"]["reason"] = "asked for by ada.lovelace@example.com, on call"
        state["judgement"]["checks"][0]["detail"] = "value ada@example.com"
        state["teardown_failure"] = caught("TeardownOverdue", "Tagged by ada@example.com [x] Look.")
        text = canonical.canonical(recorded(state)).decode()
        assert "example.com" not in text
        assert "asked for by [address removed], on call" in text

    def test_who_started_it_and_its_execution_are_told_as_they_are(self) -> None:
        session = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0a1b/ada@example.com with day2"
        state = sample_drills.passed()
        state["drill"] |= {"started_by": session, "execution": NAMED_BY_AN_ADDRESS}
        drill = recorded(state)["drill"]
        assert (drill["started_by"], drill["execution"]) == (session, NAMED_BY_AN_ADDRESS)

    def test_the_secret_of_the_copy_is_not_even_named(self) -> None:
        assert "rds!cluster" not in canonical.canonical(recorded(sample_drills.passed())).decode()


def test_a_drill_on_one_machine_says_what_it_cannot_show() -> None:
    on_one = recorded(sample_drills.passed(), replace(SETTINGS, on_one_machine=True))
    assert len(on_one["not_shown"]) >= 5
    assert recorded(sample_drills.passed())["not_shown"] == []
