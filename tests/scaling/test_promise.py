"""Ready on time: what becomes of the nodes that a schedule promised."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.scaling.contracts import Override, Standing
from lambdas.scaling.promise import Counted, Seen, judge, message

NOW = datetime(2026, 11, 27, 11, 45, tzinfo=UTC)
LATE = Seen(desired=50, ready=31, wanted=50)
COUNTED = Counted(role="workspace", node_group="coder-prod-ws", schedule="workspace-morning", wanted=50, ready=31)
WORD = Override(until=NOW + timedelta(hours=1), by="arn:aws:iam::111122223333:user/ada")


def test_it_is_kept_by_as_many_nodes_or_more() -> None:
    assert judge(replace(LATE, ready=50), NOW).verdict == judge(replace(LATE, ready=51), NOW).verdict == "kept"


def test_it_is_broken_by_one_too_few() -> None:
    promise = judge(replace(LATE, ready=49), NOW)
    assert (promise.verdict, promise.missing) == ("broken", 1)


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (replace(LATE, holiday=True), "a holiday"),
        (replace(LATE, standing=Standing(frozen=WORD)), "automatic scaling is frozen until"),
        (replace(LATE, standing=Standing(override=WORD)), "what a person ordered holds until"),
    ],
)
def test_it_is_lifted_by_a_holiday_or_by_a_person(seen: Seen, why: str) -> None:
    promise = judge(seen, NOW)
    assert promise.verdict == "not due"
    assert why in promise.reason


def test_a_word_that_has_lapsed_lifts_nothing() -> None:
    assert judge(replace(LATE, standing=Standing(override=replace(WORD, until=NOW))), NOW).verdict == "broken"


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"desired": 10}, "not ordered"),
        ({"failures": ("We currently do not have sufficient m6i.2xlarge capacity",)}, "capacity"),
        ({"failures": ("VcpuLimitExceeded: more vCPU capacity than your limit of 64",)}, "quota"),
        ({"health": ("InsufficientFreeAddresses: not enough free addresses in subnet-1",)}, "subnet addresses"),
        ({}, "unknown"),
    ],
)
def test_a_broken_one_is_told_with_its_cause(more: dict[str, object], kind: str) -> None:
    promise = judge(replace(LATE, **more), NOW)  # type: ignore[arg-type]
    note = message(promise, COUNTED, environment="prod", now=NOW)
    assert note is not None
    assert note.subject == "[prod] Not ready on time: coder-prod-ws lacks 19 nodes"
    assert f"Cause: {kind}\n" in note.body
    assert "31 of 50 nodes are Ready at 2026-11-27 11:45:00 UTC, for which workspace-morning promises them" in note.body


def test_one_that_is_kept_tells_nobody() -> None:
    assert message(judge(replace(LATE, ready=50), NOW), COUNTED, environment="prod", now=NOW) is None
