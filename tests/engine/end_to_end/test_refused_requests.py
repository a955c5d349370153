"""Requests that the deployed machine refuses before anything is created."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stage import NOTHING, Stage, names

from day2.drill.execution import Watched
from lambdas import payload


def refused(stage: Stage, **request: Any) -> Watched:
    seen = stage.follow(stage.start(**request))
    assert (seen.status, seen.error) == ("FAILED", "InputRejected")
    assert names(seen) == ("OpenDrill",)
    assert stage.left() == NOTHING
    assert stage.ledger.entry(stage.drill_id(seen)) is None
    return seen


def test_every_fault_of_a_request_is_told_at_once(stage: Stage) -> None:
    seen = refused(stage, recovery_point="time:2026-11-01T03:00:00", source="coder-prod-aurora", colour="red")
    for fault in (
        "request.recovery_point: '2026-11-01T03:00:00' is no RFC 3339 time with its offset from UTC",
        "request.source: 'coder-prod-aurora' is not this environment's source",
        "request.colour: unknown field",
    ):
        assert fault in seen.sentence


@pytest.mark.parametrize(
    ("recovery_point", "why"),
    [
        ("snapshot:coder-local-unheard-of", "there is no cluster snapshot coder-local-unheard-of"),
        ("snapshot:by-hand", "'by-hand' is no name that drills may restore"),
        (f"time:{payload.instant(datetime.now(UTC) - timedelta(days=400))}", "lies outside the restorable window"),
        (f"time:{payload.instant(datetime.now(UTC) + timedelta(days=1))}", "lies in the future"),
    ],
    ids=["unknown snapshot", "snapshot outside the settings", "long before the window", "in the future"],
)
def test_a_recovery_point_that_cannot_be_restored_is_refused(stage: Stage, recovery_point: str, why: str) -> None:
    seen = refused(stage, recovery_point=recovery_point)
    assert seen.sentence.count("request.recovery_point: ") == 1
    assert why in seen.sentence
