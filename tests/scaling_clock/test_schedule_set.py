"""`day2 schedule set`: what it changes in Scheduler, what it leaves alone, and what it refuses."""

import json
import tomllib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from deployed_schedules import Deployed
from typer.testing import CliRunner, Result

from cdk.environments import check, written
from day2.cli.app import app
from day2.scaling.scheduler import Scheduler
from lambdas.errors import AccessRefused


def run(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, ["schedule", "set", *words, "--aws", "--env", "prod"])


def said(shown: Result) -> str:
    return " ".join(shown.output.split())


def request(told: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = json.loads(told["Target"]["Input"])
    return found


def test_the_order_and_the_check_of_its_promise_move_together(deployed: Deployed) -> None:
    shown = run("workspace", "morning", "--cron", "45 7 * * MON-FRI")
    assert shown.exit_code == 0, shown.output
    order, check_ = deployed.told("workspace-morning"), deployed.told("workspace-morning-ready")
    assert (order["ScheduleExpression"], check_["ScheduleExpression"]) == (
        "cron(30 7 ? * MON-FRI *)",
        "cron(45 7 ? * MON-FRI *)",
    )
    assert (order["Description"], order["State"]) == (
        "The nodes of workspaces to peak, for 45 7 * * MON-FRI",
        "ENABLED",
    )


def test_every_field_that_is_not_asked_for_is_as_it_was(deployed: Deployed) -> None:
    before = deployed.all()
    assert run("workspace", "morning", "--cron", "45 7 * * MON-FRI").exit_code == 0
    changed = {"ScheduleExpression", "Description"}
    for name, told in deployed.all().items():
        kept = {field: value for field, value in told.items() if field not in changed}
        assert kept == {field: value for field, value in before[name].items() if field not in changed}
        assert (told != before[name]) == name.startswith("workspace-morning")


def test_another_profile_changes_what_is_asked_for_and_nothing_else_of_the_target(deployed: Deployed) -> None:
    before = deployed.told("provisioner-morning")["Target"]
    assert run("provisioners", "morning", "--profile", "off-peak").exit_code == 0
    for name in ("provisioner-morning", "provisioner-morning-ready"):
        assert request(deployed.told(name))["profile"] == "off-peak"
    after = deployed.told("provisioner-morning")["Target"]
    assert {**after, "Input": ""} == {**before, "Input": ""}
    assert request(deployed.told("provisioner-morning"))["slot"] == "<aws.scheduler.scheduled-time>"


def test_the_node_groups_own_name_means_its_role(deployed: Deployed) -> None:
    assert run("coder-prod-ws", "evening", "--cron", "0 22 * * MON-FRI").exit_code == 0
    assert deployed.told("workspace-evening")["ScheduleExpression"] == "cron(0 22 ? * MON-FRI *)"


def test_the_lines_that_it_shows_keep_it(deployed: Deployed) -> None:
    shown = run("workspace", "morning", "--cron", "45 7 * * MON-FRI", "--ahead", "20")
    lines = shown.output[shown.output.index("[scaling.groups.workspace.schedules.morning]") :]
    keep = tomllib.loads(lines)["scaling"]["groups"]["workspace"]["schedules"]["morning"]
    assert keep == {"cron": "45 7 * * MON-FRI", "profile": "peak", "ahead_minutes": 20}
    tables = written("prod")
    tables["scaling"]["groups"]["workspace"]["schedules"]["morning"] = keep
    check(tables, environment="prod")
    assert "a deployment puts back what it says" in said(shown)


def test_what_others_changed_by_hand_before_is_among_the_lines(deployed: Deployed) -> None:
    deployed.by_hand("workspace-evening", ScheduleExpression="cron(0 22 ? * MON-FRI *)")
    shown = run("workspace", "morning", "--cron", "45 7 * * MON-FRI")
    assert "[scaling.groups.workspace.schedules.evening]" in shown.output
    assert '"0 22 * * MON-FRI"' in shown.output


def test_put_back_there_is_nothing_to_keep(deployed: Deployed) -> None:
    before = deployed.all()
    run("workspace", "morning", "--cron", "45 7 * * MON-FRI")
    shown = run("workspace", "morning", "--cron", "45 6 * * 1-5")
    assert "config/prod.toml says the same." in shown.output
    assert {name: told["ScheduleExpression"] for name, told in deployed.all().items()} == {
        name: told["ScheduleExpression"] for name, told in before.items()
    }
    assert "It is deployed so already." in run("workspace", "morning", "--cron", "45 6 * * 1-5").output


def test_a_second_change_builds_on_what_is_deployed(deployed: Deployed) -> None:
    run("workspace", "morning", "--cron", "45 7 * * MON-FRI")
    run("workspace", "morning", "--ahead", "30")
    assert deployed.told("workspace-morning")["ScheduleExpression"] == "cron(15 7 ? * MON-FRI *)"
    assert deployed.told("workspace-morning-ready")["ScheduleExpression"] == "cron(45 7 ? * MON-FRI *)"


def test_without_a_promise_its_check_sleeps_and_wakes_with_the_next(deployed: Deployed) -> None:
    run("workspace", "morning", "--ahead", "0")
    assert deployed.told("workspace-morning")["ScheduleExpression"] == "cron(45 6 ? * MON-FRI *)"
    assert deployed.told("workspace-morning-ready")["State"] == "DISABLED"
    run("workspace", "morning", "--ahead", "10")
    assert deployed.told("workspace-morning")["ScheduleExpression"] == "cron(35 6 ? * MON-FRI *)"
    assert deployed.told("workspace-morning-ready")["State"] == "ENABLED"


def test_a_disabled_schedule_stays_so_and_is_told(deployed: Deployed) -> None:
    deployed.by_hand("workspace-evening", State="DISABLED")
    assert "It is disabled, as before" in said(run("workspace", "evening", "--cron", "0 22 * * MON-FRI"))
    assert deployed.told("workspace-evening")["State"] == "DISABLED"


def test_a_dry_run_shows_before_and_after_and_changes_nothing(deployed: Deployed) -> None:
    before = deployed.all()
    shown = run("workspace", "morning", "--cron", "45 7 * * MON-FRI", "--profile", "off-peak", "--dry-run")
    assert shown.exit_code == 0
    assert "starts    cron(30 6 ? * MON-FRI *) -> cron(30 7 ? * MON-FRI *)" in shown.output
    assert "profile   peak -> off-peak" in shown.output
    assert "Nothing was changed." in shown.output
    assert deployed.all() == before
    assert max(map(len, shown.output.splitlines())) <= 80


def test_a_script_reads_what_was_changed(deployed: Deployed) -> None:
    told = json.loads(run("workspace", "evening", "--cron", "0 22 * * MON-FRI", "--json").stdout)
    assert told == {
        "changed": True,
        "disabled": False,
        "schedules": [
            {
                "name": "workspace-evening",
                "changes": [
                    {"what": "starts", "before": "cron(0 20 ? * MON-FRI *)", "after": "cron(0 22 ? * MON-FRI *)"}
                ],
            }
        ],
        "keep": '[scaling.groups.workspace.schedules.evening]\ncron = "0 22 * * MON-FRI"\nprofile = "off-peak"',
    }


@pytest.mark.parametrize(
    ("words", "faults"),
    [
        (["control", "noon"], ["ROLE: 'control' is none of workspace", "nothing is asked for"]),
        (["coder-prod-control", "morning", "--ahead", "5"], ["'coder-prod-control' is the control group"]),
        (["workspace", "noon", "--cron", "0 99 * * *"], ["NAME: 'noon' is no schedule", "--cron: hour: '99'"]),
        (
            ["workspace", "morning", "--cron", "45 66 * * *", "--profile", "noon", "--ahead", "45"],
            ["--cron: hour: '66'", "--profile: 'noon' is unknown", "--ahead: 45 is more than"],
        ),
        (["workspace", "morning", "--ahead", "500", "--profile", "noon"], ["--ahead:", "--profile: 'noon' is unknown"]),
        (["workspace", "morning", "--cron", "5 0 * * *"], ["--ahead: 15 minutes before 00:05 is the day before"]),
        (["workspace", "morning", "--cron", "30 2 * * *"], ["--cron: 02:30 does not exist on 2026-03-08"]),
        (["workspace", "evening", "--cron", "30 6 * * MON"], ["starts at 06:30"]),
        (["workspace", "evening", "--ahead", "15"], ["has no check workspace-evening-ready", "make deploy"]),
        (["workspace", "morning", "--cron", "0 9 1 * MON"], ["Scheduler takes only one of the two"]),
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_with_every_fault_and_nothing_changed(
    deployed: Deployed, words: list[str], faults: list[str]
) -> None:
    before = deployed.all()
    shown = run(*words)
    assert shown.exit_code == 2
    for fault in faults:
        assert fault in said(shown)
    assert deployed.all() == before


def test_it_is_judged_beside_what_is_deployed_and_not_beside_what_was(deployed: Deployed) -> None:
    deployed.by_hand("workspace-evening", ScheduleExpression="cron(30 8 ? * MON-FRI *)")
    assert "starts at 08:30" in said(run("workspace", "morning", "--cron", "45 8 * * MON-FRI"))
    assert run("workspace", "morning", "--cron", "15 20 * * MON-FRI").exit_code == 0


def test_a_fault_of_another_schedule_is_no_reason_to_refuse(deployed: Deployed) -> None:
    deployed.by_hand("provisioner-evening", ScheduleExpression="cron(30 2 ? * * *)")
    assert run("workspace", "morning", "--cron", "45 7 * * MON-FRI").exit_code == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"ScheduleExpression": "rate(1 day)"},
        {"ScheduleExpression": "cron(0 7 ? * 2-6 *)"},
        {"ScheduleExpressionTimezone": "Europe/Berlin"},
    ],
    ids=str,
)
def test_what_no_setting_says_is_replaced_as_a_whole_or_not_at_all(deployed: Deployed, fields: dict[str, str]) -> None:
    deployed.by_hand("workspace-morning", **fields)
    assert "give all of --cron, --profile and --ahead" in said(run("workspace", "morning", "--profile", "peak"))
    whole = run("workspace", "morning", "--cron", "45 7 * * MON-FRI", "--profile", "peak", "--ahead", "15")
    assert whole.exit_code == 0, whole.output
    told = deployed.told("workspace-morning")
    assert (told["ScheduleExpression"], told["ScheduleExpressionTimezone"]) == (
        "cron(30 7 ? * MON-FRI *)",
        "America/New_York",
    )


def test_one_that_is_not_deployed_is_told_so(deployed: Deployed) -> None:
    deployed.scheduler.delete_schedule(GroupName="coder-day2-prod-scaling", Name="workspace-evening")
    shown = run("workspace", "evening", "--cron", "0 22 * * MON-FRI")
    assert (shown.exit_code, "not deployed; `make deploy` makes it" in said(shown)) == (2, True)


def test_a_refusal_names_the_missing_right_and_what_was_changed_before_it(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Scheduler.change

    def refused(self: Scheduler, told: Any, fields: Any) -> None:
        if told["Name"].endswith("-ready"):
            raise AccessRefused("UpdateSchedule answered AccessDenied.", resource=told["Name"], next_step="Sign in.")
        change(self, told, fields)

    monkeypatch.setattr(Scheduler, "change", refused)
    shown = run("workspace", "morning", "--cron", "45 7 * * MON-FRI")
    assert shown.exit_code == 1
    assert "workspace-morning was changed, and this was not: UpdateSchedule answered AccessDenied." in said(shown)
    assert "The same command again finishes it." in said(shown)


def test_a_caller_without_the_right_is_told_which(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "UpdateSchedule")

    scheduler = Scheduler(deployed.scheduler, "coder-day2-prod-scaling")
    monkeypatch.setattr(deployed.scheduler, "update_schedule", denied)
    with pytest.raises(AccessRefused, match="scheduler:UpdateSchedule, and iam:PassRole"):
        scheduler.change(deployed.told("workspace-evening"), {})


def test_options_of_the_timetable_before_it_are_refused() -> None:
    shown = CliRunner().invoke(app, ["schedule", "--env", "prod", "set", "workspace", "morning", "--ahead", "5"])
    assert (shown.exit_code, "Write them behind `set`." in shown.output) == (2, True)
