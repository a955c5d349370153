"""What a restore left beside goes on a person's word, and only what is shown to serve nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from .cloud_rds import SOURCE, Rds
from .interpreter import Execution
from .restoring import AUTOMATIC, OLD, REQUEST, RESTORE, stage
from .retiring import REPOINTED, RETIRE, SWAPPED, After, after, settled


def refused(found: After, execution: Execution, *words: str) -> None:
    """It ended before anything was changed, and said all of this."""
    assert (execution.status, execution.error) == ("FAILED", "InputRejected")
    for each in words:
        assert each in str(execution.cause)
    assert found.operations() == []
    assert found.stands()
    assert found.locks() == []


@pytest.mark.parametrize("request_", [None, SWAPPED], ids=["never cut over to", "set aside by swapping names"])
def test_a_cluster_that_serves_nobody_goes_after_its_last_snapshot(request_: dict[str, Any] | None) -> None:
    with after(request_) as found:
        execution = found.retire()
        assert execution.status == "SUCCEEDED", execution.cause
        assert not found.stands()
        assert found.operations() == [
            "CreateDBClusterSnapshot",
            "ModifyDBCluster",
            "DeleteDBInstance",
            "DeleteDBInstance",
            "DeleteDBCluster",
        ]
        assert found.sound()
        assert len(found.finals("available")) == 1


def test_its_automated_backups_stay_until_their_days_are_over() -> None:
    with after() as found:
        assert found.retire().status == "SUCCEEDED"
        assert found.stage.cloud.rds.backups[found.resource]["Status"] == "retained"


def test_who_and_why_is_recorded_and_announced() -> None:
    with after() as found:
        execution = found.retire(ticket="OPS-7", started_by="somebody with day2")
        [record] = found.records()
        assert record["outcome"] == "retired"
        assert record["retirement"]["reason"] == "it is not needed any more"
        assert record["retirement"]["ticket"] == "OPS-7"
        assert record["retirement"]["successor"] == SOURCE
        assert record["final_snapshot"]["name"] in found.finals()
        assert execution.output["outcome"] == "retired"
        told = found.stage.cloud.announced[-1]
        assert told["Subject"] == f"[prod] Retired: {found.cluster}"
        assert "somebody with day2" in told["Message"]
        assert found.locks() == []


def test_an_old_cluster_under_its_own_name_goes_once_the_settings_name_its_successor() -> None:
    with after(REPOINTED) as found:
        refused(found, found.retire(), "source.cluster")
        with settled(found):
            assert found.retire().status == "SUCCEEDED"
        assert not found.stands()
        assert found.sound()


def test_the_restored_cluster_that_serves_is_refused_before_the_settings_name_it() -> None:
    with after(REPOINTED) as found:
        [restored] = [each for each in found.stage.cloud.rds.clusters if "-restored-" in each]
        execution = found.retire(restored)
        refused(found, execution, "the connection secret coder/prod/aurora-master names it", "a restore cut over")


def test_the_source_is_refused_with_everything_against_it() -> None:
    with after() as found:
        refused(found, found.retire(SOURCE), "this environment's source", "serves", "no restore has marked")


def test_a_name_that_was_typed_otherwise_the_second_time_is_refused() -> None:
    with after() as found:
        refused(found, found.retire(confirm=SOURCE), "request.confirm")


@pytest.mark.parametrize("name", ["payroll-aurora", "coder-prod-aurora-restored-", "coder-prod-aurora-1"])
def test_a_cluster_that_is_not_the_platforms_is_refused(name: str) -> None:
    with after() as found:
        refused(found, found.retire(name), "no cluster of this platform")


def test_a_name_that_is_not_there_is_refused_with_those_that_are() -> None:
    with after() as found:
        refused(found, found.retire(f"{SOURCE}-old-20200101-00000000"), f"there is {found.cluster}")


@pytest.mark.parametrize("wrong", [{}, {"Comment": "Insert your JSON here"}, "hello", {"cluster": 7, "force": True}])
def test_what_does_not_name_a_cluster_twice_and_a_reason_is_refused(wrong: Any) -> None:
    with stage() as here:
        execution = here.world.run(RETIRE, wrong)
        assert (execution.status, execution.error) == ("FAILED", "InputRejected")
        assert here.cloud.writes() == []


def test_a_cluster_that_a_running_restore_is_about_is_refused() -> None:
    with stage() as here:
        restore = here.world.start(RESTORE, dict(REQUEST))
        here.world.time.sleep(120)
        [name] = [each for each in here.cloud.rds.clusters if each != SOURCE]
        execution = here.world.run(RETIRE, {"cluster": name, "confirm": name, "reason": "too early"})
        assert "the restore" in str(execution.cause)
        assert "runs and is about it" in str(execution.cause)
        restore.abort()
        again = here.world.run(RETIRE, {"cluster": name, "confirm": name, "reason": "it was stopped"})
        assert again.status == "SUCCEEDED", again.cause


def test_a_cluster_is_kept_while_nothing_else_serves() -> None:
    with after() as found:
        found.stage.cloud.rds.clusters[SOURCE].becomes((found.stage.world.time.now, "stopped"))
        refused(found, found.retire(), "nothing else is seen to serve")


def test_one_to_which_somebody_is_connected_is_refused_and_left_as_it_was() -> None:
    with after() as found:
        found.stage.platform.of(found.resource).clients = 2
        execution = found.retire()
        assert execution.error == "ClusterInUse"
        assert "psql (2 connections)" in str(execution.cause)
        assert found.operations() == []
        [record] = found.records()
        assert (record["outcome"], record["error"]) == ("kept", "ClusterInUse")
        assert found.locks() == []


def test_somebody_who_connects_while_the_snapshot_is_taken_keeps_it() -> None:
    with after() as found:
        data = found.stage.platform.of(found.resource)
        found.stage.when("ConfirmUnused", lambda _: setattr(data, "clients", 1))
        execution = found.retire()
        assert execution.error == "ClusterInUse"
        assert found.stands()
        assert found.operations() == ["CreateDBClusterSnapshot"]


def test_connections_that_cloudwatch_counted_within_the_hour_keep_it() -> None:
    with after() as found:
        moment = found.stage.world.time.now - timedelta(minutes=20)
        found.stage.cloud.rds.counted[f"{found.cluster}-2"] = [(moment, 3)]
        execution = found.retire()
        assert execution.error == "ClusterInUse"
        assert f"{found.cluster}-2 had 3 connections" in str(execution.cause)
        assert found.operations() == []


def test_one_that_does_not_answer_is_not_taken_for_unused() -> None:
    with after() as found:
        found.stage.platform.of(found.resource).broken = True
        execution = found.retire()
        assert execution.error == "UseNotDisproved"
        assert found.operations() == []


def test_one_that_coders_secret_names_is_refused_even_if_nobody_is_connected() -> None:
    with after() as found:
        found.stage.platform.point_coder_at(found.cluster)
        execution = found.retire()
        assert execution.error == "ClusterInUse"
        assert "Coder is told to use it" in str(execution.cause)
        assert found.operations() == []


def test_a_dry_run_says_whether_it_may_go_and_changes_nothing() -> None:
    with after() as found:
        asked = {"cluster": found.cluster, "dry_run": True}
        execution = found.stage.world.run(RETIRE, asked)
        assert execution.status == "SUCCEEDED"
        assert execution.output["successor"] == SOURCE
        found.stage.platform.of(found.resource).clients = 1
        assert found.stage.world.run(RETIRE, asked).error == "ClusterInUse"
        assert found.operations() == []
        assert found.records() == []
        assert found.locks() == []


def test_of_two_people_one_retires_it() -> None:
    with after() as found:
        request = {"cluster": found.cluster, "confirm": found.cluster, "reason": "mine"}
        first = found.stage.world.start(RETIRE, request)
        found.stage.world.time.sleep(5)
        second = found.stage.world.run(RETIRE, request)
        assert second.error == "RetirementInProgress"
        assert found.stage.world.wait(first).status == "SUCCEEDED"
        assert found.operations().count("DeleteDBCluster") == 1


def test_the_lock_of_a_retirement_that_was_stopped_is_taken_over_and_its_work_finished() -> None:
    with after() as found:
        found.stage.when("DeleteRetired", lambda execution: execution.abort(), nth=2)
        assert found.retire().status == "ABORTED"
        assert found.operations()[-2:] == ["DeleteDBInstance", "DeleteDBInstance"]
        found.stage.world.time.sleep(60)
        assert found.retire().status == "SUCCEEDED"
        assert not found.stands()
        assert found.sound()


def test_a_snapshot_that_failed_keeps_the_cluster_protected() -> None:
    with after() as found:
        found.stage.cloud.rds.snapshot_ends = "failed"
        assert found.retire().error == "FinalSnapshotFailed"
        assert found.operations() == ["CreateDBClusterSnapshot"]
        assert found.stage.cloud.rds.clusters[found.cluster].told["DeletionProtection"]


def test_a_snapshot_that_is_deleted_meanwhile_ends_the_deletion() -> None:
    with after() as found:
        snapshots = found.stage.cloud.rds.snapshots
        found.stage.when("DeleteRetired", lambda _: [snapshots.pop(each) for each in found.finals()])
        assert found.retire().error == "FinalSnapshotFailed"
        assert found.stands()


def test_a_cluster_that_somebody_puts_into_service_meanwhile_is_kept() -> None:
    with after() as found:
        found.stage.when("DeleteRetired", lambda _: found.stage.platform.point_secret_at(found.cluster))
        execution = found.retire()
        assert execution.error == "ProductionTargetRefused"
        assert found.stands()
        assert found.operations() == ["CreateDBClusterSnapshot"]


class TestTheMark:
    """Which clusters a restore marks: what IAM then knows them by."""

    def test_is_no_on_what_a_restore_makes_and_nobody_cut_over_to(self) -> None:
        with stage() as here:
            assert here.restore({**REQUEST, "cut_over": "none"}).status == "SUCCEEDED"
            assert marks(here.cloud.rds) == {SOURCE: None, beside(here.cloud.rds): "no"}

    def test_moves_with_the_service_and_not_with_the_name(self) -> None:
        with after(SWAPPED) as found:
            assert marks(found.stage.cloud.rds) == {found.cluster: "no", SOURCE: "yes"}

    def test_comes_back_with_a_rollback(self) -> None:
        with stage() as here:
            here.when("Soak", lambda execution: here.platform.unhealthy.add(here.restored(execution)))
            execution = here.restore(AUTOMATIC)
            assert execution.status == "FAILED"
            assert here.platform.serving() == {OLD}
            assert marks(here.cloud.rds) == {SOURCE: None, beside(here.cloud.rds): "no"}

    def test_stays_on_what_a_stopped_restore_was_cutting_over_to(self) -> None:
        with stage() as here:
            here.when("Repoint", lambda execution: execution.abort())
            assert here.restore(AUTOMATIC).status == "ABORTED"
            assert marks(here.cloud.rds) == {SOURCE: None, beside(here.cloud.rds): "yes"}


def beside(rds: Rds) -> str:
    [name] = [each for each in rds.clusters if each != SOURCE]
    return name


def marks(rds: Rds) -> dict[str, str | None]:
    """Cluster -> its mark, which all its instances bear too."""
    told = {}
    for name, each in rds.clusters.items():
        members = [one.told for one in rds.instances.values() if one.told["DBClusterIdentifier"] == name]
        marked = {_mark(one) for one in (each.told, *members)}
        assert len(marked) == 1, f"{name} and its instances differ: {marked}"
        told[name] = marked.pop()
    return told


def _mark(told: dict[str, Any]) -> str | None:
    return {tag["Key"]: tag["Value"] for tag in told["TagList"]}.get("coder-day2:serving")
