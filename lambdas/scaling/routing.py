"""What a message of an alarm is worth: a scaling, or nothing, with the reason.

SNS delivers at least once and in no order, so that a message only says where to look. What counts is the alarm's
present state and since when it has it: of a hundred messages those of one transition start one execution.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from lambdas import payload
from lambdas.settings import AlarmRule, ScaledGroup
from lambdas.words import clock

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Verdict = Literal["start", "unknown", "gone", "stale", "calm", "no data", "settled"]

SAME_TRANSITION = timedelta(seconds=5)
"""How far a message's StateChangeTime may be from the alarm's own StateTransitionedTimestamp."""
RECONCILE_EVERY = timedelta(minutes=5)
MADE_UP_FOR = timedelta(hours=1)
"""An alarm that is OK for longer has nothing to say: it was OK before anybody listened, or its message has come."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# StartExecution, API reference: at most 80 of these; 11 go to the digest, 21 to the moment, 6 to `alarm-`.
_NAMED = 40
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one message says: this alarm went into this state then."""

    alarm: str
    state: State
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """An alarm as it stands. `since`: when it went into this state."""

    alarm: str
    state: State
    since: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """An execution to start: `name` is the same for the same transition, so that Step Functions refuses a second."""

    name: str
    request: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What becomes of a message, or of a look at an alarm. `start` is there only where the verdict is `start`."""

    alarm: str
    verdict: Verdict
    reason: str
    start: Start | None = None


def route(notice: Notice, present: Present | None, rules: Mapping[str, AlarmRule]) -> Routed:
    """The one decision on a message; the same for the same arguments."""
    if notice.alarm not in rules:
        return _drop(notice.alarm, "unknown", "the settings do not name this alarm")
    if present is None:
        return gone(notice.alarm)
    if present.state != notice.state:
        said = f"the message says {notice.state}, the alarm is {present.state} since {clock(present.since)}"
        return _drop(notice.alarm, "stale", said)
    if present.since - notice.changed_at > SAME_TRANSITION:
        said = f"the message is of {clock(notice.changed_at)}, and the alarm changed again at {clock(present.since)}"
        return _drop(notice.alarm, "stale", said)
    return _act(present, rules[notice.alarm], at=present.since)


def reconcile(present: Present, rule: AlarmRule, policy: ScaledGroup, now: datetime) -> Routed:
    """What a look at an alarm without a message is worth.

    A transition of the last minutes is acted upon under its own name: one whose message was lost is made up for, and
    one whose message came starts nothing. In ALARM for longer, it is acted upon again once in a cooldown: before that
    nothing could change, and what cannot be taken away all night is told twice an hour and not twelve times.
    """
    if present.state == "OK" and now - present.since > MADE_UP_FOR:
        return _drop(present.alarm, "calm", f"the alarm is OK since {clock(present.since)}")
    if present.state != "ALARM" or now - present.since < RECONCILE_EVERY:
        return _act(present, rule, at=present.since)
    takes_away = rule.alarm.startswith("-")
    minutes = policy.cooldown_in_minutes if takes_away else policy.cooldown_out_minutes
    return _act(present, rule, at=slot(now, max(RECONCILE_EVERY, timedelta(minutes=minutes))))


def gone(alarm: str) -> Routed:
    """What becomes of an alarm that the settings name and CloudWatch does not have."""
    return _drop(alarm, "gone", "CloudWatch has no such alarm")


def settled(routed: Routed, why: str) -> Routed:
    """The same without its start: it would be decided that nothing is to be done."""
    return _drop(routed.alarm, "settled", why)


def slot(now: datetime, length: timedelta) -> datetime:
    """The stretch of time of this length in which `now` lies, by its beginning; they are counted from 1970."""
    return now - (now - _EPOCH) % length


def _act(present: Present, rule: AlarmRule, *, at: datetime) -> Routed:
    if present.state == "INSUFFICIENT_DATA":
        return _drop(present.alarm, "no data", "the alarm has no data, and nothing is decided on none")
    change = rule.alarm if present.state == "ALARM" else rule.ok
    if not change:
        return _drop(present.alarm, "calm", f"the alarm is {present.state} since {clock(present.since)}")
    # To the second, as Step Functions and the ledger name it: no alarm changes twice in one.
    at = at.replace(microsecond=0)
    start = Start(
        name=_name(present.alarm, at),
        request={
            "group": rule.role,
            "by": change,
            "alarm": present.alarm,
            "transition": payload.instant(at),
            "reason": f"{present.alarm} is {present.state} since {clock(present.since)}",
        },
    )
    return Routed(alarm=present.alarm, verdict="start", reason=str(start.request["reason"]), start=start)


def _name(alarm: str, at: datetime) -> str:
    """`alarm-team-queue-high-1f2e3d4c-20261127T060000Z`: two alarms that read alike differ by the digest."""
    digest = hashlib.sha256(alarm.encode()).hexdigest()[:8]
    return f"alarm-{_UNFIT.sub('-', alarm)[:_NAMED].strip('-')}-{digest}-{at:%Y%m%dT%H%M%SZ}"


def _drop(alarm: str, verdict: Verdict, reason: str) -> Routed:
    return Routed(alarm=alarm, verdict=verdict, reason=reason)
