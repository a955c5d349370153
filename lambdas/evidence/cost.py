"""What a drill cost, estimated from what it is known to have used.

List prices in USD of us-east-1 as of November 2026 (aws.amazon.com/rds/aurora/pricing, /step-functions/pricing,
/lambda/pricing); a contract or another Region has others, which is why quantities stand beside every amount.
Not in it: requests to S3, DynamoDB, SNS and KMS (under a cent), Aurora's I/O, logs.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambdas.contracts import Timing
from lambdas.evidence import timeline
from lambdas.steps import BY_NAME

PRICES_AS_OF = "2026-11"
PRICES_REGION = "us-east-1"
USD_PER_ACU_HOUR = 0.12  # Aurora Serverless v2, Standard
USD_PER_GIB_MONTH = 0.10  # Aurora storage, Standard; a restored cluster holds its whole volume
USD_PER_TRANSITION = 0.025 / 1_000  # Step Functions Standard
USD_PER_GB_SECOND = 0.0000133334  # Lambda, arm64, first tier
USD_PER_INVOCATION = 0.20 / 1_000_000

_HOURS_A_MONTH = 730
# A step that was retried spent its time waiting between invocations; one invocation of a poll takes about this.
_SECONDS_A_POLL = 1.0
# Besides the steps: IsDuplicate, PrepareCopy, IsPrepared, VerifyDatabase, RecordEvidence, Announce, IsAnnounced,
# ReportOutcome and the end, each entered once.
_OTHER_TRANSITIONS = 9
_OTHER_STEPS = ("RecordEvidence", "Announce")


def estimate(state: Mapping[str, Any], ran: tuple[Timing, ...], *, now: datetime, whole: bool) -> dict[str, Any]:
    """The record's `cost`. `now` bounds what has not been seen to end; `whole`: no step failed.

    What a failed step used is in no amount, nor is a copy whose size was never read: then it is `complete` False, and
    the amounts are the least that was spent.
    """
    database = _database(state, ran, now=now)
    storage = _storage(state, ran, now=now)
    orchestration = _orchestration(ran)
    functions = _functions(ran)
    fixed = orchestration["usd"] + functions["usd"] + (storage["usd"] if storage else 0)
    return {
        "currency": "USD",
        "prices_as_of": PRICES_AS_OF,
        "prices_region": PRICES_REGION,
        "complete": whole and database is not None and storage is not None,
        "database": database,
        "storage": storage,
        "orchestration": orchestration,
        "functions": functions,
        "usd_low": fixed + (database["usd_low"] if database else 0),
        "usd_high": fixed + (database["usd_high"] if database else 0),
    }


def _hours(ran: tuple[Timing, ...], first: str, *, now: datetime) -> float | None:
    begun, gone = timeline.between(ran, first, "DeleteDatabase")
    return None if begun is None else ((gone or now) - begun).total_seconds() / 3_600


def _database(state: Mapping[str, Any], ran: tuple[Timing, ...], *, now: datetime) -> dict[str, Any] | None:
    """Capacity is billed while an instance exists, between the least and the most it may scale to."""
    cluster = ((state.get("prepared") or {}).get("restore") or {}).get("cluster") or {}
    low, high = cluster.get("min_acu"), cluster.get("max_acu")
    hours = _hours(ran, "AddInstance", now=now)
    if hours is None or low is None or high is None:
        return None
    return {
        "instance_hours": hours,
        "min_acu": low,
        "max_acu": high,
        "acu_hours_low": low * hours,
        "acu_hours_high": high * hours,
        "usd_per_acu_hour": USD_PER_ACU_HOUR,
        "usd_low": low * hours * USD_PER_ACU_HOUR,
        "usd_high": high * hours * USD_PER_ACU_HOUR,
    }


def _storage(state: Mapping[str, Any], ran: tuple[Timing, ...], *, now: datetime) -> dict[str, Any] | None:
    size = ((state.get("plan") or {}).get("facts") or {}).get("database_bytes")
    hours = _hours(ran, "RestoreCluster", now=now)
    if hours is None or size is None:
        return None
    gib = size / 2**30
    return {
        "gib": gib,
        "hours": hours,
        "usd_per_gib_month": USD_PER_GIB_MONTH,
        "usd": gib * hours / _HOURS_A_MONTH * USD_PER_GIB_MONTH,
    }


def _orchestration(ran: tuple[Timing, ...]) -> dict[str, Any]:
    """Every state entered is a transition, and every retry one more; those of a failed step are not known."""
    transitions = sum(1 + each.retries for each in ran) + _OTHER_TRANSITIONS
    return {"transitions": transitions, "usd": transitions * USD_PER_TRANSITION}


def _functions(ran: tuple[Timing, ...]) -> dict[str, Any]:
    gb_seconds = 0.0
    for each in ran:
        spent = (each.finished_at - each.entered_at).total_seconds()
        polled = (each.retries + 1) * _SECONDS_A_POLL
        gb_seconds += _gigabytes(each.state) * (min(spent, polled) if each.retries else spent)
    gb_seconds += sum(_gigabytes(name) * _SECONDS_A_POLL for name in _OTHER_STEPS)
    invocations = sum(1 + each.retries for each in ran) + len(_OTHER_STEPS)
    return {
        "invocations": invocations,
        "gb_seconds": gb_seconds,
        "usd": gb_seconds * USD_PER_GB_SECOND + invocations * USD_PER_INVOCATION,
    }


def _gigabytes(state: str) -> float:
    step = BY_NAME.get(state)
    return step.memory_mb / 1_024 if step else 0.0
