"""Scheduler's schedules read as settings, judged as settings, and sent back whole."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from deployed_schedules import GROUP, NAMES, SETTINGS, client
from hypothesis import assume, given
from hypothesis import strategies as st

from cdk.environments import written
from cdk.scaling_starts import Start, starts, starts_of
from cdk.settings import Scaling, ScalingSchedule
from day2.asking import as_operator
from day2.cli.schedule_deployed import as_deployed
from day2.scaling.deployed import crontab_of, same, standings, unknown
from day2.scaling.judging import Asked, aim
from day2.scaling.scheduler import Scheduler
from lambdas.errors import AccessRefused, Day2Error, InputRejected, RequestRefused, ServiceBusy
from lambdas.scaling.crontab import CrontabRefused, expression, parse

assert SETTINGS.scaling is not None
SCALING: Scaling = SETTINGS.scaling


def told(start: Start) -> dict[str, Any]:
    """As GetSchedule tells of it."""
    return {
        "Name": start.name,
        "ScheduleExpression": start.cron,
        "ScheduleExpressionTimezone": "America/New_York",
        "State": "ENABLED",
        "Target": {"Arn": NAMES.machine_arn(start.workflow), "Input": json.dumps(start.request)},
    }


def deployed(schedule: ScalingSchedule) -> dict[str, Any]:
    """Production's schedules, of which the workspaces' morning is another."""
    others = {each.name: told(each) for each in starts(SCALING) if not each.name.startswith("workspace-morning")}
    return others | {each.name: told(each) for each in starts_of("workspace", "morning", schedule)}


times = st.tuples(st.integers(0, 59), st.integers(3, 23), st.sampled_from(["*", "MON-FRI", "1", "SAT,SUN", "2-4"]))


@given(
    time=times,
    ahead=st.integers(0, 120),
    profile=st.sampled_from(["peak", "off-peak"]),
    when_blocked=st.sampled_from(["refuse", "clamp", "defer"]),
)
def test_what_is_deployed_of_a_schedule_is_read_as_that_schedule(
    time: tuple[int, int, str], ahead: int, profile: str, when_blocked: str
) -> None:
    minute, hour, days = time
    schedule = ScalingSchedule.model_validate(
        {
            "cron": f"{minute} {hour} * * {days}",
            "profile": profile,
            "ahead_minutes": ahead,
            "when_blocked": when_blocked,
        }
    )
    morning = next(
        each
        for each in standings(NAMES, SCALING, deployed(schedule))
        if (each.role, each.name) == ("workspace", "morning")
    )
    assert morning.deployed is not None
    assert same(morning.deployed, schedule)
    assert (morning.differences == ()) == same(schedule, morning.settings)


@given(times)
def test_an_expression_is_read_as_the_crontab_that_it_was_made_from(time: tuple[int, int, str]) -> None:
    minute, hour, days = time
    made = expression(parse(f"{minute} {hour} * * {days}"))
    assert expression(crontab_of(made)) == made


@given(st.text(alphabet="0123456789*?,-/LW#MONFRI ()cronate", max_size=40))
def test_what_is_no_crontab_is_refused_and_never_misread(text: str) -> None:
    try:
        found = crontab_of(text)
    except CrontabRefused:
        return
    assume("#" not in text)
    assert text.startswith("cron(")
    assert found.times


@pytest.mark.parametrize("text", ["rate(5 minutes)", "cron(0 7 ? * 2 *)", "cron(0 7 L * ? *)", "cron(0 7 ? * * 2027)"])
def test_what_only_scheduler_can_say_is_no_crontab(text: str) -> None:
    with pytest.raises(CrontabRefused):
        crontab_of(text)


def test_a_check_for_other_times_than_its_order_makes_both_unreadable() -> None:
    found = deployed(SCALING.groups["workspace"].schedules["morning"])
    found["workspace-morning-ready"]["ScheduleExpression"] = "cron(45 9 ? * SUN *)"
    morning = standings(NAMES, SCALING, found)[0]
    assert (morning.role, morning.name, morning.deployed) == ("workspace", "morning", None)
    assert as_deployed(SCALING, [*standings(NAMES, SCALING, found)]) == SCALING


def test_a_profile_that_the_settings_do_not_have_leaves_the_timetable_theirs() -> None:
    morning = standings(NAMES, SCALING, deployed(SCALING.groups["workspace"].schedules["morning"]))
    strange = SCALING.groups["workspace"].schedules["morning"].model_copy(update={"profile": "noon"})
    changed = [replace(each, deployed=strange) if each.name == "morning" else each for each in morning]
    assert as_deployed(SCALING, changed) == SCALING


def test_a_sleeping_check_of_a_schedule_without_promise_is_no_difference_and_a_waking_one_is() -> None:
    found = {each.name: told(each) for each in starts(SCALING)}
    evening = SCALING.groups["workspace"].schedules["evening"].model_copy(update={"ahead_minutes": 1})
    check = told(starts_of("workspace", "evening", evening)[1])
    asleep = found | {check["Name"]: {**check, "State": "DISABLED"}}
    assert [each for each in standings(NAMES, SCALING, asleep) if each.differences] == []
    (awake,) = [each for each in standings(NAMES, SCALING, found | {check["Name"]: check}) if each.differences]
    assert (awake.name, awake.differences[0].schedule) == ("evening", "workspace-evening-ready")
    assert list(unknown(SCALING, found | {check["Name"]: check})) == []


def test_where_settings_switch_schedules_off_a_disabled_one_is_as_it_should_be() -> None:
    off = SETTINGS.model_copy(update={"schedules": SETTINGS.schedules.model_copy(update={"enabled": False})})
    names = replace(NAMES, settings=off)
    asleep = {each.name: {**told(each), "State": "DISABLED"} for each in starts(SCALING)}
    assert [each for each in standings(names, SCALING, asleep) if each.differences or each.disabled] == []
    awake = {each.name: told(each) for each in starts(SCALING)}
    assert {each.kind for found in standings(names, SCALING, awake) for each in found.differences} == {"otherwise"}


def test_an_unknown_zone_in_the_settings_is_told_with_the_options_faults() -> None:
    tables = deepcopy(written("prod"))
    tables["scaling"]["time_zone"] = "Mars/Base"
    with pytest.raises(InputRejected) as refused:
        aim(tables, Asked(role="workspace", name="morning", cron="x", ahead_minutes=500), environment="prod")
    said = " ".join(refused.value.problems)
    for fault in ("scaling.time_zone: 'Mars/Base'", "--cron: 'x' has 1 fields", "--ahead: "):
        assert fault in said


def test_an_environment_that_scales_nothing_has_no_schedule_to_change() -> None:
    tables = {name: table for name, table in written("prod").items() if name != "scaling"}
    with pytest.raises(InputRejected, match=r"has no table \[scaling\]"):
        aim(tables, Asked(role="workspace", name="morning", ahead_minutes=5), environment="prod")


def test_every_field_that_is_told_is_sent_back_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    scheduler = client("scheduler")
    settable = {
        "Name": "workspace-morning",
        "GroupName": GROUP,
        "Description": "before",
        "ScheduleExpression": "cron(30 6 ? * MON-FRI *)",
        "ScheduleExpressionTimezone": "America/New_York",
        "StartDate": datetime(2026, 12, 1, tzinfo=UTC),
        "EndDate": datetime(2027, 12, 1, tzinfo=UTC),
        "State": "DISABLED",
        "KmsKeyArn": "arn:aws:kms:eu-central-1:111122223333:key/one",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
        "ActionAfterCompletion": "NONE",
        "Target": {"Arn": "arn:aws:states:eu-central-1:111122223333:stateMachine:one", "RoleArn": "arn:" + "r" * 20},
    }
    shown = {"Arn": "arn:" + "s" * 20, "CreationDate": settable["StartDate"], "ResponseMetadata": {}}
    with Stubber(scheduler) as stub:
        stub.add_response("update_schedule", {"ScheduleArn": "arn:" + "s" * 20}, {**settable, "Description": "after"})
        Scheduler(scheduler, GROUP).change({**settable, **shown}, {"Description": "after"})
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("raised", "kind", "next_step"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSchedule"), AccessRefused, "may call a:Right"),
        (ClientError({"Error": {"Code": "ValidationException"}}, "GetSchedule"), RequestRefused, "run the command"),
        (EndpointConnectionError(endpoint_url="https://x"), ServiceBusy, "again in a minute"),
    ],
)
def test_an_operator_is_told_what_an_operator_can_do(raised: Exception, kind: type[Day2Error], next_step: str) -> None:
    with pytest.raises(kind, match=next_step) as refused, as_operator("a schedule", action="a:Right"):
        raise raised
    assert refused.value.resource == "a schedule"
    assert "function" not in str(refused.value)
