"""What SNS hands to a function, read as notices of alarms.

Shapes: "Using Lambda with Amazon SNS" for the event; the CloudWatch user guide, "Notifying users on alarm changes",
for the message. What is no alarm's message is said and passed over: a team's topic may carry other things too.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from lambdas.scaling.routing import Notice, State


def notices(event: Any) -> tuple[Notice | None, ...]:
    """One for each record of an SNS event; None for a record that is no message of an alarm."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    return tuple(_notice(each) for each in _list(records))


def _notice(record: Any) -> Notice | None:
    try:
        told = json.loads(record["Sns"]["Message"])
        name, state = told["AlarmName"], told["NewStateValue"]
        changed_at = datetime.fromisoformat(told["StateChangeTime"])
    except (KeyError, TypeError, ValueError):
        return None
    if not isinstance(name, str) or state not in get_args(State) or changed_at.tzinfo is None:
        return None
    return Notice(alarm=name, state=state, changed_at=changed_at.astimezone(UTC))


def _list(records: Any) -> Iterator[Any]:
    yield from records if isinstance(records, list) else ()
