"""The engine's schedules changed at once, and what the doctor says of it and of an old scheduled action."""

from collections.abc import Iterator

import pytest
from scaling_stage import CLUSTER, WORKSPACES, Stage

GROUP = "coder-day2-local-scaling"
BACK = ("--cron", "45 6 * * MON-FRI", "--profile", "peak", "--ahead", "15")


@pytest.fixture
def clock(stage: Stage) -> Iterator[Stage]:
    """The morning is as the settings say, before and after."""
    yield stage
    stage.day2.document("schedule", "set", "workspace", "morning", *BACK)
    assert stage.day2.document("doctor")["findings"] == []


def at(stage: Stage, name: str) -> str:
    told = stage.client("scheduler").get_schedule(GroupName=GROUP, Name=name)
    return str(told["ScheduleExpression"])


def test_what_set_changes_is_deployed_at_once_marked_and_found_until_it_is_put_back(clock: Stage) -> None:
    dry = clock.day2.page("schedule", "set", "workspace", "morning", "--cron", "45 7 * * MON-FRI", "--dry-run")
    assert ("Nothing was changed." in dry, at(clock, "workspace-morning")) == (True, "cron(30 6 ? * MON-FRI *)")
    page = clock.day2.page("schedule", "set", "workspace", "morning", "--cron", "45 7 * * MON-FRI")
    assert '[scaling.groups.workspace.schedules.morning]\ncron = "45 7 * * MON-FRI"' in page
    assert at(clock, "workspace-morning") == "cron(30 7 ? * MON-FRI *)"
    assert at(clock, "workspace-morning-ready") == "cron(45 7 ? * MON-FRI *)"
    timetable = clock.day2.run("schedule", "--local", "--from", "2026-11-23", "--days", "1").stdout
    assert "07:30* 12:30      workspace" in timetable
    found = clock.day2.document("doctor", code=1)["findings"]
    assert {each["resource"] for each in found} == {f"{GROUP}/workspace-morning", f"{GROUP}/workspace-morning-ready"}
    assert "day2 schedule set workspace morning --cron '45 6 * * MON-FRI'" in found[0]["next_step"]


def test_a_schedule_that_was_changed_still_starts_what_it_did(clock: Stage) -> None:
    clock.day2.document("schedule", "set", "workspace", "morning", "--profile", "off-peak")
    seen = clock.follow(clock.fire("workspace-morning"))
    assert seen.output["held"]["group"]["name"] == WORKSPACES
    assert seen.output["run"]["demand"]["change"]["profile"] == "off-peak"


def test_an_old_scheduled_action_is_found_with_the_command_that_removes_it(clock: Stage) -> None:
    told = clock.client("eks").describe_nodegroup(clusterName=CLUSTER, nodegroupName=WORKSPACES)["nodegroup"]
    action = {
        "AutoScalingGroupName": told["resources"]["autoScalingGroups"][0]["name"],
        "ScheduledActionName": "evening",
    }
    scaling = clock.client("autoscaling")
    scaling.put_scheduled_update_group_action(**action, Recurrence="0 20 * * *", DesiredCapacity=10)
    try:
        (found,) = clock.day2.document("doctor", code=1)["findings"]
    finally:
        scaling.delete_scheduled_action(**action)
    assert found["next_step"].startswith("aws autoscaling delete-scheduled-action")
    assert action["AutoScalingGroupName"] in found["next_step"]


def test_a_node_that_a_scaling_left_cordoned_is_found_and_a_persons_own_is_not(clock: Stage) -> None:
    left, own = sorted(each.name for each in clock.nodes())[:2]
    kubernetes = clock.people.kubernetes
    kubernetes.cordon(left, by="20261126-0a1b2c3d")
    kubernetes.cordon(own, by="")
    try:
        found = clock.day2.document("doctor", code=1)
    finally:
        kubernetes.uncordon(left)
        kubernetes.uncordon(own)
    assert ([each["resource"] for each in found["findings"]], found["skipped"]) == ([left], [])


def test_bad_input_changes_nothing(clock: Stage) -> None:
    told = clock.day2.refusal("schedule", "set", "workspace", "morning", "--cron", "45 66 * * *", "--profile", "noon")
    assert "--cron: hour: '66' is not from 0 to 23" in told
    assert "--profile: 'noon' is unknown" in told
    assert at(clock, "workspace-morning") == "cron(30 6 ? * MON-FRI *)"
