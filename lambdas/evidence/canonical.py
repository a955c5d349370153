"""The canonical form of a record: the bytes that are stored, hashed and compared.

It is RFC 8785 (JSON Canonicalization Scheme) over a narrowed set of values, so that any implementation of that
scheme makes the same bytes from the same record:

- UTF-8, no byte order mark, no white space, no newline at the end;
- object members sorted by name, compared as UTF-16 code units;
- numbers are integers of at most 2^53 - 1, or decimals of at most four places: a number is rounded to four
  places, a whole one is written as an integer, so 12.0 and 12 are one, and no exponent ever appears;
- not a number, infinity, and a string that is not valid Unicode are refused.

To verify a stored record: `sha256sum record.json` gives the digest in the ledger, the report and the message.
To verify one that was pretty-printed on the way: `digest(canonical(json.loads(text)))`.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

PLACES = 4
LARGEST = 2**53 - 1


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value. Raises ValueError for what has no canonical form."""
    return json.dumps(normal(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def digest(content: bytes) -> str:
    """SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def normal(value: Any) -> Any:
    """The same value with its members in order and its numbers narrowed, as it is read back from its bytes."""
    match value:
        case None | bool() | str():
            return value
        case int() | float():
            return _number(value)
        case Mapping():
            names = sorted(value, key=lambda name: name.encode("utf-16-be"))
            return {name: normal(value[name]) for name in names}
        case list() | tuple():
            return [normal(item) for item in value]
        case _:
            raise ValueError(f"{type(value).__name__} has no JSON form")


def _number(value: float) -> int | float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number that JSON can hold")
    rounded = round(value, PLACES)
    if abs(rounded) > LARGEST:
        raise ValueError(f"{value} is larger than a JSON number can hold exactly")
    return int(rounded) if rounded == int(rounded) else rounded
