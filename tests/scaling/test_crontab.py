"""The crontab of the tfvars, as a timetable: what is due, what Scheduler is told, what a change of the clocks does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk import cron as scheduler
from lambdas.scaling.crontab import CrontabRefused, earlier, expression, occurrences, parse, skipped

NEW_YORK, BERLIN, LORD_HOWE, KOLKATA = (
    ZoneInfo(name) for name in ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata")
)
MINUTE = timedelta(minutes=1)


def due(written: str, zone: ZoneInfo, first: str, last: str) -> list[str]:
    """The starts from one date to another, the second left out, on the wall of the zone and in UTC."""
    start, end = (datetime.fromisoformat(each).replace(tzinfo=zone) for each in (first, last))
    found = occurrences(parse(written), zone, start=start, end=end)
    return [f"{each.astimezone(zone):%a %d %H:%M} = {each:%H:%M}" for each in found]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("45 6 * * MON-FRI", "cron(45 6 ? * MON-FRI *)"),
        ("45 6 * * mon-fri", "cron(45 6 ? * MON-FRI *)"),
        ("45 6 * * 1-5", "cron(45 6 ? * MON-FRI *)"),
        ("0  20 * *  *", "cron(0 20 * * ? *)"),
        ("0 20 * * 0", "cron(0 20 ? * SUN *)"),
        ("0 20 * * 7", "cron(0 20 ? * SUN *)"),
        ("0 20 * * 6-7", "cron(0 20 ? * SUN,SAT *)"),
        ("0 20 * * SAT-SUN", "cron(0 20 ? * SUN,SAT *)"),
        ("0 20 * * FRI-SUN", "cron(0 20 ? * SUN,FRI,SAT *)"),
        ("0 20 * * MON-SUN", "cron(0 20 * * ? *)"),
        ("0 20 * * 1,3,5", "cron(0 20 ? * MON,WED,FRI *)"),
        ("0 20 * * */2", "cron(0 20 ? * SUN,TUE,THU,SAT *)"),
        ("*/20 6-8 * * *", "cron(0,20,40 6-8 * * ? *)"),
        ("10-50/20 */8 * * *", "cron(10,30,50 0,8,16 * * ? *)"),
        ("0 0 1,15 * *", "cron(0 0 1,15 * ? *)"),
        ("0 0 */10 * *", "cron(0 0 1,11,21,31 * ? *)"),
        ("0 0 1 JAN,APR-JUN *", "cron(0 0 1 1,4-6 ? *)"),
        # Both day fields are restricted, but one of them names every day.
        ("0 6 1-31 * MON", "cron(0 6 * * ? *)"),
        ("0 6 1 * 0-6", "cron(0 6 * * ? *)"),
        ("0 6 */1 * MON", "cron(0 6 ? * MON *)"),
    ],
)
def test_a_crontab_is_told_to_scheduler_in_its_six_fields(written: str, told: str) -> None:
    assert expression(parse(written)) == told
    assert scheduler.strange(told) == []


@pytest.mark.parametrize(
    ("written", "rule"), [("0 6 1 * MON", "either"), ("0 6 1-15 * 1-5", "either"), ("0 6 */2 * MON", "both")]
)
def test_what_one_expression_cannot_say_is_refused_with_the_reason(written: str, rule: str) -> None:
    crontab = parse(written)
    with pytest.raises(CrontabRefused, match=rf"cron starts when {rule} of them fits, and Scheduler takes only one"):
        expression(crontab)


@pytest.mark.parametrize(
    ("written", "faults"),
    [
        ("45 6 * *", ["'45 6 * *' has 4 fields and not five"]),
        ("cron(45 6 ? * MON-FRI *)", ["'cron(45 6 ? * MON-FRI *)' has 6 fields and not five"]),
        ("@daily", ["'@daily' has 1 fields and not five"]),
        ("60 6 * * *", ["minute: '60' is not from 0 to 59"]),
        ("45 24 * * *", ["hour: '24' is not from 0 to 23"]),
        ("45 6 0 * *", ["day of month: '0' is not from 1 to 31"]),
        ("45 6 * 13 *", ["month: '13' is not from 1 to 12, nor one of JAN to DEC"]),
        ("45 6 * * 8", ["day of week: '8' is not from 0 to 7, nor one of SUN to SAT"]),
        ("45 6 * * MO-FR", ["day of week: 'MO' is not from 0 to 7"]),
        ("45 6 ? * MON", ["day of month: '?' is no value, range or step"]),
        ("45 6 L * *", ["day of month: 'L' is not from 1 to 31"]),
        ("45 6 * * FRI-MON", ["day of week: 'FRI-MON' runs backwards"]),
        ("50-10 6 * * *", ["minute: '50-10' runs backwards"]),
        ("*/0 6 * * *", ["minute: '*/0' has no step from 1 to 59"]),
        ("*/90 6 * * *", ["minute: '*/90' has no step from 1 to 59"]),
        ("5/15 6 * * *", ["minute: '5/15' steps from a single value"]),
        ("45 6, * * *", ["hour: '' is no value, range or step"]),
        ("0 6 30 FEB *", ["day of month: no month of 'FEB' has a day of '30'"]),
        ("0 6 31 4,6,9,11 *", ["day of month: no month of '4,6,9,11' has a day of '31'"]),
        ("\u0663 6 * * *", ["minute: '\u0663' is no value, range or step"]),
        (
            "99,x 24 0 FOO 9-8",
            [
                "minute: '99' is not",
                "minute: 'x' is not",
                "hour: '24' is not",
                "day of month: '0' is not",
                "month: 'FOO' is not",
                "day of week: '9' is not",
            ],
        ),
    ],
)
def test_a_crontab_that_is_none_is_refused_with_every_fault(written: str, faults: list[str]) -> None:
    with pytest.raises(CrontabRefused) as refused:
        parse(written)
    assert len(refused.value.faults) == len(faults)
    for told, expected in zip(refused.value.faults, faults, strict=True):
        assert told.startswith(expected)


@pytest.mark.parametrize(
    ("written", "first", "last", "expected"),
    [
        ("45 6 * * MON-FRI", "2026-11-20", "2026-11-24", ["Fri 20 06:45 = 11:45", "Mon 23 06:45 = 11:45"]),
        ("0 20 * * *", "2026-11-20", "2026-11-22", ["Fri 20 20:00 = 01:00", "Sat 21 20:00 = 01:00"]),
        ("0 6 1 * *", "2026-11-01", "2027-01-01", ["Sun 01 06:00 = 11:00", "Tue 01 06:00 = 11:00"]),
        ("0 6 29 FEB *", "2026-01-01", "2029-01-01", ["Tue 29 06:00 = 11:00"]),
        # Two day fields: the 3rd or a Monday; of every second date, the Mondays.
        ("0 6 3 * MON", "2026-11-01", "2026-11-10", ["Mon 02", "Tue 03", "Mon 09"]),
        ("0 6 */2 * MON", "2026-11-01", "2026-11-24", ["Mon 09", "Mon 23"]),
        # The start of the time looked at is within, its end is not.
        ("0 0 * * *", "2026-11-20", "2026-11-22", ["Fri 20 00:00 = 05:00", "Sat 21 00:00 = 05:00"]),
    ],
)
def test_in_new_york_a_crontab_is_due_on_its_days(written: str, first: str, last: str, expected: list[str]) -> None:
    found = due(written, NEW_YORK, first, last)
    assert len(found) == len(expected)
    assert all(told.startswith(each) for told, each in zip(found, expected, strict=True)), found


@pytest.mark.parametrize(
    ("zone", "written", "first", "last", "expected"),
    [
        # New York: on Sunday 2026-03-08 02:00 is followed by 03:00, on 2026-11-01 01:00 comes again after 02:00.
        (NEW_YORK, "45 6 * * *", "2026-03-07", "2026-03-09", ["Sat 07 06:45 = 11:45", "Sun 08 06:45 = 10:45"]),
        (NEW_YORK, "45 6 * * *", "2026-10-31", "2026-11-02", ["Sat 31 06:45 = 10:45", "Sun 01 06:45 = 11:45"]),
        (NEW_YORK, "30 2 * * *", "2026-03-07", "2026-03-10", ["Sat 07 02:30 = 07:30", "Mon 09 02:30 = 06:30"]),
        (NEW_YORK, "0 3 * * *", "2026-03-08", "2026-03-09", ["Sun 08 03:00 = 07:00"]),
        (NEW_YORK, "30 1 * * *", "2026-11-01", "2026-11-02", ["Sun 01 01:30 = 05:30"]),
        # Berlin: on Sunday 2026-03-29 02:00 is followed by 03:00, on 2026-10-25 02:00 comes again after 03:00.
        (BERLIN, "45 6 * * *", "2026-03-28", "2026-03-30", ["Sat 28 06:45 = 05:45", "Sun 29 06:45 = 04:45"]),
        (BERLIN, "59 2 * * *", "2026-03-28", "2026-03-31", ["Sat 28 02:59 = 01:59", "Mon 30 02:59 = 00:59"]),
        (BERLIN, "45 6 * * *", "2026-10-24", "2026-10-26", ["Sat 24 06:45 = 04:45", "Sun 25 06:45 = 05:45"]),
        (BERLIN, "0 2 * * *", "2026-10-25", "2026-10-26", ["Sun 25 02:00 = 00:00"]),
        # Lord Howe, by half an hour: on Sunday 2026-10-04 02:00 is followed by 02:30, on 2026-04-05 it is 01:30.
        (LORD_HOWE, "15 2 * * *", "2026-10-03", "2026-10-06", ["Sat 03 02:15 = 15:45", "Mon 05 02:15 = 15:15"]),
        (LORD_HOWE, "30 2 * * *", "2026-10-04", "2026-10-05", ["Sun 04 02:30 = 15:30"]),
        (LORD_HOWE, "45 1 * * *", "2026-04-05", "2026-04-06", ["Sun 05 01:45 = 14:45"]),
        # Kolkata changes nothing.
        (KOLKATA, "30 2 * * SUN", "2026-03-08", "2026-03-30", ["Sun 08 02:30 = 21:00"] * 4),
    ],
)
def test_on_the_days_of_the_clocks_a_skipped_time_is_left_out_and_a_repeated_one_comes_once(
    zone: ZoneInfo, written: str, first: str, last: str, expected: list[str]
) -> None:
    found = due(written, zone, first, last)
    if zone is KOLKATA:
        assert [each[7:] for each in found] == [each[7:] for each in expected]
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("zone", "written", "first"),
    [
        (NEW_YORK, "30 2 * * *", "2026-03-08 02:30"),
        (NEW_YORK, "30 2 * * MON-FRI", None),  # clocks go forward on Sundays
        (NEW_YORK, "0 3 * * *", None),
        (NEW_YORK, "30 1 * * *", None),
        (NEW_YORK, "30 2 14 3 *", "2027-03-14 02:30"),
        (NEW_YORK, "*/15 * * * *", "2026-03-08 02:00"),
        (BERLIN, "0 2 * * SUN", "2026-03-29 02:00"),
        (LORD_HOWE, "15 2 * * *", "2026-10-04 02:15"),
        (LORD_HOWE, "45 2 * * *", None),
        (KOLKATA, "30 2 * * *", None),
        (ZoneInfo("Africa/Cairo"), "30 0 * * *", "2026-04-24 00:30"),  # forward at midnight
    ],
)
def test_a_time_that_the_clocks_skip_is_found_before_it_is_missed(
    zone: ZoneInfo, written: str, first: str | None
) -> None:
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    found = skipped(parse(written), zone, start=start, end=end)
    assert (found and f"{found:%Y-%m-%d %H:%M}") == first


@pytest.mark.parametrize(
    ("written", "minutes", "told"),
    [
        ("45 6 * * MON-FRI", 0, "cron(45 6 ? * MON-FRI *)"),
        ("45 6 * * MON-FRI", 15, "cron(30 6 ? * MON-FRI *)"),
        ("0 7 * * MON-FRI", 15, "cron(45 6 ? * MON-FRI *)"),
        ("0 7,13 * * *", 20, "cron(40 6,12 * * ? *)"),
        ("0,30 7 * * *", 30, "cron(0,30 6-7 * * ? *)"),
    ],
)
def test_a_change_can_be_ordered_ahead_of_its_time(written: str, minutes: int, told: str) -> None:
    if minutes == 30:
        with pytest.raises(CrontabRefused, match="is no one crontab; write a schedule for each"):
            earlier(parse(written), minutes)
    else:
        assert expression(earlier(parse(written), minutes)) == told


def test_a_change_ordered_on_the_day_before_its_time_is_refused() -> None:
    with pytest.raises(CrontabRefused, match="15 minutes before 00:10 is the day before"):
        earlier(parse("10 0,6 * * *"), 15)


# Whatever crontab: against a clock that is looked at every minute, and against what Scheduler makes of the expression.

NAMES = {
    3: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    4: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
}
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


@st.composite
def fields(draw: st.DrawFn, place: int) -> str:
    low, high = BOUNDS[place]
    items = []
    for _ in range(draw(st.integers(1, 3))):
        first, last = sorted((draw(st.integers(low, high)), draw(st.integers(low, high))))
        step = draw(st.integers(1, high - low))
        several = [f"{first}-{last}", f"*/{step}"] + ([f"{first}-{last}/{step}"] if first < last else [])
        named = [NAMES[place][(first - low) % 7]] if place in NAMES else []
        items.append(draw(st.sampled_from([str(first), *named, *several])))
    return draw(st.sampled_from(["*", ",".join(items)]))


DAYS = [fields(place) for place in (2, 3, 4)]
MINUTES, HOURS = st.integers(0, 59).map(str), st.integers(0, 23).map(str)
CRONTABS = st.tuples(fields(0), fields(1), *DAYS).map(" ".join)
ZONES = st.sampled_from([NEW_YORK, BERLIN, LORD_HOWE, KOLKATA])
# Midnights of UTC before weeks in which some zone changes its clocks, and of a leap day.
WEEKS = st.sampled_from(
    ["2026-03-05", "2026-03-27", "2026-04-02", "2026-10-01", "2026-10-22", "2026-10-29", "2028-02-26"]
)


def named(text: str, place: int) -> int:
    return NAMES[place].index(text) + BOUNDS[place][0] if text in NAMES.get(place, ()) else int(text)


def fits(field: str, place: int, value: int) -> bool:
    """The definition of crontab(5), item by item for a single value."""
    for item in field.split(","):
        span, _, step = item.partition("/")
        ends = BOUNDS[place] if span == "*" else tuple(named(each, place) for each in span.split("-"))
        if ends[0] <= value <= ends[-1] and (value - ends[0]) % int(step or 1) == 0:
            return True
    return False


def minute_by_minute(written: str, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    minute, hour, date, month, weekday = written.split()
    now = start
    while now < end:
        wall = now.astimezone(zone)
        dated = fits(date, 2, wall.day)
        weekly = any(fits(weekday, 4, each) for each in {wall.isoweekday(), wall.isoweekday() % 7})
        days = dated and weekly if date[0] == "*" or weekday[0] == "*" else dated or weekly
        due = days and fits(minute, 0, wall.minute) and fits(hour, 1, wall.hour) and fits(month, 3, wall.month)
        if due and wall.fold == 0:  # the second time round it has started already
            yield now
        now += MINUTE


def never(written: str) -> bool:
    """It names dates only, of months that do not have them."""
    _, _, date, month, _ = written.split()
    return not any(
        fits(month, 3, each.month) and fits(date, 2, each.day)
        for each in (datetime(2028, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(366))
    )


@settings(deadline=None, max_examples=60)
@given(CRONTABS, ZONES, WEEKS)
def test_what_is_due_is_what_a_clock_shows_minute_by_minute(written: str, zone: ZoneInfo, week: str) -> None:
    start = datetime.fromisoformat(week).replace(tzinfo=UTC)
    end = start + timedelta(days=6)
    try:
        crontab = parse(written)
    except CrontabRefused:
        assert never(written)
        return
    found = list(occurrences(crontab, zone, start=start, end=end))
    assert found == list(minute_by_minute(written, zone, start, end))


@settings(deadline=None, max_examples=60)
@given(st.one_of(st.tuples(MINUTES, fields(1), *DAYS), st.tuples(fields(0), HOURS, *DAYS)).map(" ".join))
def test_scheduler_starts_the_expression_whenever_the_crontab_is_due(written: str) -> None:
    """By the evaluation of Scheduler's own expressions, in UTC, which skips nothing; over a leap day."""
    try:
        crontab = parse(written)
        told = expression(crontab)
    except CrontabRefused:
        return
    assert len(told) <= 256
    assert scheduler.strange(told) == []
    start, end = datetime(2028, 2, 20, tzinfo=UTC), datetime(2028, 3, 12, tzinfo=UTC)
    year = scheduler.starts.__wrapped__(told.replace(" *)", " 2028)"), ZoneInfo("UTC"))
    expected = [each for each in year if start <= each < end]
    assert list(occurrences(crontab, ZoneInfo("UTC"), start=start, end=end)) == expected
