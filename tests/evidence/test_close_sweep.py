"""CloseSweep: what stayed is counted and named, and the days since the last proof are told every day."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sample_drills
from evidence_account import Account, Caller
from sample_drills import OPENED

from lambdas.errors import LeftoversFound
from lambdas.evidence import sweeping
from lambdas.evidence.handlers import close_sweep

CALM = {"found": {"drills": [], "left_alone": []}, "orphans": {"drills": [], "left_alone": []}, "swept": []}
NO_ANSWER = sample_drills.caught("KubernetesUnavailable", "The API did not answer [eks] Look at its endpoint.")


def metrics(printed: str) -> dict[str, Any]:
    (line,) = [each for each in map(json.loads, printed.splitlines()) if "_aws" in each]
    return {name: value[0] for name, value in line.items() if isinstance(value, list)}


def test_a_calm_sweep_finds_nothing(account: Account, call: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    told = call(close_sweep, sweep_state=CALM)
    assert (told["swept"], told["leftovers"], told["problems"]) == (0, 0, [])
    assert metrics(capsys.readouterr().out)["Leftovers"] == 0


def test_a_sweep_after_one_execution_says_nothing_of_what_others_left(
    account: Account, call: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its zero would end the alarm on another drill's leftovers."""
    call(close_sweep, sweep_state=CALM | {"execution": sample_drills.DRILL.execution})
    assert "Leftovers" not in metrics(capsys.readouterr().out)


def test_a_sweep_after_one_execution_tells_what_that_one_left(
    account: Account, call: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    left = {"execution": sample_drills.DRILL.execution, "swept": [sample_drills.restore_overdue()]}
    with pytest.raises(LeftoversFound):
        call(close_sweep, sweep_state=CALM | left)
    assert metrics(capsys.readouterr().out)["Leftovers"] == 1


def test_a_drill_swept_clean_is_no_problem() -> None:
    sweep = sweeping.close(CALM | {"swept": [sample_drills.died()]})
    assert (sweep.swept, sweep.leftovers, sweep.problems) == (1, 0, ())


@pytest.mark.parametrize(
    ("state", "named"),
    [
        ({"swept": [sample_drills.restore_overdue()]}, "1 cluster is left"),
        ({"namespace_failure": NO_ANSWER}, "namespaces could not be looked through"),
        ({"failure": NO_ANSWER, "swept": None}, "did not answer"),
        (
            {"swept": [sample_drills.died() | {"evidence_failure": NO_ANSWER}]},
            "may not have been recorded: KubernetesUnavailable: The API",
        ),
        (
            {"orphans": {"left_alone": [{"drill": None, "what": "cluster coder-dr-test-x", "reason": "has no tag"}]}},
            "coder-dr-test-x has no tag",
        ),
        ({"orphans": {"left_alone": [], "postponed": ["20261101-00000001"]}}, "20261101-00000001 waits for the next"),
    ],
)
def test_what_stayed_or_could_not_be_looked_at_fails_the_sweep(
    account: Account, call: Caller, capsys: pytest.CaptureFixture[str], state: dict[str, Any], named: str
) -> None:
    with pytest.raises(LeftoversFound, match=named):
        call(close_sweep, sweep_state=CALM | state)
    sent = metrics(capsys.readouterr().out)
    assert sent["Leftovers"] == (0 if "evidence_failure" in str(state) else 1)


def test_the_first_error_of_a_teardown_is_told_before_what_it_left() -> None:
    state = sample_drills.restore_overdue() | {"teardown_failure": sample_drills.caught("AccessRefused", "Allow it.")}
    (problem,) = sweeping.close(CALM | {"swept": [state]}).problems
    assert problem.index("AccessRefused: Allow it.") < problem.index(" Then ") < problem.index("1 cluster is left")


def test_what_is_left_alone_with_reason_is_no_problem() -> None:
    running = {"drill": sample_drills.ID, "what": "2 resources", "reason": "its execution runs"}
    assert sweeping.close(CALM | {"found": {"left_alone": [running]}}).problems == ()


class TestDaysSinceTheLastPassedDrill:
    def days(self, call: Caller, capsys: pytest.CaptureFixture[str], *, now: datetime = OPENED) -> Any:
        capsys.readouterr()
        told = call(close_sweep, sweep_state=CALM, entered_at=now)
        sent = metrics(capsys.readouterr().out)["DaysSinceLastPassedDrill"]
        assert sent == told["days_since_last_passed"]
        return sent

    def test_are_counted_from_its_beginning(
        self, account: Account, call: Caller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        newest, *older = sample_drills.history(3)
        for each in (replace(newest, outcome="failed"), *older):
            account.ledger.close_drill(each)
        assert self.days(call, capsys) == pytest.approx(61, abs=0.01)

    def test_are_counted_for_point_in_time_drills_by_themselves(
        self, account: Account, call: Caller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A snapshot that passes every month must not hide that nothing has proven the RPO."""
        newest, *older = sample_drills.history(3)
        for each in (newest, *older):
            kind = "snapshot" if each is newest else "point-in-time"
            account.ledger.close_drill(replace(each, recovery_point_kind=kind))
        days = self.days(call, capsys)
        told = call(close_sweep, sweep_state=CALM, entered_at=OPENED)
        sent = metrics(capsys.readouterr().out)["DaysSinceLastPassedPointInTimeDrill"]
        assert sent == told["days_since_last_passed_point_in_time"] == pytest.approx(days + 30.5, abs=1)

    def test_a_moment_chosen_by_hand_proves_no_rpo(self) -> None:
        """Its verdict says not measured; the alarm must not take it for the monthly proof."""
        newest, older, *_ = sample_drills.history(3)
        by_hand = replace(newest, recovery_point_kind="point-in-time", rpo_seconds=None)
        proven = replace(older, recovery_point_kind="point-in-time")
        count = sweeping.days_since_last_passed([by_hand, proven], running=[], now=OPENED, kind="point-in-time")
        assert count == sweeping.days_since_last_passed([proven], running=[], now=OPENED)

    def test_are_counted_from_the_first_drill_while_none_has_passed(
        self, account: Account, call: Caller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for each in sample_drills.history(3):
            account.ledger.close_drill(replace(each, outcome="failed"))
        assert self.days(call, capsys) == pytest.approx(91.5, abs=0.01)

    def test_are_counted_from_a_first_drill_that_still_runs(
        self, account: Account, call: Caller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        account.ledger.open_drill(sample_drills.DRILL)
        assert self.days(call, capsys, now=OPENED + timedelta(days=2)) == pytest.approx(2, abs=0.01)

    def test_are_beyond_every_threshold_when_nothing_was_ever_drilled(
        self, call: Caller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.days(call, capsys) == sweeping.NEVER_DRILLED_DAYS
