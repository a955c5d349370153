"""An accident is taken back by repointing the platform's secrets, approved with the command, and kept."""

import json
from dataclasses import dataclass

import pytest
from operator_command import Command
from restore_stage import Restored, Stage
from restored_platform import NAMES, Sight

from day2.restore.platform import ACCIDENT, Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The platform before the accident, when people had gone on after it, and now; and what stood while it waited."""

    before: Seen
    noticed: Seen
    now: Seen
    waiting: Sight
    sight: Sight
    asked: dict[str, str]
    restored: Restored


@pytest.fixture(scope="session")
def told(stage: Stage) -> Told:
    stage.house.come_home()
    platform = stage.house.platform
    before = platform.look()
    point = stage.house.recovery_point()
    platform.sql(ACCIDENT)
    platform.go_on()
    noticed = platform.look()
    stage.house.await_window(point)
    arn = stage.start(recovery_point=point, strategy="repoint", reason="a script emptied tables", ticket="OPS-1030")
    id_ = stage.asked(arn)
    (asked,) = stage.day2.document("approvals")
    waiting = stage.house.sight()
    assert f"{id_} is approved" in stage.day2.page("approve", id_, "--comment", "seen the plan")
    restored = stage.ended(arn)
    sight = stage.house.sight()
    return Told(
        before=before,
        noticed=noticed,
        now=platform.look(),
        waiting=waiting,
        sight=sight,
        asked=asked,
        restored=restored,
    )


def test_nothing_of_the_platform_is_touched_while_it_waits(stage: Stage, told: Told) -> None:
    target = told.restored.summary.target
    assert {stage.source, target} <= set(told.waiting.clusters)
    assert set(told.waiting.serving) == {stage.source}
    assert (told.waiting.named, told.waiting.replicas) == ((stage.source, stage.source), (2, 2))
    assert stage.source in told.waiting.open


def test_who_is_asked_is_told_what_is_lost_and_why_it_is_done(told: Told) -> None:
    assert (told.asked["reason"], told.asked["ticket"]) == ("a script emptied tables", "OPS-1030")
    assert told.asked["verdict"] == "pass", told.asked
    lost = told.noticed.database["audit rows"] - told.before.database["audit rows"]
    assert lost > 0
    assert f"{lost} rows of the audit log" in told.asked["lost"]


def test_what_was_deleted_is_back_and_what_was_written_later_is_told_as_lost(told: Told) -> None:
    assert told.noticed.database["groups"] == told.noticed.database["templates"] == 0
    assert told.now == told.before
    lost = told.noticed.database["audit rows"] - told.now.database["audit rows"]
    assert told.restored.summary.lost_audit_rows == lost


def test_the_platform_serves_on_the_restored_cluster_alone_and_the_old_one_stays_fenced(
    stage: Stage, told: Told
) -> None:
    target = told.restored.summary.target
    assert (told.restored.end, told.restored.summary.outcome) == ("PlatformRestored", "kept")
    assert told.restored.summary.serves_from == target
    assert told.sight.serving == {target: 6}, "three connections of each replica, and none to the old database"
    assert stage.source in told.sight.clusters
    assert stage.source in told.sight.fenced
    assert target in told.sight.open
    assert (told.sight.named, told.sight.replicas) == ((target, target), (2, 2))


def test_every_changed_value_can_be_found_again_and_no_secret_is_shown(stage: Stage, told: Told) -> None:
    kept = {each["resource"]: each["kept_as"] for each in told.restored.record["changes"] if each["kept_as"]}
    url = f"coder/{NAMES.secret}[{NAMES.key}]"
    assert kept[url] == f"coder/{NAMES.secret}-before-{told.restored.id}"
    assert stage.house.kubernetes.call("GET", f"/api/v1/namespaces/coder/secrets/{kept[url].partition('/')[2]}").body
    assert stage.house.connection()["password"] not in json.dumps(told.restored.record)


def test_who_approved_it_is_in_the_record_and_in_the_report(stage: Stage, told: Told) -> None:
    approval = told.restored.record["approval"]
    assert (approval["decision"], approval["reason"]) == ("approved", "seen the plan")
    assert approval["by"].startswith("arn:aws:")
    page = Command(stage.folder).page("report", told.restored.id)
    assert "The platform serves on the restored database." in page
    assert approval["by"] in "".join(page.split())
    assert {each.name for each in (stage.folder / "reports" / told.restored.id).iterdir()} >= {
        "record.json",
        "report.html",
    }
