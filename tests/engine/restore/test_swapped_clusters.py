"""The restored cluster takes the source's name, so that nothing that names it has to change."""

from restore_stage import Stage


def test_the_restored_cluster_takes_the_name_and_every_secret_keeps_its_value(stage: Stage) -> None:
    house = stage.house
    house.come_home()
    point, before = house.snapshot("before-the-swap"), house.platform.look()
    house.platform.go_on()
    named, resource = house.named(), house.clusters()[stage.source]["DbClusterResourceId"]
    noticed = house.platform.look().database["audit rows"]

    arn = stage.start(recovery_point=point, strategy="swap-identifiers", cut_over="automatic", reason="nobody to ask")
    restored, sight = stage.ended(arn), house.sight()

    assert (restored.end, restored.summary.outcome) == ("PlatformRestored", "kept")
    assert restored.record["approval"]["decision"] == "not-asked"
    assert house.named() == named
    old = f"{stage.source}-old-{restored.id}"
    assert (restored.summary.serves_from, sight.serving) == (stage.source, {stage.source: 6})
    assert (old in sight.fenced, stage.source in sight.open, sight.replicas) == (True, True, (2, 2))
    assert house.clusters()[old]["DbClusterResourceId"] == resource, "the old database, under another name"
    assert restored.summary.target not in sight.clusters
    assert house.platform.look() == before
    assert restored.summary.lost_audit_rows == noticed - before.database["audit rows"] > 0
