"""Days on which no schedule adds nodes."""

from datetime import datetime
from zoneinfo import ZoneInfo

from lambdas.settings import Scaling


def is_holiday(now: datetime, scaling: Scaling) -> bool:
    """Whether `now` falls on one of the settings' holidays, by the calendar of their time zone."""
    return now.astimezone(ZoneInfo(scaling.time_zone)).date().isoformat() in scaling.holidays
