"""What is kept of scalings, against moto: claims, one at a time of a group, words that hold, and the history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from lambdas.adapters.scalings import EVERYTHING, Scalings
from lambdas.scaling.contracts import Change, Decision, Demand, Override, ScalingRun, Sizes, Standing, Wanted

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=1)
ARN = "arn:aws:states:eu-central-1:111122223333:execution:coder-day2-prod-scale:"
ONE = ScalingRun(
    id="20261201-0000000a",
    environment="prod",
    execution=f"{ARN}one",
    opened_at=NOW,
    started_by="schedule morning",
    cluster="coder-prod",
    node_group="coder-prod-ws",
    demand=Demand(
        role="workspace",
        change=Change(by_percent=-20.0),
        origin="schedule",
        when_blocked="defer",
        asked_at=NOW,
        give_up=UNTIL,
    ),
)
TWO = replace(ONE, id="20261201-0000000b", execution=f"{ARN}two")
SIZES = Sizes(smallest=10, desired=20, largest=200)
DECISION = Decision(action="nothing", rule="holiday", reason="today is a holiday", before=SIZES, after=SIZES)


@pytest.fixture
def scalings(dynamodb: DynamoDBClient) -> Scalings:
    return Scalings("ledger", dynamodb)


def test_of_two_deliveries_of_a_slot_the_first_has_it_also_when_it_asks_again(scalings: Scalings) -> None:
    def claim(run: ScalingRun, by: str = "morning") -> bool:
        return scalings.claim(group=run.node_group, by=by, moment=NOW, execution=run.execution)

    assert claim(ONE)
    assert claim(ONE)
    assert not claim(TWO)
    assert claim(TWO, by="evening"), "another schedule of the same moment"


def test_one_scaling_holds_a_group_until_it_lets_go(scalings: Scalings) -> None:
    assert scalings.lock(ONE, until=UNTIL) is None
    assert scalings.lock(TWO, until=UNTIL) == ONE.execution
    assert scalings.lock(replace(TWO, node_group="coder-prod-prov"), until=UNTIL) is None
    scalings.unlock(TWO)
    assert scalings.lock(TWO, until=UNTIL) == ONE.execution, "another's lock stays"
    scalings.unlock(ONE)
    assert scalings.lock(TWO, until=UNTIL) is None


def test_a_dead_holder_is_replaced(scalings: Scalings) -> None:
    scalings.lock(ONE, until=UNTIL)
    assert scalings.take_over(TWO, holder=ONE.execution, until=UNTIL) is None
    assert scalings.lock(ONE, until=UNTIL) == TWO.execution


def test_nothing_said_is_nothing_that_holds(scalings: Scalings) -> None:
    assert scalings.standing("coder-prod-ws") == Standing()


def test_a_word_for_a_group_a_freeze_and_the_last_changes_stand_side_by_side(scalings: Scalings) -> None:
    override, frozen = Override(until=UNTIL, by="ann", reason="launch"), Override(until=UNTIL, by="bob")
    scalings.say("coder-prod-ws", override)
    scalings.say(EVERYTHING, frozen)
    scalings.want("coder-prod-ws", Wanted(desired=50, asked_at=NOW - timedelta(days=1)))
    scalings.want("coder-prod-ws", Wanted(desired=10, asked_at=NOW))
    scalings.note_change("coder-prod-ws", grown=True, at=NOW)
    scalings.note_change("coder-prod-ws", grown=False, at=UNTIL)
    assert scalings.standing("coder-prod-ws") == Standing(
        override=override, frozen=frozen, wanted=Wanted(desired=10, asked_at=NOW), grown_at=NOW, shrunk_at=UNTIL
    )
    assert scalings.standing("coder-prod-prov") == Standing(frozen=frozen)


def test_the_history_goes_back_over_months_the_latest_first(scalings: Scalings) -> None:
    moments = [NOW, NOW - timedelta(days=1), NOW - timedelta(days=40), NOW - timedelta(days=100)]
    for number, at in enumerate(moments):
        run = replace(ONE, id=f"run-{number}")
        scalings.enter(run, DECISION, at=at, facts={"nodes": 20})
        scalings.enter(run, DECISION, at=at, facts={"nodes": 20})
    found = list(scalings.history(since=NOW - timedelta(days=92), until=NOW))
    assert [(at, run.id) for at, run, _ in found] == [(at, f"run-{n}") for n, at in enumerate(moments[:3])]
    assert found[0][2] == DECISION


def test_a_scaling_ends_once(scalings: Scalings) -> None:
    end = {"id": ONE.id, "opened_at": "2026-12-01T09:00:00Z", "outcome": "scaled"}
    assert scalings.end(ONE) is None
    scalings.close(end)
    scalings.close({**end, "outcome": "failed"})
    assert scalings.end(ONE) == end
