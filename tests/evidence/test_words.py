"""Quantities as they are read: short, and never kinder than what was measured."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from day2.cli import output
from lambdas import words

# As the settings allow them: the RTO and the RPO in minutes, the age of a snapshot in hours.
OBJECTIVES = st.integers(1, 1_440).map(lambda minutes: minutes * 60) | st.integers(1, 840).map(
    lambda hours: hours * 3_600
)
SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
SECOND_UNIT = {"min": "s", "h": "min", "d": "h"}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.0112, "11 ms"),
        (4.61, "4.6 s"),
        (59.4, "59 s"),
        (59.9, "1 min"),
        (93_600, "26 h"),
        (60, "1 min"),
        (60.2, "1 min 01 s"),
        (1518.4, "25 min 19 s"),
        (3599.5, "1 h"),
        (7229, "2 h 01 min"),
        (172_741, "48 h"),
        (7200, "2 h"),
        (7500, "2 h 05 min"),
        (273_600, "3 d 4 h"),
        (-41, "-41 s"),
    ],
)
def test_a_duration_is_said_in_two_units_at_most(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize("said", [words.duration, words.brief, output.duration])
@given(objective=OBJECTIVES, beyond=st.floats(0.001, 100_000))
def test_what_exceeds_its_objective_never_reads_as_equal_to_it(
    said: Callable[[float], str], objective: int, beyond: float
) -> None:
    assert said(objective + beyond) != said(objective)


@given(st.floats(60, 1e7))
def test_a_duration_is_rounded_up_by_less_than_its_second_unit(seconds: float) -> None:
    counts, units = (words.duration(seconds).split()[part::2] for part in (0, 1))
    told = sum(int(count) * SECONDS[unit] for count, unit in zip(counts, units, strict=True))
    assert 0 <= told - seconds < SECONDS[SECOND_UNIT[units[0]]]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0, "$0.00"),
        (0.000_01, "under $0.0001"),
        (0.003_61, "$0.0036"),
        (0.009_999, "$0.01"),
        (0.06, "$0.06"),
        (0.068, "$0.068"),
        (0.48, "$0.48"),
        (1_240, "$1\u202f240.00"),
    ],
)
def test_money_is_said_in_cents_and_below_ten_of_them_in_two_digits(amount: float, said: str) -> None:
    assert words.dollars(amount) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the schema is as old as the binary", "The schema is as old as the binary."),
        ("users: 3", "Users: 3."),
        ("don't", "Don't."),
        ("", ""),
    ],
)
def test_a_sentence_begins_with_a_capital_and_ends_with_a_stop(text: str, said: str) -> None:
    assert words.sentence(text) == said


@pytest.mark.parametrize(
    "name",
    ["default_transaction_read_only", "snapshot_identifier", "coder-prod-aurora", "source.cluster", "coderd", "vCPU"],
)
def test_a_sentence_leaves_a_name_at_its_beginning_as_it_is_spelt(name: str) -> None:
    assert words.sentence(f"{name} is set") == f"{name} is set."


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        ("arn:aws:sts::111122223333:assumed-role/Operators/anna@example.com", "anna@example.com"),
        ("arn:aws:iam::111122223333:user/bernd", "bernd"),
        ("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root"),
        ("", ""),
    ],
)
def test_a_caller_is_known_by_the_last_part_of_the_arn(caller: str, said: str) -> None:
    assert words.person(caller) == said
