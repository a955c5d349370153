"""What cannot be done is refused before anything is changed, with everything that is wrong with it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from restore_stage import Stage

from day2.restore import running
from lambdas import payload


def refusal(stage: Stage, request: dict[str, Any]) -> str:
    """What an execution with this input ends with, nothing having been changed by it."""
    stage.house.come_home()
    before, named = stage.house.sight(), stage.house.named()
    seen = stage.follow(running.start(stage.furnished.deployment, request))
    assert (seen.status, seen.error) == ("FAILED", "InputRejected")
    assert [each.name for each in seen.states] == ["OpenRestore"]
    assert running.ended(stage.furnished.deployment, seen).summary is None
    assert (stage.house.sight(), stage.house.named()) == (before, named)
    return seen.sentence


def test_the_consoles_empty_request_is_refused(stage: Stage) -> None:
    assert "request.recovery_point: is missing" in refusal(stage, {})


@pytest.mark.parametrize("days", [-400, 1])
def test_a_time_outside_the_window_is_refused(stage: Stage, days: int) -> None:
    moment = datetime.now(UTC) + timedelta(days=days)
    assert "request.recovery_point: " in refusal(stage, {"recovery_point": f"time:{payload.instant(moment)}"})


def test_everything_that_is_wrong_is_told_at_once(stage: Stage) -> None:
    told = refusal(
        stage,
        {
            "recovery_point": "snapshot:coder-local-that-never-was",
            "target": stage.source,
            "strategy": "overwrite",
            "cut_over": "at-night",
            "dry_run": "yes",
            "sources": 1,
        },
    )
    for field in ("recovery_point", "target", "strategy", "cut_over", "dry_run", "sources"):
        assert f"request.{field}" in told, told
    assert "coder-local-that-never-was" in told


def test_the_command_says_it_in_a_sentence_and_exits_with_2(stage: Stage) -> None:
    stage.house.come_home()
    told = stage.day2.refusal("restore", "--to", "snapshot:coder-local-that-never-was", "--strategy", "overwrite")
    assert "coder-local-that-never-was" in told
    assert "request.strategy" in told
