"""When a schedule starts, read as a timetable of the months after January 2026, which began on a Thursday."""

from datetime import UTC
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk.cron import starts, strange

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("cron", "first"),
    [
        ("cron(0 3 1 * ? *)", ["01-01 03:00", "02-01 03:00", "03-01 03:00"]),
        ("cron(0 3,15 1 1/3 ? *)", ["01-01 03:00", "01-01 15:00", "04-01 03:00", "04-01 15:00"]),
        ("cron(0 22/1 1 * ? *)", ["01-01 22:00", "01-01 23:00", "02-01 22:00"]),
        ("cron(*/30 3 1-2 * ? *)", ["01-01 03:00", "01-01 03:30", "01-02 03:00", "01-02 03:30", "02-01 03:00"]),
        ("cron(0 3 1 FEB,JUL ? *)", ["02-01 03:00", "07-01 03:00"]),
        ("cron(0 3 L * ? *)", ["01-31 03:00", "02-28 03:00", "03-31 03:00", "04-30 03:00"]),
        ("cron(0 3 L-3 * ? *)", ["01-28 03:00", "02-25 03:00", "03-28 03:00"]),
        ("cron(0 3 LW * ? *)", ["01-30 03:00", "02-27 03:00", "03-31 03:00"]),  # the 31st a Saturday, the 28th too
        ("cron(0 3 1W * ? *)", ["01-01 03:00", "02-02 03:00", "03-02 03:00"]),  # February begins on a Sunday
        ("cron(0 3 1W AUG ? *)", ["08-03 03:00"]),  # a Saturday, whose Friday is July's
        ("cron(0 3 17W JAN ? *)", ["01-16 03:00"]),
        ("cron(0 3 31W MAY,JUN,JUL ? *)", ["05-29 03:00", "07-31 03:00"]),  # a Sunday at May's end; June has no 31st
        ("cron(0 3 ? * MON *)", ["01-05 03:00", "01-12 03:00"]),
        ("cron(0 3 ? * 2#1 *)", ["01-05 03:00", "02-02 03:00", "03-02 03:00"]),
        ("cron(0 3 ? * 6L *)", ["01-30 03:00", "02-27 03:00"]),
        ("cron(0 3 ? * L *)", ["01-03 03:00", "01-10 03:00"]),
        ("cron(0 3 ? * FRI-MON *)", ["01-02 03:00", "01-03 03:00", "01-04 03:00", "01-05 03:00", "01-09 03:00"]),
        ("cron(0 3 ? * 2-6/2 *)", ["01-02 03:00", "01-05 03:00", "01-07 03:00", "01-09 03:00"]),
    ],
)
def test_a_schedule_starts_when_scheduler_would_start_it(cron: str, first: list[str]) -> None:
    assert strange(cron) == []
    assert [f"{each.astimezone(BERLIN):%m-%d %H:%M}" for each in starts(cron, BERLIN)[: len(first)]] == first


def test_a_year_bounds_its_schedule() -> None:
    assert {each.year for each in starts("cron(0 3 1 * ? 2027-2028)", BERLIN)} == {2027, 2028}


def test_starts_are_moments_and_not_what_a_clock_on_the_wall_shows() -> None:
    """The day on which clocks go forward has 23 hours."""
    days = starts("cron(0 3 * 3 ? 2026)", BERLIN)
    assert {each.tzinfo for each in days} == {UTC}
    assert [(after - before).total_seconds() / 3600 for before, after in pairwise(days)].count(23) == 1


MINUTES, HOURS = (
    st.from_regex(r"(\*|\d{1,2}(-\d{1,2})?)(/[1-9]\d?)?", fullmatch=True),
    st.sampled_from(["3", "99", "5-2"]),
)
DATES = st.from_regex(r"\?|L|L-\d{1,2}|LW|([1-9]|[12]\d|3[01])(W|-3|/40)?|\*", fullmatch=True)
WEEKDAYS = st.from_regex(r"\?|L|[1-7](L|#[1-5]|-3|/9)?|SUN-SAT|SAT-SUN", fullmatch=True)


@given(MINUTES, HOURS, DATES, WEEKDAYS)
def test_whatever_is_of_the_form_can_be_followed(minutes: str, hours: str, date: str, weekday: str) -> None:
    """A time of day that is none has its own fault, and must not end in a traceback before that is told."""
    cron = f"cron({minutes} {hours} {date} 2 {weekday} 2027)"
    if not strange(cron):
        assert all((each.year, each.astimezone(BERLIN).month) == (2027, 2) for each in starts(cron, BERLIN))


@pytest.mark.parametrize("field", ["*/0", "0/0", "1-2/0"])
def test_a_step_of_nothing_is_not_of_the_form(field: str) -> None:
    assert strange(f"cron({field} 3 1 * ? *)") == [field]
