"""What a drill of realistic length costs in time, transitions and money beyond what AWS takes anyway."""

from functools import cache

import pytest

from .cloud import REALISTIC, Durations
from .economy import Economy, account

MINUTES = 60
LARGE = Durations(restore=90 * MINUTES, instance=600, credentials=120, instance_deletion=300, cluster_deletion=600)


@cache
def usual() -> Economy:
    return account(REALISTIC)


def test_the_orchestration_adds_at_most_three_per_cent_or_a_minute() -> None:
    assert usual().overhead_share <= 0.03 or usual().overhead_seconds <= 60


def test_the_orchestration_of_a_drill_costs_less_than_a_cent() -> None:
    assert usual().usd < 0.01


def test_the_history_stays_far_below_what_step_functions_keeps() -> None:
    assert usual().history_events < 25_000 / 10


def test_a_restore_of_ninety_minutes_is_polled_no_more_than_twice_as_often_as_one_of_twelve_minutes() -> None:
    large = account(LARGE)
    assert large.overhead_share <= 0.03
    assert large.transitions <= 2 * usual().transitions
    assert large.usd == pytest.approx(usual().usd, rel=1)
