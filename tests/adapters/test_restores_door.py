"""What is kept of restores, against moto: one at a time, and how each ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from restorations import NOW, ONE, SOURCE, THREE, TWO, restoration

from lambdas.adapters.ledger import Ledger
from lambdas.adapters.restores import Restores
from lambdas.evidence.restore_summary import RestoreSummary
from lambdas.restore_contracts import Outcome, Restoration

UNTIL = NOW + timedelta(days=8)


@pytest.fixture
def restores(dynamodb: DynamoDBClient) -> Restores:
    return Restores("ledger", dynamodb)


def summary(of: Restoration, outcome: Outcome = "kept") -> RestoreSummary:
    return RestoreSummary(
        id=of.id,
        environment=of.environment,
        source=of.source,
        target=of.target,
        execution=of.execution,
        opened_at=of.opened_at,
        closed_at=of.opened_at + timedelta(hours=1),
        requested=of.recovery_point,
        cut_over=of.cut_over,
        strategy=of.strategy,
        outcome=outcome,
        recovery_point_time=of.opened_at - timedelta(minutes=1),
        outage_seconds=252.5,
        phases={"restore": 1180.0},
    )


class TestTheLock:
    def test_lets_one_restore_of_a_source_run_and_names_it_to_another(self, restores: Restores) -> None:
        assert restores.lock(restoration(1), until=UNTIL) is None
        assert restores.lock(restoration(1), until=UNTIL) is None
        assert restores.lock(restoration(2, execution=TWO), until=UNTIL) == ONE
        assert restores.lock(restoration(3, execution=TWO, source="coder-dev-aurora"), until=UNTIL) is None

    def test_is_not_the_drill_s(self, restores: Restores, dynamodb: DynamoDBClient) -> None:
        """A restore does not wait for a drill, which only reads the same backups, nor does the drill for it."""
        drills = Ledger("ledger", dynamodb)
        assert drills.lock(source=SOURCE, execution=TWO, drill="20261123-00000002", until=UNTIL, now=NOW) is None
        assert restores.lock(restoration(1), until=UNTIL) is None

    def test_of_a_dead_holder_goes_to_one_of_those_who_saw_it_dead(self, restores: Restores) -> None:
        restores.lock(restoration(1), until=UNTIL)
        second, third = restoration(2, execution=TWO), restoration(3, execution=THREE)
        assert restores.take_over(second, holder=ONE, until=UNTIL) is None
        assert restores.take_over(third, holder=ONE, until=UNTIL) == TWO
        assert restores.take_over(second, holder=ONE, until=UNTIL) is None  # its retry

    def test_is_not_taken_from_a_holder_that_came_after_the_dead_one(self, restores: Restores) -> None:
        restores.lock(restoration(1), until=UNTIL)
        restores.unlock(source=SOURCE, execution=ONE)
        restores.lock(restoration(2, execution=TWO), until=UNTIL)
        assert restores.take_over(restoration(3, execution=THREE), holder=ONE, until=UNTIL) == TWO

    def test_is_let_go_by_its_holder_alone(self, restores: Restores) -> None:
        restores.lock(restoration(1), until=UNTIL)
        restores.unlock(source=SOURCE, execution=TWO)
        assert restores.lock(restoration(2, execution=TWO), until=UNTIL) == ONE
        restores.unlock(source=SOURCE, execution=ONE)
        assert restores.lock(restoration(2, execution=TWO), until=UNTIL) is None

    def test_is_known_by_its_holder(self, restores: Restores) -> None:
        assert restores.holder(SOURCE) is None
        restores.lock(restoration(1), until=UNTIL)
        assert restores.holder(SOURCE) == ONE

    def test_is_not_free_because_it_grew_old(self, restores: Restores) -> None:
        """A restore that was redriven runs longer than anyone foresaw."""
        restores.lock(restoration(1), until=NOW - timedelta(days=1))
        assert restores.lock(restoration(2, execution=TWO), until=UNTIL) == ONE


class TestRestores:
    def test_that_have_led_the_platform_are_known_newest_first_also_when_they_ended(self, restores: Restores) -> None:
        later = replace(restoration(2, execution=TWO), opened_at=NOW + timedelta(hours=1))
        for each in (restoration(1), later, restoration(3, execution=THREE)):
            restores.open(each)
        for each in (restoration(1), later):
            restores.lead(each)
        restores.close(summary(later))
        assert restores.leaders(SOURCE) == (later, restoration(1))
        assert restores.leaders("coder-dev-aurora") == ()

    def test_that_run_are_listed_with_all_that_was_named(self, restores: Restores) -> None:
        restores.open(restoration())
        assert restores.running() == (restoration(),)
        assert restores.entry(restoration().id) == restoration()

    def test_that_ended_no_longer_run_not_even_for_a_late_retry(self, restores: Restores) -> None:
        restores.open(restoration())
        restores.close(summary(restoration()))
        restores.open(restoration())
        assert restores.running() == ()
        assert restores.entry(restoration().id) == summary(restoration())

    def test_that_were_never_opened_can_still_be_closed(self, restores: Restores) -> None:
        restores.close(summary(restoration(), "failed"))
        assert restores.history(SOURCE, 5) == (summary(restoration(), "failed"),)

    def test_unknown_have_no_entry(self, restores: Restores) -> None:
        assert restores.entry("20200101-00000000") is None

    def test_are_told_newest_first_those_of_the_source_that_ended(self, restores: Restores) -> None:
        first, second = restoration(9), replace(restoration(1), opened_at=NOW + timedelta(hours=1))
        for each in (first, second, restoration(2, source="coder-dev-aurora")):
            restores.close(summary(each))
        restores.open(restoration(3))
        assert restores.history(SOURCE, 5) == (summary(second), summary(first))
        assert restores.history(SOURCE, 1) == (summary(second),)
