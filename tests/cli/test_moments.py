"""When a person's word lapses, as it is typed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from day2.cli.moments import end_of
from lambdas.errors import InputRejected

NEW_YORK = timezone(timedelta(hours=-5))
NOW = datetime(2026, 11, 26, 21, 30, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("length", "until", "end"),
    [
        ("3h", "", NOW + timedelta(hours=3)),
        ("90m", "", NOW + timedelta(minutes=90)),
        ("2d", "", NOW + timedelta(days=2)),
        ("", "22:00", NOW + timedelta(minutes=30)),
        ("", "6:45", datetime(2026, 11, 27, 6, 45, tzinfo=NEW_YORK)),
        ("", "2026-11-27T02:00:00Z", datetime(2026, 11, 27, 2, tzinfo=UTC)),
        ("", "", None),
    ],
)
def test_a_length_or_a_time_names_a_moment(length: str, until: str, end: datetime | None) -> None:
    assert end_of(length, until, now=NOW) == end


@pytest.mark.parametrize(
    ("length", "until", "said"),
    [
        ("3", "", "'3' is no length such as 90m, 3h or 2d"),
        ("0h", "", "'0h' is no length"),
        ("", "25:00", "25:00 is no time of day"),
        ("", "tomorrow", "'tomorrow' is neither a time of day such as 22:00 nor"),
        ("1h", "22:00", "--for and --until exclude each other"),
    ],
)
def test_what_is_neither_is_refused(length: str, until: str, said: str) -> None:
    with pytest.raises(InputRejected) as refused:
        end_of(length, until, now=NOW)
    assert said in refused.value.problems[0]
