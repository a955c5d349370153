"""Whoever is asked says no, or nobody answers: the platform is left as it is, and so is what was restored."""

from restore_stage import Restored, Stage
from restored_platform import Sight


def require_untouched(stage: Stage, restored: Restored, before: Sight) -> None:
    """The platform is as it was, and the restored cluster stands beside it, verified, which costs something."""
    target, now = restored.summary.target, stage.house.sight()
    assert (restored.seen.status, restored.end) == ("SUCCEEDED", "NotCutOver")
    assert (restored.summary.outcome, restored.summary.verdict, restored.summary.error) == (
        "not-cut-over",
        "pass",
        None,
    )
    assert (now.serving, now.named, now.replicas) == (before.serving, before.named, before.replicas)
    assert (now.clusters, now.fenced) == (tuple(sorted({*before.clusters, target})), before.fenced)
    assert stage.source in now.open
    assert restored.summary.outage_seconds is None
    assert restored.record["plan"]["hourly_cost_dollars"] > 0
    assert "an hour" in restored.form


def test_a_rejected_restore_leaves_the_platform_untouched_and_what_was_restored_beside_it(stage: Stage) -> None:
    stage.house.come_home()
    named, before = stage.house.named(), stage.house.sight()
    arn = stage.start(recovery_point=stage.house.snapshot("for-a-rejection"))
    id_ = stage.asked(arn)
    assert "untouched" in stage.day2.page("reject", id_, "--reason", "the wrong snapshot")
    restored = stage.ended(arn)
    require_untouched(stage, restored, before)
    assert stage.house.named() == named
    approval = restored.record["approval"]
    assert (approval["decision"], approval["reason"]) == ("rejected", "the wrong snapshot")
    assert approval["by"].startswith("arn:aws:")


def test_a_restore_that_nobody_answers_ends_the_same_and_takes_no_answer_afterwards(stage: Stage) -> None:
    stage.house.come_home()
    named, before = stage.house.named(), stage.house.sight()
    with stage.told(approval_minutes=1):
        arn = stage.start(recovery_point=stage.house.snapshot("for-an-expiry"))
        restored = stage.ended(arn)
    require_untouched(stage, restored, before)
    assert stage.house.named() == named
    assert (restored.record["approval"]["decision"], restored.record["approval"]["by"]) == ("expired", None)
    assert "start a new restore" in stage.day2.refusal("approve", restored.id, code=1)
    assert stage.house.sight().serving == before.serving
