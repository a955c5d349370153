from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.contracts import CheckGroup, CheckVerdict, Objective, VerificationPlan
from lambdas.errors import VerificationFailed
from lambdas.verification import verdict
from lambdas.verification.checks import FOREIGN_KEYS, PHYSICAL, VERIFIER
from lambdas.verification.releases import NEWEST_MIGRATION, release_of

from .samples import FACTS, OBJECTIVES, OPENED, PLAN, TAKEN, drill, group, planted, point, result


def integrity(*results: object) -> Objective:
    return verdict.integrity(verdict.with_verifier((*results, *planted())))  # type: ignore[arg-type]


def test_a_failed_check_fails_integrity_and_is_named() -> None:
    found = integrity(result(), result("C02_template_active_version_missing", "fail"))

    assert found.verdict == "fail"
    assert "C02_template_active_version_missing" in found.reason


def test_a_warning_warns() -> None:
    assert integrity(result(), result("B04", "warn", severity="warning")).verdict == "warn"


def test_sound_checks_pass_with_their_tally() -> None:
    found = integrity(result(), result("D06", "skip"), result("A02", "report", severity="info"))

    assert found.verdict == "pass"
    assert found.reason == "2 passed, 1 reported, 1 skipped"


def test_a_drill_whose_critical_checks_were_all_skipped_is_not_a_pass() -> None:
    found = integrity(result("D06", "skip"), result("B04", "pass", severity="warning"))

    assert found.verdict == "not-measured"
    assert verdict.overall(found) == "fail"


def test_a_planted_fault_is_no_failure_of_the_copy() -> None:
    assert integrity(result()).verdict == "pass"


@pytest.mark.parametrize("unseen", ["pass", "warn", "skip", "report"])
def test_a_planted_fault_that_is_not_seen_fails_the_drill(unseen: CheckVerdict) -> None:
    results = verdict.with_verifier((result(), *planted(3), result("NC_blind", unseen, control=True)))

    found = verdict.integrity(results)

    assert found.verdict == "fail"
    assert VERIFIER in found.reason
    assert any("the verifier could not be seen to fail: NC_blind" in each.detail for each in results)


def test_a_check_that_its_time_limit_ended_earns_a_warning_and_is_named() -> None:
    found = integrity(result(), result("D03", "skip", value=None, unfinished=True))

    assert found.verdict == "warn"
    assert found.reason == "2 passed, 1 skipped; not answered within their time: D03"


@pytest.mark.parametrize("word", ["fail", "warn"])
def test_a_worse_verdict_still_names_what_was_not_answered(word: CheckVerdict) -> None:
    found = integrity(result(), result("C02", word), result("D03", "skip", value=None, unfinished=True))

    assert found.verdict == word
    assert found.reason.endswith(": C02; not answered within their time: D03")


def test_information_that_was_not_answered_in_time_warns_of_nothing() -> None:
    found = integrity(result(), result("G01", "skip", severity="info", value=None, unfinished=True))

    assert found.verdict == "pass"


def test_a_drill_none_of_whose_critical_checks_was_answered_in_time_is_not_a_pass() -> None:
    found = integrity(result("D03", "skip", value=None, unfinished=True))

    assert found.verdict == "not-measured"
    assert found.reason.endswith("no critical check could run; not answered within their time: D03")


def test_a_planted_fault_that_was_not_answered_in_time_is_made_up_for_by_enough_others() -> None:
    slow = result("NC_slow", "skip", value=None, control=True, unfinished=True)

    (verifier,) = [
        each for each in verdict.with_verifier((result(), *planted(3), slow)) if each.id == verdict.checks.VERIFIER
    ]
    assert verifier.verdict == "pass"
    assert verifier.detail == "3 planted faults, each of them seen; not answered within their time: NC_slow"

    few = verdict.integrity(verdict.with_verifier((result(), *planted(2), slow)))
    assert few.verdict == "fail"


def test_a_structural_check_with_a_part_that_was_not_answered_in_time_does_not_pass() -> None:
    slow = result(FOREIGN_KEYS, "skip", value=0, detail="left out: b.y (did not end)", unfinished=True)

    (merged,) = verdict.gather(PLAN, [group(result(FOREIGN_KEYS)), group(slow, name="f-2")], expect={})
    (alone,) = verdict.gather(PLAN, [group(slow)], expect={})

    assert (merged.verdict, merged.unfinished, merged.detail) == ("warn", True, "left out: b.y (did not end)")
    assert (alone.verdict, alone.unfinished) == ("skip", True)


def test_too_few_planted_faults_fail_the_drill() -> None:
    found = verdict.integrity(verdict.with_verifier((result(), *planted(2))))

    assert found.verdict == "fail"


def test_a_planned_group_without_a_result_is_not_passed_over() -> None:
    plan = VerificationPlan(
        facts=FACTS, groups=(CheckGroup(id="sql-1", kind="sql", items=("A",), planned_seconds=1.0),)
    )

    with pytest.raises(VerificationFailed, match="planned and without a result: sql-1"):
        verdict.gather(plan, [], expect={})


def test_the_parts_of_a_structural_check_become_one_result() -> None:
    plan = VerificationPlan(
        facts=FACTS,
        groups=(
            CheckGroup(id="f-1", kind="foreign-keys", items=("a.x", "b.y[0:9]"), planned_seconds=1.0),
            CheckGroup(id="f-2", kind="foreign-keys", items=("b.y[10:19]", "NC_a.x"), planned_seconds=1.0),
        ),
        notes={FOREIGN_KEYS: "3 of unlogged tables left out"},
    )
    results = [
        group(result(FOREIGN_KEYS, value=0), name="f-1"),
        group(result(FOREIGN_KEYS, "fail", value=2, detail="b.y: 2"), name="f-2"),
    ]

    (merged,) = verdict.gather(plan, results, expect={})

    assert merged.verdict == "fail"
    assert merged.value == 2
    assert merged.detail == "2 foreign keys; 3 of unlogged tables left out; b.y: 2"


def test_the_settings_may_turn_a_structural_check_into_a_report() -> None:
    (merged,) = verdict.gather(PLAN, [group(result(FOREIGN_KEYS, "fail", value=2))], expect={FOREIGN_KEYS: "report"})

    assert merged.verdict == "report"


def test_a_skipped_physical_check_stays_skipped() -> None:
    plan = VerificationPlan(
        facts=FACTS, groups=(), skipped=(result(PHYSICAL, "skip", value=None, detail="no amcheck"),)
    )

    (skipped,) = verdict.gather(plan, [], expect={PHYSICAL: "report"})

    assert (skipped.verdict, skipped.value, skipped.detail) == ("skip", None, "no amcheck")


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, "pass"), (95, "pass"), (96, "pass"), (97, "warn"), (120, "warn"), (121, "fail")]
)
def test_rto_runs_from_the_drills_opening_and_warns_before_it_fails(minutes: int, expected: str) -> None:
    found = verdict.rto(drill(), now=OPENED + timedelta(minutes=minutes), objectives=OBJECTIVES)

    assert found.verdict == expected
    assert found.measured_seconds == minutes * 60
    assert found.objective_seconds == 7200


def test_an_rto_just_missed_does_not_read_like_its_objective() -> None:
    found = verdict.rto(drill(), now=OPENED + timedelta(seconds=7229), objectives=OBJECTIVES)

    assert found.verdict == "fail"
    assert found.reason == "verified data after 2 h 01 min, the objective is 2 h"


def rpo(kind: str, requested: str, *, time: datetime = TAKEN, newest: datetime | None = None) -> Objective:
    return verdict.rpo(drill(requested), point(kind, time=time), newest_write=newest, objectives=OBJECTIVES)  # type: ignore[arg-type]


def test_rpo_is_measured_by_what_the_copy_holds_and_not_by_what_was_promised() -> None:
    found = rpo("point-in-time", "latest-restorable-time", newest=TAKEN - timedelta(minutes=2))

    assert found.verdict == "pass"
    assert found.measured_seconds == 8 * 60
    assert "by the newest write found in the copy" in found.reason


def test_a_copy_whose_newest_write_is_too_old_fails_the_rpo() -> None:
    found = rpo("point-in-time", "latest-restorable-time", newest=OPENED - timedelta(minutes=16))

    assert found.verdict == "fail"


def test_a_write_from_after_the_recovery_point_does_not_flatter_the_rpo() -> None:
    found = rpo("point-in-time", "latest-restorable-time", newest=OPENED + timedelta(minutes=1))

    assert found.measured_seconds == 6 * 60


def test_a_recovery_point_after_the_drill_began_loses_nothing_and_not_less() -> None:
    later = OPENED + timedelta(seconds=1)

    assert rpo("point-in-time", "latest-restorable-time", time=later, newest=later).measured_seconds == 0


def test_without_a_heartbeat_the_recovery_points_time_counts_and_it_is_said() -> None:
    found = rpo("point-in-time", "latest-restorable-time")

    assert found.measured_seconds == 6 * 60
    assert "no heartbeat was found" in found.reason


def test_a_snapshot_never_claims_the_rpo_in_minutes() -> None:
    found = rpo("snapshot", "latest-snapshot", time=OPENED - timedelta(minutes=1), newest=OPENED)

    assert found.verdict == "pass"
    assert found.objective_seconds == 26 * 3600
    assert "proven by the point-in-time drill, not by this one" in found.reason


def test_a_snapshot_older_than_allowed_fails() -> None:
    assert rpo("snapshot", "latest-snapshot", time=OPENED - timedelta(hours=27)).verdict == "fail"


@pytest.mark.parametrize(
    ("kind", "requested"), [("snapshot", "snapshot:rds:old"), ("point-in-time", "time:2026-11-20T00:00:00Z")]
)
def test_a_recovery_point_chosen_by_hand_says_nothing_of_the_rpo(kind: str, requested: str) -> None:
    found = rpo(kind, requested)

    assert found.verdict == "not-measured"
    assert "chosen by hand" in found.reason


def test_the_newest_write_is_the_younger_of_activity_and_heartbeat() -> None:
    results = [
        result("A11_write_freshness_seconds", "report", value=600, severity="info"),
        result("A12_heartbeat_freshness_seconds", "report", value=5, severity="info"),
    ]

    assert verdict.newest_write(results, as_of=TAKEN) == TAKEN - timedelta(seconds=5)
    assert verdict.has_heartbeat(results)


def test_a_copy_without_writes_has_no_newest_write() -> None:
    results = [result("A12_heartbeat_freshness_seconds", "report", value=None, severity="info")]

    assert verdict.newest_write(results, as_of=TAKEN) is None
    assert not verdict.has_heartbeat(results)


objectives = st.sampled_from(["pass", "warn", "fail", "not-measured"])


@given(integrity=objectives, rto=objectives, rpo=objectives)
def test_overall_is_the_worst_and_never_better_than_integrity(integrity: str, rto: str, rpo: str) -> None:
    parts = [Objective(verdict=each, reason="") for each in (integrity, rto, rpo)]  # type: ignore[arg-type]

    found = verdict.overall(*parts)

    assert (found == "fail") == ("fail" in (integrity, rto, rpo) or integrity == "not-measured")
    assert found != "pass" or integrity == "pass"


def test_what_was_not_measured_does_not_fail_a_drill() -> None:
    sound, unmeasured = Objective(verdict="pass", reason=""), Objective(verdict="not-measured", reason="")

    assert verdict.overall(sound, sound, unmeasured) == "pass"


@pytest.mark.parametrize(
    ("migration", "release"),
    [
        (401, "2.29"),
        (412, "2.30 or 2.31"),
        (404, "2.29 with a patch, or between 2.29 and 2.30"),
        (1, "before 2.10"),
        (900, "after 2.34, newer than this table of releases"),
        (None, "unknown: the database has no schema_migrations"),
    ],
)
def test_a_schema_is_told_by_its_release(migration: int | None, release: str) -> None:
    assert release_of(migration) == release


def test_the_table_of_releases_only_grows() -> None:
    assert [number for _, number in NEWEST_MIGRATION] == sorted(number for _, number in NEWEST_MIGRATION)
