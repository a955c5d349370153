"""Ctrl-C on `day2 drill`, its drill in an engine that is up or in AWS: the watching ends, the drill does not.

AWS is the same engine, found as an operator's AWS account is: by the environment.
"""

import signal
from dataclasses import dataclass

import pytest
from operator_command import Command
from stage import Drilled, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A drill that nobody watched any more: what was said, with which code, and how it ended."""

    told: str
    code: int
    options: tuple[str, ...]
    drill: str
    status: str


@pytest.fixture(scope="module", params=[(), ("--aws", "--env", "local")], ids=["in the engine", "in AWS"])
def left(request: pytest.FixtureRequest, stage: Stage, scheduled: Drilled, day2: Command) -> Left:
    options: tuple[str, ...] = request.param
    with stage.held_before_verification():
        watched = day2.start("drill", *options, "--recovery-point", "latest-restorable-time")
        assert watched.stdout
        assert any("OpenDrill" in line for line in watched.stdout), "it was never seen to begin"
        watched.send_signal(signal.SIGINT)
        _, told = watched.communicate()
        (running,) = stage.ledger.running()
    seen = stage.follow(running.execution)
    return Left(
        told=" ".join(told.split()), code=watched.returncode, options=options, drill=running.id, status=seen.status
    )


@pytest.fixture(scope="module")
def day2(stage: Stage) -> Command:
    """In the folder in which the engine is up, with the variables that `day2 engine up` shows."""
    return Command(stage.folder, variables=stage.engine.environment())


def test_it_is_told_that_the_drill_goes_on_and_how_it_is_seen_again(left: Left) -> None:
    where = "AWS" if left.options else "the engine"
    options = "".join(f" {each}" for each in left.options)
    assert left.told == (
        f"✗ Interrupted; the drill {left.drill} goes on in {where}. Once it has ended, see it again with: "
        f"day2 drills{options} day2 report {left.drill}{options}"
    )
    assert left.code == 130


def test_the_drill_goes_on_to_its_end(left: Left) -> None:
    assert left.status == "SUCCEEDED"


def test_the_commands_that_were_told_show_it(day2: Command, left: Left) -> None:
    assert left.drill in [each["id"] for each in day2.document("drills", *left.options)]
    assert f"Drill {left.drill}  passed" in day2.page("report", left.drill, *left.options)
