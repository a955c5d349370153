"""One engine for the whole test session; every test names its own resources."""

from collections.abc import Iterator

import pytest

from day2.engine.engine import Engine
from day2.engine.settings import EngineSettings


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A running engine whose minute takes 0.6 seconds; it ends with this process at the latest."""
    settings = EngineSettings(workspace=tmp_path_factory.mktemp("engine"), wait_scale=0.01)
    with Engine(settings) as running:
        yield running
