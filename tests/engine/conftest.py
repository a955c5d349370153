"""One engine for the whole test session; every test names its own resources."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from day2.engine.engine import Engine
from day2.engine.settings import EngineSettings

HERE = Path(__file__).parent
TOGETHER = {HERE / name: name for name in ("command", "end_to_end", "nodes", "restore", "scaling")}
"""Folders whose tests share an engine, or the place of one: one worker runs all of each."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if group := TOGETHER.get(item.path.parent):
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A running engine whose minute takes 0.6 seconds; it ends with this process at the latest."""
    settings = EngineSettings(workspace=tmp_path_factory.mktemp("engine"), wait_scale=0.01)
    with Engine(settings) as running:
        yield running
