"""An operator's day: the database is damaged or gone, and the platform comes back, or stays safely where it was."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.adapters import aws
from lambdas.adapters.approvals import Approvals
from lambdas.contracts import DatabaseFacts

from .cloud_platform import DEPLOYMENT, SECRET
from .cloud_rds import SOURCE
from .harness import Invocation
from .interpreter import Execution
from .restoring import AUTOMATIC, OLD, REQUEST, RESTORE, RESTORED_SETTINGS, Answer, Stage, stage
from .verifier import FACTS, Verifier

SWAP = {**AUTOMATIC, "strategy": "swap-identifiers"}


def asked(here: Stage) -> Execution:
    """A restore that waits for a person."""
    execution = here.world.start(RESTORE, dict(REQUEST))
    here.world.time.sleep(120)
    assert execution.status == "RUNNING"
    return execution


def answer(here: Stage, execution: Execution, told: Answer) -> Execution:
    """The answer, as the function that takes answers sends it, and the restore's end."""
    table = here.cloud.settings.evidence.table
    [question] = Approvals(table, aws.client("dynamodb")).approvals("waiting")
    assert execution.answer(question.token, told)
    return here.world.wait(execution)


YES = {"decision": "approved", "by": "arn:aws:sts::123456789012:assumed-role/sre/anna", "reason": ""}


@pytest.mark.parametrize("request_", [AUTOMATIC, SWAP], ids=["repoint", "swap-identifiers"])
def test_the_platform_serves_on_the_restored_database_and_the_old_one_stays_fenced(request_: dict[str, Any]) -> None:
    with stage() as here:
        execution = here.restore(request_)
        assert execution.status == "SUCCEEDED"
        assert execution.output["outcome"] == "kept"
        assert here.platform.serving() == {here.restored(execution)}
        assert here.platform.of(OLD).read_only
        assert here.sound()


def test_repointing_changes_two_secrets_and_keeps_what_they_said() -> None:
    with stage() as here:
        execution = here.restore()
        target = next(each for each in here.cloud.rds.clusters if here.restored(execution) and each != SOURCE)
        assert here.platform.hosts() == {here.cloud.rds.clusters[target].told["Endpoint"]}
        assert len(here.platform.secrets[SECRET]) == 2
        kept = [each for each in here.platform.store.contents("secrets") if each.get("immutable")]
        assert len(kept) == 1


def test_swapping_names_leaves_every_secret_and_endpoint_as_it_was() -> None:
    with stage() as here:
        execution = here.restore(SWAP)
        assert here.platform.url() == here.url
        assert len(here.platform.secrets[SECRET]) == 1
        named = here.cloud.rds.clusters[SOURCE].told
        assert named["DbClusterResourceId"] == here.restored(execution)
        assert {f"{SOURCE}-1", f"{SOURCE}-2"} <= set(here.cloud.rds.instances)


def test_the_cluster_that_serves_has_the_platforms_groups_alone() -> None:
    with stage() as here:
        execution = here.restore(SWAP)
        groups = here.cloud.rds.clusters[SOURCE].told["VpcSecurityGroups"]
        assert execution.status == "SUCCEEDED"
        assert [each["VpcSecurityGroupId"] for each in groups] == ["sg-prod"]


def test_a_person_is_asked_before_anything_of_the_platform_is_touched() -> None:
    with stage() as here:
        execution = asked(here)
        assert here.platform.serving() == {OLD}
        assert here.as_before()
        [message] = here.cloud.announced
        assert "day2 approve" in message["Message"]
        assert answer(here, execution, YES).output["outcome"] == "kept"
        assert here.platform.serving() == {here.restored(execution)}


def test_a_no_leaves_the_restored_cluster_verified_and_the_platform_untouched_and_is_no_failure() -> None:
    with stage() as here:
        execution = answer(here, asked(here), ("ApprovalRejected", "the table was meant to be empty"))
        assert execution.status == "SUCCEEDED"
        assert execution.output["outcome"] == "not-cut-over"
        assert here.restored(execution)
        assert here.as_before()


def test_no_answer_in_time_is_an_end_and_no_failure() -> None:
    with stage() as here:
        execution = here.world.wait(asked(here))
        assert execution.output["outcome"] == "not-cut-over"
        assert execution.stopped_at is not None
        assert execution.stopped_at - execution.started_at > timedelta(minutes=60)
        assert here.as_before()


def test_without_a_cut_over_it_ends_beside() -> None:
    with stage() as here:
        execution = here.restore({**REQUEST, "cut_over": "none"})
        assert execution.output["outcome"] == "beside"
        assert here.as_before()


def test_a_dry_run_changes_nothing_and_gives_the_plan() -> None:
    with stage() as here:
        execution = here.restore({**REQUEST, "dry_run": True})
        assert execution.status == "SUCCEEDED"
        assert execution.output["lost_audit_rows"] is None
        assert execution.output["calls"][0]["call"].startswith("rds:RestoreDBCluster")
        assert here.cloud.writes() == []


@pytest.mark.parametrize("wrong", [{}, {"Comment": "Insert your JSON here"}, {"recovery_point": "yesterday"}, "hello"])
def test_a_request_without_a_recovery_point_is_refused_before_anything_is_looked_at(wrong: Any) -> None:
    with stage() as here:
        execution = here.world.run(RESTORE, wrong)
        assert (execution.status, execution.error) == ("FAILED", "InputRejected")
        assert here.cloud.writes() == []


def test_a_second_restore_of_the_same_source_is_refused_while_the_first_one_runs() -> None:
    with stage() as here:
        first = asked(here)
        second = here.restore()
        assert second.error == "RestoreInProgress"
        assert answer(here, first, YES).status == "SUCCEEDED"


def test_the_lock_of_a_restore_that_was_stopped_is_taken_over() -> None:
    with stage() as here:
        asked(here).abort()
        assert here.restore().output["outcome"] == "kept"


def test_data_that_failed_a_critical_check_is_not_asked_about() -> None:
    with stage(verifier=Verifier(found="fail")) as here:
        execution = here.restore(REQUEST)
        assert execution.error == "RestoredDataRefused"
        assert here.as_before()


def test_a_schema_newer_than_coder_is_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    newer: DatabaseFacts = replace(FACTS, schema_version=509, coder_release="2.34")
    monkeypatch.setattr("workflows.verifier.FACTS", newer)
    with stage() as here:
        execution = here.restore(REQUEST)
        assert execution.error == "SchemaTooNew"
        assert here.as_before()


def test_an_older_password_in_the_recovery_point_is_replaced_by_the_connection_secrets() -> None:
    with stage() as here:
        here.platform.old_password = "of last month"
        execution = here.restore()
        assert execution.output["outcome"] == "kept"
        assert here.world.visits(execution)["SetMasterPassword"] == 1


def test_whoever_is_still_connected_to_the_old_database_is_disconnected() -> None:
    with stage() as here:
        here.platform.of(OLD).clients = 3
        assert here.restore().output["outcome"] == "kept"
        assert here.platform.of(OLD).clients == 0


@pytest.mark.parametrize("request_", [AUTOMATIC, SWAP], ids=["repoint", "swap-identifiers"])
def test_a_platform_that_sickens_in_the_soak_goes_back_by_itself(request_: dict[str, Any]) -> None:
    with stage() as here:
        here.when("Soak", lambda execution: here.platform.unhealthy.add(here.restored(execution)), nth=3)
        execution = here.restore(request_)
        assert (execution.status, execution.error) == ("FAILED", "PlatformNotHealthy")
        assert here.as_before()
        assert here.sound()


def test_one_sick_look_in_the_soak_is_forgiven() -> None:
    with stage() as here:
        looks = [0]

        def sick_once(call: Invocation, work: Callable[[], Any]) -> Any:
            looks[0] += call.state == "Soak"
            here.platform.unhealthy = {here.restored(here.world.executions[call.execution])} if looks[0] == 3 else set()
            return work()

        here.world.on_invoke = sick_once
        assert here.restore().output["outcome"] == "kept"


@pytest.mark.parametrize("request_", [AUTOMATIC, SWAP], ids=["repoint", "swap-identifiers"])
def test_a_source_that_is_gone_is_restored_from_its_snapshots_and_last_shape(request_: dict[str, Any]) -> None:
    settings = replace(RESTORED_SETTINGS, restore=replace(RESTORED_SETTINGS.restore, security_groups=("sg-prod",)))  # type: ignore[type-var]
    with stage(settings=settings) as here:
        here.cloud.rds.clusters.clear()
        here.cloud.rds.instances.clear()
        execution = here.restore(request_)
        assert execution.output["outcome"] == "kept"
        assert here.platform.serving() == {here.restored(execution)}
        assert here.sound()


def test_without_an_old_database_a_failed_cut_over_ends_fenced_and_not_half_switched() -> None:
    settings = replace(RESTORED_SETTINGS, restore=replace(RESTORED_SETTINGS.restore, security_groups=("sg-prod",)))  # type: ignore[type-var]
    with stage(settings=settings) as here:
        here.cloud.rds.clusters.clear()
        here.cloud.rds.instances.clear()
        here.when("Soak", lambda execution: here.platform.unhealthy.add(here.restored(execution)))
        execution = here.restore()
        assert (execution.status, execution.error) == ("FAILED", "PlatformNotHealthy")
        assert here.platform.serving() == set()
        assert here.platform.coder_replicas() == 0
        assert here.platform.url() == here.url
        assert here.sound()


def test_a_connection_secret_that_was_changed_while_an_answer_was_waited_for_is_a_stop_before_the_fence() -> None:
    """Its password would not open the restored database, which would be found out in the outage."""
    with stage() as here:
        execution = asked(here)
        rotated = json.dumps({**json.loads(here.platform.secret(SECRET)), "password": "of tomorrow"})
        here.platform.put_secret(SECRET, rotated, version="9" * 32)
        here.cloud.rds.passwords[OLD] = "of tomorrow"
        answer(here, execution, YES)
        assert execution.error == "PlanRefused"
        assert "the connection secret" in (execution.cause or "")
        assert here.platform.coder_replicas() == 2
        assert "StopPlatform" not in here.world.visits(execution)


def test_another_coder_than_the_one_that_was_planned_for_is_a_stop_before_the_fence() -> None:
    with stage() as here:
        execution = asked(here)
        here.platform.store.content(DEPLOYMENT)["spec"]["template"]["spec"]["containers"][0]["image"] = "coder:v9"  # type: ignore[index]
        answer(here, execution, YES)
        assert execution.error == "PlanRefused"
        assert here.as_before()


def test_a_secret_that_is_led_back_while_coderd_still_runs_is_seen_in_the_soak() -> None:
    """As what keeps Secrets would; the next pod would start on the fenced database."""
    with stage() as here:
        secret = ("secrets", here.platform.names.namespace, here.platform.names.secret)

        def led_back(_: Execution) -> None:
            held = here.platform.store.content(secret)
            assert held is not None
            held["data"][here.platform.names.key] = b64encode(here.url.encode()).decode()

        here.when("Soak", led_back)
        execution = here.restore()
        assert execution.error == "PlatformNotHealthy"
        assert "does not name the other database" in (execution.cause or "")
        assert here.as_before()
