"""A production-like Coder database, made by our own code and the same at every making.

`apply` fills an empty database, `live_on` lets production go on after a recovery point,
`corruptions` breaks a source for drills that must fail.
"""

from day2.engine.seed.corruptions import Corruption, corrupt, corruption, corruptions
from day2.engine.seed.live import LiveFacts, Marker, live_on
from day2.engine.seed.load import SeedFacts, apply
from day2.engine.seed.psql import SeedFailed
from day2.engine.seed.sizes import LARGE, SMALL, Size, size_named

__all__ = [
    "LARGE",
    "SMALL",
    "Corruption",
    "LiveFacts",
    "Marker",
    "SeedFacts",
    "SeedFailed",
    "Size",
    "apply",
    "corrupt",
    "corruption",
    "corruptions",
    "live_on",
    "size_named",
]
