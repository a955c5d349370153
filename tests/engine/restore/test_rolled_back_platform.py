"""The restored database breaks while the platform is watched on it: it is led back to the old one by itself."""

import json

from restore_stage import Stage


def test_a_platform_whose_new_database_breaks_in_the_soak_serves_on_the_old_one_again(stage: Stage) -> None:
    house = stage.house
    house.come_home()
    named, before = house.named(), house.sight()
    point = house.snapshot("for-a-rollback")
    house.platform.go_on()
    counted = house.platform.look()
    with stage.told(soak_minutes=1):
        arn = stage.start(recovery_point=point, strategy="repoint", cut_over="automatic", reason="to see it break")
        stage.reach(arn, "Soak")
        house.platform.break_down()
        restored = stage.ended(arn)
    now = house.sight()

    assert (restored.seen.status, restored.end) == ("FAILED", "RestoreFailed")
    assert restored.summary.outcome == "rolled-back", json.dumps(restored.record["outcome"])
    assert restored.record["outcome"]["stopped_in"] == "Soak"
    assert (now.serving, now.named, now.replicas) == (before.serving, before.named, before.replicas)
    assert restored.summary.target in now.silent
    assert house.named() == named
    assert (now.fenced, restored.summary.serves_from) == (before.fenced, stage.source)
    assert stage.source in now.open
    assert house.platform.look() == counted, "also what was written since the recovery point"
    house.platform.go_on()
    assert house.platform.look().database["audit rows"] > counted.database["audit rows"], "it takes writes again"
