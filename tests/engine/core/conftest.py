"""Tiny functions and machines on the session's engine."""

import pytest
from core_bench import Workbench

from day2.engine.engine import Engine


@pytest.fixture
def bench(engine: Engine) -> Workbench:
    return Workbench(engine)
