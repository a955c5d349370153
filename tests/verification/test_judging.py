from datetime import timedelta

import pytest

from lambdas import payload
from lambdas.contracts import Baseline, Drill, GroupResult, Judgement, RecoveryPoint
from lambdas.errors import VerificationFailed
from lambdas.settings import Verification
from lambdas.verification import checks
from lambdas.verification.judging import judge

from .samples import FACTS, OPENED, PLAN, TAKEN, drill, group, planted, point, result, settings

NOW = OPENED + timedelta(minutes=30)
ACTIVITY = result("A11_write_freshness_seconds", "report", severity="info", value=60)
HEARTBEAT = result("A12_heartbeat_freshness_seconds", "report", severity="info", value=4)
COUNTS = {"users": 100, "audit_logs": 1000}


def healthy(**counts: int) -> GroupResult:
    return group(result(), ACTIVITY, HEARTBEAT, *planted(), **(counts or COUNTS))


def judged(
    found: GroupResult,
    *,
    before: Baseline | None = None,
    of: Drill | None = None,
    at: RecoveryPoint | None = None,
    verification: Verification | None = None,
) -> Judgement:
    return judge(
        drill=of or drill("latest-restorable-time"),
        point=at or point("point-in-time"),
        plan=PLAN,
        results=(found,),
        before=before,
        settings=settings(verification),
        now=NOW,
    )


def baseline(**counts: int) -> Baseline:
    return Baseline(drill="20261023-00000000", taken_at=TAKEN - timedelta(days=31), counts=counts)


def test_a_sound_copy_passes_on_all_three() -> None:
    judgement = judged(healthy(), before=baseline(**COUNTS))

    assert judgement.verdict.overall == "pass"
    assert judgement.verdict.integrity.verdict == "pass"
    assert judgement.verdict.rto.measured_seconds == 1800
    assert judgement.verdict.rpo.measured_seconds == 6 * 60 + 4
    assert judgement.data_as_of == TAKEN - timedelta(seconds=4)
    assert judgement.baseline_drill == "20261023-00000000"
    assert judgement.facts == FACTS
    assert judgement.counts == COUNTS


def test_the_judgement_survives_its_way_through_json() -> None:
    judgement = judged(healthy(), before=baseline(**COUNTS))

    assert payload.read(Judgement, payload.write(judgement)) == judgement


def test_the_controls_stand_behind_the_checks_and_the_verifier_is_judged_by_them() -> None:
    found = judged(healthy()).checks

    assert [check.control for check in found] == sorted(check.control for check in found)
    (verifier,) = [check for check in found if check.id == checks.VERIFIER]
    assert verifier.detail == "4 planted faults, each of them seen"


def test_the_first_drill_passes_and_lays_the_baseline() -> None:
    judgement = judged(healthy())

    assert judgement.verdict.overall == "pass"
    assert judgement.baseline_drill is None
    assert judgement.next_baseline == Baseline(drill=drill().id, taken_at=TAKEN, counts=COUNTS)


def test_a_shrunk_table_warns_and_the_drill_passes_with_it() -> None:
    judgement = judged(healthy(), before=baseline(users=200, audit_logs=1000))

    assert judgement.verdict.overall == "warn"
    assert judgement.next_baseline is not None
    assert judgement.next_baseline.counts["users"] == 200


def test_an_emptied_table_fails_the_drill() -> None:
    judgement = judged(healthy(users=0, audit_logs=1000), before=baseline(**COUNTS))

    assert judgement.verdict.overall == "fail"
    assert checks.ROW_COUNTS in judgement.verdict.integrity.reason


def test_a_loss_that_the_request_accepts_is_let_pass() -> None:
    accepting = drill("latest-restorable-time", accept=("users",))

    judgement = judged(healthy(users=0, audit_logs=1000), before=baseline(**COUNTS), of=accepting)

    assert judgement.verdict.overall == "pass"


def test_a_table_that_may_shrink_by_the_settings_is_let_pass() -> None:
    judgement = judged(
        healthy(users=100, audit_logs=1),
        before=baseline(**COUNTS),
        verification=Verification(may_shrink=("audit_logs",)),
    )

    assert judgement.verdict.overall == "pass"


def test_a_table_that_may_shrink_by_the_settings_may_not_be_emptied() -> None:
    judgement = judged(
        healthy(users=100, audit_logs=0),
        before=baseline(**COUNTS),
        verification=Verification(may_shrink=("audit_logs",)),
    )

    assert judgement.verdict.overall == "fail"


def test_a_table_that_could_not_be_counted_fails_the_drill() -> None:
    refused = result(checks.ROW_COUNTS, "fail", value=0, detail="not checked: users (SQLSTATE XX001)")
    found = group(result(), ACTIVITY, HEARTBEAT, *planted(), refused, audit_logs=1000)

    judgement = judged(found)

    (counted,) = [check for check in judgement.checks if check.id == checks.ROW_COUNTS]
    assert judgement.verdict.overall == "fail"
    assert "not checked: users (SQLSTATE XX001)" in counted.detail


def test_rto_is_measured_also_when_integrity_failed() -> None:
    judgement = judged(group(result("C02_template_active_version_missing", "fail"), *planted(), users=1))

    assert judgement.verdict.overall == "fail"
    assert judgement.verdict.rto.measured_seconds == 1800


def test_without_heartbeat_activity_alone_does_not_measure_the_rpo_but_is_told() -> None:
    judgement = judged(group(result(), ACTIVITY, *planted(), users=1))

    assert "no heartbeat was found" in judgement.verdict.rpo.reason
    assert judgement.verdict.rpo.measured_seconds == 6 * 60
    assert judgement.data_as_of == TAKEN - timedelta(seconds=60)


def test_a_drill_without_results_is_no_verdict() -> None:
    with pytest.raises(VerificationFailed):
        judge(
            drill=drill(),
            point=point(),
            plan=payload.read(
                type(PLAN),
                {
                    **payload.write(PLAN),
                    "groups": [{"id": "sql-1", "kind": "sql", "items": ["A"], "planned_seconds": 1}],
                },
            ),
            results=(),
            before=None,
            settings=settings(),
            now=NOW,
        )
