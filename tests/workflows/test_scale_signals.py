"""Scaling by alarms and the check on time: the functions that no machine calls, and what they start, in process."""

import json
import random
from datetime import timedelta
from typing import Any

from lambdas.evidence.metrics import Series

from .scaling import IN, OUT, PROV, TEAMS, WS, Stage, stage

PROMISE = {"group": "workspace", "profile": "peak", "schedule": "workspace-morning", "slot": "2026-11-23T01:59:00Z"}


def sns(*changes: tuple[str, str, Any]) -> dict[str, Any]:
    """An event of SNS: alarm, state, when it changed."""
    told = (
        {"AlarmName": alarm, "NewStateValue": state, "StateChangeTime": at.isoformat()} for alarm, state, at in changes
    )
    return {"Records": [{"Sns": {"Message": json.dumps(each)}} for each in told]}


def ring(here: Stage, alarm: str = OUT, state: str = "ALARM") -> dict[str, Any]:
    """The alarm changes its state; the event that tells of it."""
    here.cloud.ring(alarm, state)
    return sns((alarm, state, here.world.time.now))


def sizes(here: Stage, group: str = WS) -> int:
    return int(here.nodes.sizes[group]["desiredSize"])


class TestAnAlarm:
    def test_adds_a_step_of_nodes(self) -> None:
        with stage(workspace=6) as here:
            assert here.signal("RouteAlarm", ring(here)) == {"verdicts": {"start": 1}}
            [execution] = here.started()
            assert execution.status == "SUCCEEDED"
            assert sizes(here) == 11
            assert here.decisions()[0]["rule"] == "grow"
            assert here.sound()

    def test_takes_a_step_of_empty_nodes_away(self) -> None:
        with stage(workspace=6) as here:
            here.spread(20, over=4)
            here.signal("RouteAlarm", ring(here, IN))
            here.started()
            assert sizes(here) == 4
            assert here.sound()

    def test_leaves_the_nodes_that_a_schedule_found_there_already(self) -> None:
        with stage(workspace=12) as here:
            assert here.scale(PROMISE).output["plan"]["decision"]["rule"] == "as asked"
            here.world.time.sleep(120)
            here.signal("RouteAlarm", ring(here, IN))
            here.started()
            assert here.decisions()[-1]["rule"] == "promised"
            assert sizes(here) == 12
            assert here.sound()

    def test_that_is_told_a_hundred_times_in_any_order_changes_the_group_once(self) -> None:
        with stage(workspace=6) as here:
            old = here.world.time.now
            here.world.time.sleep(600)
            ring(here)
            now = here.world.time.now
            told = [(OUT, "ALARM", now)] * 50 + [(OUT, "OK", old)] * 30 + [(OUT, "ALARM", old)] * 20
            random.Random(7).shuffle(told)  # noqa: S311  an order, no secret
            for start in range(0, 100, 10):
                here.signal("RouteAlarm", sns(*told[start : start + 10]))
            assert len(here.started()) == 1
            assert sizes(here) == 11

    def test_that_flaps_changes_the_group_once_in_a_cooldown(self) -> None:
        with stage(workspace=6) as here:
            for _ in range(4):
                here.signal("RouteAlarm", ring(here, OUT, "ALARM"))
                here.started()
                here.signal("RouteAlarm", ring(here, OUT, "OK"))
                here.signal("RouteAlarm", ring(here, IN, "ALARM"))
                here.started()
                here.world.time.sleep(20)
            assert [each["rule"] for each in here.decisions()].count("grow") == 1
            assert "shrink" not in [each["rule"] for each in here.decisions()]
            assert sizes(here) == 11

    def test_of_the_teams_own_acts_when_it_is_ok_again_too(self) -> None:
        with stage(provisioner=2) as here:
            here.signal("RouteAlarm", ring(here, TEAMS, "ALARM"))
            here.started()
            assert sizes(here, PROV) == 4
            here.world.time.sleep(3600)
            here.signal("RouteAlarm", ring(here, TEAMS, "OK"))
            here.started()
            assert sizes(here, PROV) == 3

    def test_of_nobody_starts_nothing(self) -> None:
        with stage() as here:
            assert here.signal("RouteAlarm", ring(here, "CPU of a database")) == {"verdicts": {"unknown": 1}}
            assert here.world.executions == {}

    def test_whose_nodes_do_not_come_within_five_minutes_is_told_with_the_cause(self) -> None:
        with stage(workspace=6) as here:
            here.nodes.refuses = "Could not launch: InsufficientInstanceCapacity"
            here.signal("RouteAlarm", ring(here))
            began = here.world.time.now
            [execution] = here.started()
            assert execution.error == "CapacityMissing"
            assert timedelta(minutes=5) <= here.world.time.now - began < timedelta(minutes=7)
            assert "Cause: capacity" in here.cloud.announced[-1]["Message"]


class TestTheReconcile:
    def test_acts_on_an_alarm_whose_message_was_lost(self) -> None:
        with stage(workspace=6) as here:
            ring(here)
            here.world.time.sleep(120)
            assert here.signal("ReconcileAlarms")["verdicts"] == {OUT: "start", IN: "gone", TEAMS: "gone"}
            here.started()
            assert sizes(here) == 11

    def test_does_nothing_after_a_message_that_came(self) -> None:
        with stage(workspace=6) as here:
            here.signal("RouteAlarm", ring(here))
            here.started()
            here.signal("ReconcileAlarms")
            assert len(here.started()) == 1

    def test_goes_on_while_the_alarm_is_stuck_once_in_a_cooldown(self) -> None:
        with stage(workspace=6) as here:
            here.signal("RouteAlarm", ring(here))
            here.started()
            for _ in range(6):
                here.world.time.sleep(300)
                here.signal("ReconcileAlarms")
                here.started()
            assert sizes(here) > 16
            assert all(each["rule"] == "grow" for each in here.decisions())

    def test_starts_nothing_that_would_be_decided_as_nothing(self) -> None:
        with stage(workspace=2) as here:
            ring(here, IN)
            here.world.time.sleep(8 * 3600)
            assert here.signal("ReconcileAlarms")["verdicts"][IN] == "settled"
            assert here.world.executions == {}


class TestTheMinute:
    def values(self, here: Stage) -> dict[str, dict[str, float]]:
        here.signal("MeasureDemand")
        found: list[Series] = [each for some in here.cloud.metrics for each in some]
        return {each.dimensions["Group"]: {name: value for name, (_, value) in each.values.items()} for each in found}

    def test_measures_both_groups(self) -> None:
        with stage(workspace=6, provisioner=2) as here:
            here.spread(10, over=3)
            here.counts["jobs"] = [{"created_at": "2026-11-23T01:58:00Z"}]
            here.counts["daemons"] = [{"name": "prov-0", "status": "busy"}, {"name": "prov-1", "status": "idle"}]
            told = self.values(here)
            assert told["workspace"]["RunningWorkspaces"] == 10
            assert told["workspace"]["FactsMissing"] == 0
            assert told["provisioner"]["PendingJobs"] == 1
            assert told["provisioner"]["Load"] == 100.0

    def test_says_what_it_could_not_learn_and_guesses_no_load(self) -> None:
        with stage() as here:
            here.counts["jobs"] = {"message": "internal error"}
            told = self.values(here)
            assert told["provisioner"] == {"FactsMissing": 1}
            assert "Load" in told["workspace"]


class TestAPromise:
    def check(self, here: Stage, request: Any = PROMISE) -> Any:
        return here.world.run("ready-check", request)

    def test_that_is_kept_is_measured_and_told_to_nobody(self) -> None:
        with stage(workspace=12) as here:
            execution = self.check(here)
            assert execution.output["promise"]["verdict"] == "kept"
            assert here.cloud.announced == []
            assert here.cloud.measured("NodesLate") == [0]

    def test_that_is_broken_is_told_with_its_cause(self) -> None:
        with stage(workspace=6) as here:
            here.nodes.refuses = "Could not launch: InsufficientInstanceCapacity"
            here.scale({"group": "workspace", "profile": "peak"})
            self.check(here)
            told = here.cloud.announced[-1]
            assert told["Subject"] == "[prod] Not ready on time: coder-prod-ws lacks 6 nodes"
            assert "Cause: capacity" in told["Message"]
            assert here.cloud.measured("NodesLate") == [6]

    def test_whose_scaling_never_came_says_that_nobody_ordered_the_nodes(self) -> None:
        with stage(workspace=6) as here:
            self.check(here)
            assert "Cause: not ordered" in here.cloud.announced[-1]["Message"]

    def test_on_a_holiday_is_not_due(self) -> None:
        with stage(workspace=6) as here:
            here.world.time.sleep(3 * 24 * 3600 + 12 * 3600)
            assert self.check(here).output["promise"]["verdict"] == "not due"
            assert here.cloud.announced == []

    def test_that_names_nothing_is_refused_with_every_fault(self) -> None:
        with stage() as here:
            for request in ({}, "x", {"group": "control", "profile": "noon", "slot": "soon"}):
                execution = self.check(here, request)
                assert (execution.status, execution.error) == ("FAILED", "InputRejected")
            assert "control group is never scaled" in (execution.cause or "")
            assert "profile and schedule are what a promise is made of" in (execution.cause or "")
