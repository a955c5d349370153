"""AskApproval: the question is noted with its token before it is told, and a repetition loses nothing."""

from datetime import timedelta

import pytest
from approval_world import World
from restore_samples import ASKED, RESTORATION

from lambdas.adapters.topic import Topic
from lambdas.errors import ServiceBusy


def test_the_question_is_told_and_noted_with_its_token_and_its_end(world: World) -> None:
    world.later(seconds=4)
    told = world.ask(entered_at=ASKED)
    (sent,) = world.messages()
    assert "\nNothing is migrated.\n" in sent["Message"]
    assert sent["Subject"] == "[prod] Approve or reject restore 20261123-1a2b3c4d: coder-prod-aurora"
    asked = world.approvals.approval(RESTORATION.id)
    assert asked is not None
    assert (asked.token, asked.state) == ("a-task-token", "waiting")
    assert asked.expires_at == ASKED + timedelta(hours=4)
    assert told["expires_at"] == "2026-11-23T15:05:00Z"


def test_the_message_does_not_hold_the_token(world: World) -> None:
    world.ask()
    assert "a-task-token" not in world.messages()[0]["Message"]


def test_the_same_token_again_leaves_the_question_as_it_is(world: World) -> None:
    world.ask()
    world.later(minutes=1)
    world.ask()
    asked = world.approvals.approval(RESTORATION.id)
    assert asked is not None
    assert asked.asked_at == ASKED


def test_once_answered_the_same_token_again_announces_nothing(world: World) -> None:
    world.ask()
    world.answer("approved")
    world.messages()
    assert world.ask()["message"] is None
    assert world.messages() == []
    asked = world.approvals.approval(RESTORATION.id)
    assert asked is not None
    assert asked.state == "approved"


def test_a_retry_of_the_state_asks_anew_with_its_new_token(world: World) -> None:
    world.ask()
    world.later(minutes=1)
    world.ask("another-token")
    world.answer("approved")
    assert [token for token, _, _ in world.machine.heard] == ["another-token"]


def test_a_topic_that_is_busy_leaves_a_question_that_can_be_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> str:
        raise ServiceBusy("busy", resource="topic", next_step="")

    monkeypatch.setattr(Topic, "announce", busy)
    with pytest.raises(ServiceBusy):
        world.ask()
    assert world.answer("approved")["decision"] == "approved"
