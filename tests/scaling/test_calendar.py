"""A fortnight by the clock: what is ordered when, what a holiday holds back, what the clocks do meanwhile."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from lambdas.scaling.calendar import Schedule, Timetable, is_holiday, timetable
from lambdas.scaling.contracts import Role
from lambdas.scaling.crontab import parse
from lambdas.settings import Scaling

NEW_YORK = ZoneInfo("America/New_York")
THANKSGIVING = date(2026, 11, 26)


def schedule(cron: str, profile: str, desired: int, *, role: Role = "workspace", ahead: int = 0) -> Schedule:
    return Schedule(role=role, name=profile, crontab=parse(cron), profile=profile, desired=desired, ahead_minutes=ahead)


MORNING = schedule("45 6 * * MON-FRI", "peak", 50, ahead=15)
EVENING = schedule("0 20 * * MON-FRI", "off-peak", 10)


def week(*schedules: Schedule, start: str, zone: ZoneInfo = NEW_YORK, days: int = 7) -> Timetable:
    return timetable(
        schedules,
        zone=zone,
        holidays={THANKSGIVING, date(2026, 1, 1)},
        start=datetime.fromisoformat(start).replace(tzinfo=zone).astimezone(UTC),
        days=days,
    )


def lines(table: Timetable) -> list[str]:
    return [
        f"{each.at.astimezone(table.zone):%a %H:%M} {each.schedule.profile} {each.schedule.desired}"
        + (f", ready {each.ready_by.astimezone(table.zone):%H:%M}" if each.ready_by else "")
        + (", held" if each.held else "")
        for each in table.entries
    ]


def test_the_week_of_thanksgiving_has_no_morning_on_thursday_and_its_evening_all_the_same() -> None:
    assert lines(week(MORNING, EVENING, start="2026-11-25")) == [
        "Wed 06:30 peak 50, ready 06:45",
        "Wed 20:00 off-peak 10",
        "Thu 06:30 peak 50, held",
        "Thu 20:00 off-peak 10",
        "Fri 06:30 peak 50, ready 06:45",
        "Fri 20:00 off-peak 10",
        "Mon 06:30 peak 50, ready 06:45",
        "Mon 20:00 off-peak 10",
        "Tue 06:30 peak 50, ready 06:45",
        "Tue 20:00 off-peak 10",
    ]


def test_what_lies_before_the_hour_it_is_asked_is_not_shown_and_the_last_day_is_whole() -> None:
    assert lines(week(MORNING, EVENING, start="2026-11-23T06:31", days=2)) == [
        "Mon 20:00 off-peak 10",
        "Tue 06:30 peak 50, ready 06:45",
        "Tue 20:00 off-peak 10",
    ]


@pytest.mark.parametrize(
    ("zone", "start", "utc", "note"),
    [
        ("America/New_York", "2026-03-07", ["11:30", "10:30"], "clocks go forward from 02:00 to 03:00"),
        ("America/New_York", "2026-10-31", ["10:30", "11:30"], "clocks go back from 02:00 to 01:00"),
        ("Europe/Berlin", "2026-03-28", ["05:30", "04:30"], "clocks go forward from 02:00 to 03:00"),
        ("Europe/Berlin", "2026-10-24", ["04:30", "05:30"], "clocks go back from 03:00 to 02:00"),
        ("Australia/Lord_Howe", "2026-10-03", ["20:00", "19:30"], "clocks go forward from 02:00 to 02:30"),
        ("Australia/Lord_Howe", "2026-04-04", ["19:30", "20:00"], "clocks go back from 02:00 to 01:30"),
        ("Asia/Kolkata", "2026-03-28", ["01:00", "01:00"], None),
    ],
)
def test_on_both_days_of_the_clocks_the_morning_comes_at_its_hour_on_the_wall(
    zone: str, start: str, utc: list[str], note: str | None
) -> None:
    daily = schedule("45 6 * * *", "peak", 50, ahead=15)
    table = week(daily, start=start, zone=ZoneInfo(zone), days=2)
    assert [f"{each.at.astimezone(table.zone):%H:%M}" for each in table.entries] == ["06:30", "06:30"]
    assert [f"{each.at:%H:%M}" for each in table.entries] == utc
    second = table.entries[1].at.astimezone(table.zone).date()
    assert table.notes(second) == ((note,) if note else ())


def test_a_promise_over_the_change_of_the_clocks_is_kept_by_the_wall() -> None:
    """02:00 is followed by 03:00: between the order at 01:45 and 03:15 lies half an hour."""
    (entry,) = week(schedule("15 3 * * SUN", "peak", 50, ahead=90), start="2026-03-08", days=1).entries
    assert entry.ready_by is not None
    assert f"{entry.at:%H:%M} {entry.ready_by:%H:%M}" == "06:45 07:15"


def test_each_group_has_its_own_levels() -> None:
    pods = schedule("45 6 * * *", "peak", 5, role="provisioner", ahead=15)
    table = week(MORNING, EVENING, pods, start="2026-11-26", days=1)
    assert [(each.schedule.role, each.adds, each.held) for each in table.entries] == [
        ("provisioner", True, True),  # alone, it is there to be reached
        ("workspace", True, True),
        ("workspace", False, False),
    ]


def test_without_ahead_minutes_nothing_is_promised() -> None:
    (entry,) = week(schedule("45 6 * * *", "peak", 50), start="2026-11-23", days=1).entries
    assert entry.adds
    assert entry.ready_by is None


def test_a_day_tells_all_that_is_out_of_the_ordinary() -> None:
    table = timetable(
        [], zone=NEW_YORK, holidays=[date(2026, 11, 1)], start=datetime(2026, 11, 1, 6, tzinfo=UTC), days=1
    )
    assert table.notes(date(2026, 11, 1)) == ("holiday: no scale-up",)  # asked after the clocks have gone back
    table = timetable(
        [], zone=NEW_YORK, holidays=[date(2026, 11, 1)], start=datetime(2026, 11, 1, 5, tzinfo=UTC), days=1
    )
    assert table.notes(date(2026, 11, 1)) == ("clocks go back from 02:00 to 01:00", "holiday: no scale-up")


@pytest.mark.parametrize(
    ("now", "zone", "expected"),
    [
        ("2026-11-26T04:59:59Z", "America/New_York", False),
        ("2026-11-26T05:00:00Z", "America/New_York", True),
        ("2026-11-27T04:59:59Z", "America/New_York", True),
        ("2026-11-27T05:00:00Z", "America/New_York", False),
        ("2026-11-26T00:00:00Z", "UTC", True),
        ("2026-11-25T18:30:00Z", "Asia/Kolkata", True),
    ],
)
def test_a_holiday_begins_and_ends_at_midnight_where_the_settings_clock_hangs(
    now: str, zone: str, *, expected: bool
) -> None:
    scaling = Scaling(groups={}, time_zone=zone, holidays=("2026-01-01", "2026-11-26"))
    assert is_holiday(datetime.fromisoformat(now), scaling) is expected
