"""Kubernetes' quantities, `3920m` CPUs or `15Gi` bytes, as numbers.

Grammar: Kubernetes API reference, "Quantity": a decimal number with a binary suffix (Ki to Ei), a decimal one
(n, u, m, k to E) or an exponent.
"""

import re

_UNITS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_UNITS |= {f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", start=1)}
_QUANTITY = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?P<unit>[numkMGTPE]|[KMGTPE]i|)")


def number(written: object) -> float:
    """The number that is meant. Raises ValueError for what is no quantity."""
    found = _QUANTITY.fullmatch(str(written))
    if found is None:
        raise ValueError(f"{written!r} is no quantity of Kubernetes")
    return float(found["number"]) * _UNITS[found["unit"]]
