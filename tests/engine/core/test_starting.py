"""An engine that is still being furnished is told from one that is up, and goes when that fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from day2.engine import engine as engines
from day2.engine.engine import Engine, EngineNotAvailable
from day2.engine.processes import Process
from day2.engine.settings import EngineSettings


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    engines.down(tmp_path)


def test_an_engine_is_starting_until_it_is_furnished(workspace: Path) -> None:
    with Engine(EngineSettings(workspace=workspace), seed="small").coming_up() as engine:
        assert engine.client("sts").get_caller_identity()
        seen = engines.status(workspace)
        assert (seen.running, seen.starting) == (False, True)
        for use in (Engine.find, Engine.that_is_up, lambda folder: Engine(EngineSettings(workspace=folder)).up()):
            with pytest.raises(EngineNotAvailable, match=r"still starting.*day2 engine status"):
                use(workspace)
    seen = engines.status(workspace)
    assert (seen.running, seen.starting) == (True, False)
    assert Engine.find(workspace).seed == "small"


def test_an_engine_whose_furnishing_fails_ends(workspace: Path) -> None:
    begun: list[Process | None] = []

    def fail() -> None:
        with Engine(EngineSettings(workspace=workspace)).coming_up():
            begun.append(Process.of(engines.status(workspace).pid))
            raise ValueError("the test's own")

    with pytest.raises(ValueError, match="own"):
        fail()
    assert begun[0]
    assert not begun[0].alive
    assert not (workspace / "state.json").exists()


def test_an_engine_that_was_ended_while_it_was_furnished_is_not_announced(workspace: Path) -> None:
    def ended() -> None:
        with Engine(EngineSettings(workspace=workspace)).coming_up():
            engines.down(workspace)

    with pytest.raises(EngineNotAvailable, match="ended while it was still starting"):
        ended()
    assert not (workspace / "state.json").exists()
