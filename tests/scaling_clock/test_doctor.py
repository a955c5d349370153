"""`day2 doctor`: what undoes or hinders scaling is found, with what mends it; what cannot be looked at is told."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from deployed_schedules import CLUSTER, GROUP, SETTINGS, Deployed
from typer.testing import CliRunner, Result

from day2.cli.app import app
from day2.doctor.checks import CHECKS, Subject, examine
from day2.doctor.findings import Finding, Skip
from day2.scaling import left_cordoned
from lambdas.errors import AccessRefused, KubernetesUnavailable
from lambdas.scaling.contracts import Node


class Cluster:
    """A Kubernetes API with these nodes in its first group."""

    def __init__(self, *nodes: Node) -> None:
        self._nodes = list(nodes)

    def nodes(self, _group: str) -> tuple[Node, ...]:
        found, self._nodes = tuple(self._nodes), []
        return found


def node(name: str, *, cordoned: bool = True, by: str = "") -> Node:
    return Node(
        name=name,
        instance=f"i-{name}",
        zone="eu-central-1a",
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
        cordoned=cordoned,
        cordoned_by=by,
    )


@pytest.fixture
def well(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """An account in which everything is as it should be."""
    deployed.with_node_groups()
    monkeypatch.setattr(left_cordoned, "opened", lambda *_, **__: Cluster())
    return deployed


def run(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, ["doctor", "--aws", "--env", "prod", *words])


def findings() -> list[dict[str, Any]]:
    shown = run("--json")
    told: dict[str, Any] = json.loads(shown.stdout)
    assert shown.exit_code == (1 if told["findings"] else 0)
    found: list[dict[str, Any]] = told["findings"]
    return found


def test_where_all_is_well_nothing_is_found(well: Deployed) -> None:
    shown = run()
    assert (shown.exit_code, shown.output) == (0, "prod: Nothing was found, 3 checks.\n")


def test_a_scheduled_action_that_remains_is_found_with_the_command_that_removes_it(well: Deployed) -> None:
    behind = well.scheduled_action("coder-prod-ws", "evening down")
    (found,) = findings()
    assert found == {
        "check": "scheduled-actions",
        "what": "Scheduled action evening down sets desired 10 at 0 20 * * * (UTC): it undoes what was ordered.",
        "resource": f"coder-prod-ws ({behind})",
        "next_step": "aws autoscaling delete-scheduled-action --region eu-central-1 "
        f"--auto-scaling-group-name {behind} --scheduled-action-name 'evening down'",
    }
    assert f"  {found['next_step']}" in run().output.splitlines()


def test_a_schedule_changed_by_hand_is_found_and_the_command_that_is_told_puts_it_back(well: Deployed) -> None:
    before = well.all()
    words = ["workspace", "morning", "--cron", "45 7 * * MON-FRI", "--profile", "off-peak", "--ahead", "20"]
    changed = CliRunner().invoke(app, ["schedule", "set", *words, "--aws", "--env", "prod"])
    assert changed.exit_code == 0
    found = findings()
    assert {each["resource"] for each in found} == {f"{GROUP}/workspace-morning", f"{GROUP}/workspace-morning-ready"}
    assert "starts at cron(25 7 ? * MON-FRI *), in the settings at cron(30 6 ? * MON-FRI *)." in found[0]["what"]
    assert any("asks for profile off-peak, in the settings for peak" in each["what"] for each in found)
    command = "day2 schedule set workspace morning --cron '45 6 * * MON-FRI' --profile peak --ahead 15 --aws --env prod"
    assert {each["next_step"] for each in found} == {command}
    back = ["--cron", "45 6 * * MON-FRI", "--profile", "peak", "--ahead", "15", "--aws", "--env", "prod"]
    assert CliRunner().invoke(app, ["schedule", "set", "workspace", "morning", *back]).exit_code == 0
    assert findings() == []
    assert well.all() == before


@pytest.mark.parametrize(
    ("name", "fields", "what", "next_step"),
    [
        ("workspace-evening", {"State": "DISABLED"}, "is disabled: it starts nothing.", "Enable it"),
        ("workspace-morning-ready", {"State": "DISABLED"}, "is disabled", "Enable it"),
        (
            "workspace-evening",
            {"ScheduleExpression": "rate(1 day)"},
            "starts at rate(1 day)",
            "day2 schedule set workspace evening",
        ),
        (
            "workspace-evening",
            {"ScheduleExpressionTimezone": "Europe/Berlin"},
            "clock in Europe/Berlin",
            "day2 schedule set workspace evening",
        ),
    ],
)
def test_what_else_a_hand_can_change_is_found(
    well: Deployed, name: str, fields: dict[str, str], what: str, next_step: str
) -> None:
    well.by_hand(name, **fields)
    (found,) = findings()
    assert found["resource"] == f"{GROUP}/{name}"
    assert what in found["what"]
    assert found["next_step"].startswith(next_step)


def test_what_the_command_cannot_put_back_is_for_the_console(well: Deployed) -> None:
    well.ask("workspace-evening", when_blocked="refuse")
    (found,) = findings()
    assert found["what"] == ("Schedule workspace-evening asks for when_blocked refuse, in the settings for defer.")
    assert found["next_step"].startswith("Correct it in the console")


def test_schedules_on_one_side_only_are_found(well: Deployed) -> None:
    told = well.told("workspace-evening")
    well.scheduler.delete_schedule(GroupName=GROUP, Name="workspace-evening")
    well.scheduler.create_schedule(**{**{key: told[key] for key in told if key != "Arn"}, "Name": "workspace-noon"})
    missing, strange = findings()
    assert (missing["resource"], "is not deployed" in missing["what"]) == (f"{GROUP}/workspace-evening", True)
    assert strange["next_step"] == f"aws scheduler delete-schedule --group-name {GROUP} --name workspace-noon"


def test_a_node_whose_scaling_no_longer_runs_is_found_and_a_persons_own_is_not(
    well: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = (
        node("left", by="20261126-0a1b2c3d"),
        node("chosen", by="20261127-11111111"),
        node("by-a-person"),
        node("marked-and-open", cordoned=False, by="20261126-0a1b2c3d"),
    )
    monkeypatch.setattr(left_cordoned, "opened", lambda *_, **__: Cluster(*nodes))
    monkeypatch.setattr(left_cordoned, "running", lambda _deployment: {"20261127-11111111"})
    (found,) = findings()
    assert (found["resource"], found["next_step"]) == ("left", "kubectl uncordon left")


def test_a_scaling_that_begins_or_ends_meanwhile_is_not_taken_for_one_that_is_gone(
    well: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([{"20261127-11111111"}, {"20261127-22222222"}])
    nodes = (node("ended", by="20261127-11111111"), node("began", by="20261127-22222222"))
    monkeypatch.setattr(left_cordoned, "opened", lambda *_, **__: Cluster(*nodes))
    monkeypatch.setattr(left_cordoned, "running", lambda _deployment: next(looks))
    assert findings() == []


def test_a_running_scaling_is_known_by_the_id_that_nodes_bear(deployed: Deployed) -> None:
    class Machine:
        def get_paginator(self, _call: str) -> "Machine":
            return self

        def paginate(self, **_: str) -> list[dict[str, Any]]:
            arn = "arn:aws:states:eu-central-1:111122223333:execution:coder-day2-prod-scale:one"
            return [{"executions": [{"executionArn": arn, "startDate": datetime(2026, 11, 27, tzinfo=UTC)}]}]

    (found,) = left_cordoned.running(replace(deployed.deployment, clients=lambda _service: Machine()))
    assert found.startswith("20261127-")


def test_where_kubernetes_is_out_of_reach_the_check_is_skipped_with_its_reason(
    well: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> Cluster:
        raise KubernetesUnavailable("The endpoint is private.", resource=CLUSTER, next_step="Look from inside.")

    monkeypatch.setattr(left_cordoned, "opened", unreachable)
    shown = run()
    assert shown.exit_code == 0
    assert f"skip cordoned-nodes: The endpoint is private. [{CLUSTER}]" in shown.output
    assert json.loads(run("--json").stdout)["skipped"][0]["check"] == "cordoned-nodes"


def test_a_check_that_is_refused_an_answer_is_a_finding_and_the_others_are_made(well: Deployed) -> None:
    def refused(_subject: Subject) -> list[Finding]:
        raise AccessRefused("no", resource="a group", next_step="Sign in with a role that may call it.")

    subject = Subject(deployment=well.deployment, settings=SETTINGS, where="")
    well.by_hand("workspace-evening", State="DISABLED")
    first, second = examine(subject, {"first": refused, "schedules": CHECKS["schedules"]})
    assert first == Finding(
        check="first",
        what="Could not look: no",
        resource="a group",
        next_step="Sign in with a role that may call it.",
    )
    assert isinstance(second, Finding)


def test_an_environment_that_scales_nothing_skips_them_all(well: Deployed) -> None:
    settings = SETTINGS.model_copy(update={"scaling": None})
    found = examine(Subject(deployment=well.deployment, settings=settings, where=""))
    assert [type(each) for each in found] == [Skip] * len(CHECKS)


def schedule(*words: str) -> Result:
    arguments = ["schedule", "--aws", "--env", "prod", "--from", "2026-11-23", "--days", "1", *words]
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, arguments)


def test_the_timetable_of_what_is_deployed_is_that_of_the_settings_where_nobody_changed_it(well: Deployed) -> None:
    plain = CliRunner().invoke(app, ["schedule", "--from", "2026-11-23", "--days", "1"]).output
    assert schedule().output == plain.replace("from config/prod.toml", "as deployed")


def test_the_timetable_shows_and_marks_what_was_changed_by_hand(well: Deployed) -> None:
    well.by_hand("workspace-evening", ScheduleExpression="cron(0 22 ? * MON-FRI *)")
    well.by_hand("provisioner-evening", State="DISABLED")
    behind = well.scheduled_action("coder-prod-ws", "evening")
    lines = schedule().output.splitlines()
    assert lines[3:10] == [
        "Mon 2026-11-23  06:30  11:30      provisioner  peak          5  06:45",
        "                06:30  11:30      workspace    peak         50  06:45",
        "                21:00* 02:00 +1d  provisioner  off-peak    off",
        "                22:00* 03:00 +1d  workspace    off-peak     10",
        "",
        "* not deployed as config/prod.toml says",
        "",
    ]
    page = " ".join(lines)
    assert "starts at cron(0 22 ? * MON-FRI *), in the settings" in page
    assert f"--auto-scaling-group-name {behind} --scheduled-action-name evening" in page


def test_a_script_reads_the_marks_and_the_findings(well: Deployed) -> None:
    well.by_hand("workspace-evening", State="DISABLED")
    told = json.loads(schedule("--json").stdout)
    assert [each.get("changed_by_hand", False) for each in told["changes"]] == [False, False, True, False]
    assert told["changes"][2]["disabled"]
    assert [each["check"] for each in told["findings"]] == ["schedules"]
