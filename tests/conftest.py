"""What holds for the whole suite."""

import gc

import pytest
from hypothesis import settings

# A machine that is busy makes an example slow, and no property false.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

_YOUNG = 20_000


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave what collection made out of every later garbage collection: walking it took a sixth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
