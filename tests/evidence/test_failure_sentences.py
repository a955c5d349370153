"""What an execution ended with, as it is told: also of an error that the machine was to ask for again."""

import pytest
from sample_drills import caught

from lambdas import errors
from lambdas.errors import NotYet
from lambdas.evidence import failures

RETRIED = NotYet.__subclasses__()


@pytest.mark.parametrize("error", RETRIED)
@pytest.mark.parametrize(
    "said",
    [
        "Nothing to do: the machine asks again.",
        "Nothing to do yet: it is looked at again, and a platform that stays so is led back.",
        "Nothing to do while it starts; if it stays so, look at its address, port and security group.",
    ],
)
def test_what_was_asked_for_to_the_end_has_a_next_step_for_the_end(error: type[NotYet], said: str) -> None:
    told = failures.read(caught(error.__name__, f"It is not ready. [coder[0]] {said}"), part="restore")
    assert told.sentence == f"It is not ready. [coder[0]] {error.at_last}"


@pytest.mark.parametrize("error", RETRIED)
def test_every_retried_error_has_a_next_step_of_its_own_for_the_end(error: type[NotYet]) -> None:
    assert "at_last" in vars(error)
    assert error.at_last.endswith(".")
    assert "Nothing to do" not in error.at_last


def test_a_next_step_that_already_says_what_to_do_stays() -> None:
    told = failures.read(caught("PodsStillRunning", "Two pods. [coder] Look at their finalizers."), part="restore")
    assert told.sentence == "Two pods. [coder] Look at their finalizers."


def test_what_is_never_retried_keeps_its_own_words() -> None:
    told = failures.read(
        caught(errors.RetirementInProgress.__name__, "Held. [x] Nothing to do: watch that execution."), part="x"
    )
    assert told.sentence == "Held. [x] Nothing to do: watch that execution."
