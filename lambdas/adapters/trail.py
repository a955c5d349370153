"""The door to CloudTrail: who started an execution.

Its event history needs no trail, holds 90 days of management events (StartExecution is one), and lags by up to 15
minutes behind them. It is asked at most twice a second in an account and Region.
"""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from lambdas.adapters import aws

# The event's time is the call's, the execution's start comes within moments of it.
_AROUND = timedelta(minutes=2)
# 50 events each: a thousand starts within these minutes are read before it is given up as not found.
_PAGES = 20


@cache
def door() -> "Trail":
    """This function's door, one client for the life of the process."""
    return Trail(aws.client("cloudtrail"))


class Trail:
    """The event history of one account and Region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def starter(self, execution: str, *, started_at: datetime) -> str | None:
        """The ARN of whoever called StartExecution for this execution; None when it is not told (yet)."""
        query: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "StartExecution"}],
            "StartTime": started_at - _AROUND,
            "EndTime": started_at + _AROUND,
        }
        for _ in range(_PAGES):
            with aws.asking(execution):
                page = self._client.lookup_events(**query)
            for event in page.get("Events", ()):
                if arn := _starter(event, execution):
                    return arn
            if not (more := page.get("NextToken")):
                return None
            query["NextToken"] = more
        return None


def _starter(event: Any, execution: str) -> str | None:
    """The caller's ARN where this event is the start of `execution`, and a successful one."""
    try:
        told = json.loads(event["CloudTrailEvent"])
        started = (told.get("responseElements") or {}).get("executionArn")
        if told.get("eventSource") != "states.amazonaws.com" or started != execution or told.get("errorCode"):
            return None
        return str(told["userIdentity"]["arn"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
