"""The source was deleted: its retained backup and what a drill has seen of it are enough to have it again."""

from collections.abc import Mapping
from typing import Any

from restore_stage import Stage
from restored_platform import House

from day2.drill import execution
from day2.restore import running

SHAPE = (
    "BackupRetentionPeriod",
    "DeletionProtection",
    "EnabledCloudwatchLogsExports",
    "IAMDatabaseAuthenticationEnabled",
    "ServerlessV2ScalingConfiguration",
    "VpcSecurityGroups",
)


def shape(house: House) -> Mapping[str, Any]:
    found = house.clusters()[house.source]
    return {name: found.get(name) for name in SHAPE}


def test_a_source_that_is_gone_is_had_again_in_its_shape_and_under_its_name(stage: Stage) -> None:
    house, deployment = stage.house, stage.furnished.deployment
    house.come_home()
    drilled = stage.follow(execution.start(deployment, {"recovery_point": house.snapshot("for-a-blueprint")}))
    assert drilled.status == "SUCCEEDED"
    before, wanted, named = house.platform.look(), shape(house), house.named()
    point = house.recovery_point()
    house.platform.go_on()
    house.await_window(point)
    house.discard(stage.source, keep_backups=True)

    restored = stage.ended(
        running.start(
            deployment,
            {
                "recovery_point": point,
                "strategy": "swap-identifiers",
                "cut_over": "automatic",
                "reason": "somebody deleted it",
            },
        )
    )
    sight = house.sight()

    assert (restored.end, restored.summary.outcome) == ("PlatformRestored", "kept")
    assert (restored.record["source_exists"], restored.record["shape_origin"]) == (False, "the last drill's blueprint")
    assert any("cannot be taken back" in each for each in restored.record["plan"]["warnings"])
    assert restored.summary.lost_audit_rows is None, "nobody can be asked"
    assert (restored.summary.serves_from, sight.serving) == (stage.source, {stage.source: 6})
    assert (sight.replicas, house.named()) == ((2, 2), named)
    assert stage.source in sight.open
    assert shape(house) == wanted
    assert house.platform.look() == before
