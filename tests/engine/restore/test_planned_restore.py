"""A dry run shows the plan and changes nothing; a schema that coderd cannot open is nobody's question."""

import json

from restore_stage import Stage


def test_a_dry_run_ends_with_the_plan_and_changes_nothing(stage: Stage) -> None:
    house = stage.house
    house.come_home()
    before, named = house.sight(), house.named()
    point = house.snapshot("for-a-plan")
    house.platform.go_on()

    told = stage.day2.document("restore", "--to", point, "--dry-run", "--strategy", "swap-identifiers")

    calls = [each["call"] for each in told["calls"]]
    assert calls[0] == "rds:RestoreDBClusterFromSnapshot"
    assert "rds:ModifyDBCluster, rds:ModifyDBInstance" in calls
    assert told["lost_audit_rows"] > 0
    assert f"{told['lost_audit_rows']} rows of the audit log" in told["lost"]
    assert house.connection()["password"] not in json.dumps(told)
    assert (house.sight(), house.named()) == (before, named)
    assert stage.day2.document("approvals") == []


def test_a_schema_newer_than_coderd_is_a_stop_before_anyone_is_asked(stage: Stage) -> None:
    house = stage.house
    house.come_home()
    before, named = house.sight(), house.named()
    (version,) = house.platform.sql("SELECT version FROM schema_migrations;")
    house.platform.sql("UPDATE schema_migrations SET version = version + 100;")
    point = house.snapshot("of-a-newer-coder")
    house.platform.sql("UPDATE schema_migrations SET version = version - 100;")

    arn = stage.start(recovery_point=point)
    restored, now = stage.ended(arn), house.sight()

    assert (restored.end, restored.summary.outcome, restored.summary.error) == (
        "RestoreFailed",
        "failed",
        "SchemaTooNew",
    )
    assert "AskApproval" not in {each.name for each in restored.seen.states}
    assert restored.record["approval"]["decision"] == "not-asked"
    assert str(int(version) + 100) in (restored.summary.cause or "")
    assert (now.serving, now.named, now.replicas) == (before.serving, before.named, before.replicas)
    assert house.named() == named
    assert restored.summary.target in now.clusters, "it stays for whoever upgrades Coder"
