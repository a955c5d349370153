"""The steps that survey, stop and start the platform: at any repeat, and whatever others do meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from lambdas import errors
from lambdas.contracts import RecoveryPoint
from lambdas.platform.handlers import (
    await_rollout,
    await_stopped,
    remember_platform,
    repoint,
    repoint_back,
    soak,
    start_coder,
    start_provisioners,
    stop_platform,
    survey_platform,
    verify_platform,
)
from lambdas.restoration.handlers import open_database, silence_database

from .conftest import NOW, OLD_HOST, World, without_platform

DEPLOYMENT = "/apis/apps/v1/namespaces/coder/deployments/coder"
SECRETS = "/api/v1/namespaces/coder/secrets"
POINT = RecoveryPoint(
    kind="point-in-time",
    id="2026-11-25T11:00:00Z",
    time=NOW - timedelta(hours=1),
    origin="continuous",
    source="coder-prod-aurora",
    engine="aurora-postgresql",
    engine_version="16.6",
    encrypted=True,
    kms_key=None,
    age_seconds=3600,
    reason="asked for",
)


def test_the_survey_says_what_it_cannot_find_out_and_what_a_cut_over_would_meet(world: World) -> None:
    world.set_url(f"postgres://app:x@proxy.example/coder?x={OLD_HOST}")
    owner = [{"kind": "ExternalSecret", "name": "coder-db"}]
    world.ask("PATCH", f"{SECRETS}/coder-db-url", {"metadata": {"ownerReferences": owner}})
    world.databases[OLD_HOST].fault = errors.AccessRefused("no", resource="db", next_step="")
    told = world.step(survey_platform.handler, recovery_point=POINT)
    assert (told["version"], told["newest_audit_rows"], told["user"], told["login"]) == (
        "v2.29.1",
        None,
        "app",
        "coder_admin",
    )
    assert len(told["unknown"]) == 2
    assert [each.split()[0] for each in told["warnings"]] == ["The", "The", "Coder"]
    assert "kept by ExternalSecret coder-db" in told["warnings"][0]


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ({"spec": {"replicas": 0}}, "nothing tells how many"),
        ({"spec": {"template": {"spec": {"containers": [{"name": "coder", "image": "coder"}]}}}}, "No container of it"),
    ],
)
def test_a_platform_that_no_restore_could_lead_is_refused_before_anything_is_changed(
    world: World, patch: Any, why: str
) -> None:
    world.ask("PATCH", DEPLOYMENT, patch)
    for handler in (survey_platform.handler, remember_platform.handler):
        with pytest.raises(errors.PlanRefused, match=why):
            world.step(handler, recovery_point=POINT)


def test_a_secret_that_is_immutable_or_not_there_is_refused(world: World) -> None:
    world.ask("PATCH", f"{SECRETS}/coder-db-url", {"immutable": True})
    with pytest.raises(errors.PlanRefused, match="is immutable"):
        world.step(survey_platform.handler, recovery_point=POINT)
    world.ask("DELETE", f"{SECRETS}/coder-db-url")
    with pytest.raises(errors.PlanRefused, match="no such Secret"):
        world.step(survey_platform.handler, recovery_point=POINT)


def test_without_a_platform_in_the_settings_or_its_deployment_it_is_said_so(world: World) -> None:
    world.ask("DELETE", DEPLOYMENT)
    with pytest.raises(errors.PlanRefused, match="no such Deployment"):
        world.step(survey_platform.handler, recovery_point=POINT)
    world.settings = without_platform(world.settings)
    with pytest.raises(errors.PlanRefused, match="settings name no Kubernetes"):
        world.step(survey_platform.handler, recovery_point=POINT)


def test_stopping_notes_the_counts_in_the_same_write_and_starting_takes_the_note_away(remembered: World) -> None:
    for _ in range(2):
        told = remembered.step(stop_platform.handler)
        assert told["stopped"] == ["coder-prov/coder-provisioner", "coder/coder"]
    patches = [path for method, path in remembered.door.asked if method == "PATCH"]
    assert len(patches) == 4
    stopped = remembered.deployment()
    leads = {"coder-day2/restore": "2026-11-25T12:00:00Z 20261125-0000abcd"}
    assert stopped["spec"]["replicas"] == 0
    assert stopped["metadata"]["annotations"] == {"coder-day2/replicas": "2", **leads}
    for _ in range(2):
        remembered.step(start_coder.handler)
        assert remembered.step(start_provisioners.handler)["started"] == ["coder-prov/coder-provisioner"]
    started = remembered.deployment()
    assert (started["spec"]["replicas"], started["metadata"]["annotations"]) == (2, leads)


@pytest.mark.parametrize(
    "changes",
    [
        stop_platform.handler,
        await_stopped.handler,
        repoint.handler,
        start_coder.handler,
        await_rollout.handler,
        start_provisioners.handler,
        verify_platform.handler,
        soak.handler,
        repoint_back.handler,
        silence_database.handler,
        open_database.handler,
    ],
    ids=lambda handler: handler.__module__.rpartition(".")[2],
)
def test_a_restore_that_a_later_one_has_followed_changes_nothing(remembered: World, changes: Any) -> None:
    note = {"metadata": {"annotations": {"coder-day2/restore": "2026-11-25T12:00:01Z 20261125-later"}}}
    remembered.ask("PATCH", DEPLOYMENT, note)
    asked = len(remembered.door.asked)
    with pytest.raises(errors.RestoreSuperseded, match="day2 report 20261125-later"):
        remembered.step(changes)
    assert {method for method, _ in remembered.door.asked[asked:]} == {"GET"}


@pytest.mark.parametrize("note", ["", "somebody", "2026-11-26T12:00:00 naive", "2026-11-25T11:00:00Z 20261125-earlier"])
def test_a_note_that_names_no_later_restore_stops_none(remembered: World, note: str) -> None:
    remembered.ask("PATCH", DEPLOYMENT, {"metadata": {"annotations": {"coder-day2/restore": note}}})
    remembered.step(stop_platform.handler)
    assert remembered.deployment()["metadata"]["annotations"]["coder-day2/restore"].endswith("20261125-0000abcd")


def test_provisioners_that_stood_at_none_stay_so_and_one_that_is_gone_is_told(remembered: World) -> None:
    provisioners = remembered.state["before"]["provisioners"]
    gone = {**provisioners[0], "name": "gone"}
    idle = {**provisioners[0], "replicas": 0}
    before = {**remembered.state["before"], "provisioners": [gone, idle]}
    assert remembered.step(stop_platform.handler, before=before)["stopped"] == ["coder/coder"]
    told = remembered.step(start_provisioners.handler, before=before)
    assert (told["started"], told["missing"]) == ([], ["coder-prov/gone"])
    assert remembered.deployment("coder-prov", "coder-provisioner")["spec"]["replicas"] == 2


def test_pods_are_waited_for_twenty_minutes(remembered: World) -> None:
    remembered.pods({})
    remembered.step(stop_platform.handler)
    with pytest.raises(errors.PodsStillRunning, match="has 2 pods: coder-0, coder-1"):
        remembered.step(await_stopped.handler)
    remembered.now = NOW + timedelta(minutes=20, seconds=1)
    with pytest.raises(errors.FenceOverdue, match="has 2 pods"):
        remembered.step(await_stopped.handler)


def test_another_image_than_before_is_not_started(remembered: World) -> None:
    remembered.step(stop_platform.handler)
    newer = [{"name": "coder", "image": "ghcr.io/coder/coder:v2.34.0"}]
    remembered.ask("PATCH", DEPLOYMENT, {"spec": {"template": {"spec": {"containers": newer}}}})
    with pytest.raises(errors.RequestRefused, match=r"v2\.29\.1 before, .*v2\.34\.0 now"):
        remembered.step(start_coder.handler)
    assert remembered.deployment()["spec"]["replicas"] == 0


def test_a_rollout_is_waited_for_a_quarter_of_an_hour(remembered: World) -> None:
    remembered.pods({}, ready=False)
    with pytest.raises(errors.RolloutNotComplete, match="0 of 2 updated replicas"):
        remembered.step(await_rollout.handler)
    remembered.now = NOW + timedelta(minutes=15, seconds=1)
    with pytest.raises(errors.CutOverOverdue, match="0 of 2 updated replicas"):
        remembered.step(await_rollout.handler)
    remembered.roll_out(ready=2)
    assert remembered.step(await_rollout.handler)["complete"]


def test_a_schema_that_every_replica_refuses_is_not_waited_for(remembered: World) -> None:
    looping = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 2}
    remembered.pods(looping, ready=False)
    with pytest.raises(errors.RolloutNotComplete, match="coder-0: CrashLoopBackOff after 2 restarts"):
        remembered.step(await_rollout.handler)
    remembered.door.log_of_pods = "error: connect to postgres: migrate up: no migration found for version 412\n"
    with pytest.raises(errors.CutOverOverdue, match="no migration found for version 412"):
        remembered.step(await_rollout.handler)
