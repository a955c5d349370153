"""Frozen dataclasses to JSON and back, for what travels between steps.

Own code, because a library for it (cattrs with attrs, 70 ms on import) costs a quarter of a cold start's
budget; it reads exactly the shapes that `lambdas.contracts` and `lambdas.settings` use.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def write(value: Any) -> Any:
    """JSON-ready form: dataclasses become objects, times RFC 3339 in UTC with a `Z`, tuples arrays."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: write(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Mapping):
        return {key: write(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [write(item) for item in value]
    return value


def instant(moment: datetime) -> str:
    """An aware time as `2026-11-23T02:00:00Z`, with microseconds only where it has them."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}: times here are aware")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """The aware UTC time that RFC 3339 `text` names. Raises ValueError for a naive or malformed one."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset")
    return moment.astimezone(UTC)


def read(kind: type[T], data: Mapping[str, Any]) -> T:
    """A `kind` from its JSON form; unknown keys are ignored, a missing required one raises TypeError."""
    hints = _hints(kind)  # type: ignore[arg-type]  # a class is hashable
    values = {}
    for field in fields(kind):  # type: ignore[arg-type]  # every caller passes a dataclass
        if field.name in data:
            values[field.name] = _value(hints[field.name], data[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise TypeError(f"{kind.__name__}.{field.name} is missing")
    return kind(**values)


_hints = cache(get_type_hints)


def _value(hint: Any, value: Any) -> Any:  # noqa: PLR0911  one line for each shape of hint
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _value(next(each for each in get_args(hint) if each is not types.NoneType), value)
    if hint is datetime:
        return parse_instant(value)
    if isinstance(hint, type) and is_dataclass(hint):
        return read(hint, value)
    if origin is tuple:
        return tuple(_value(get_args(hint)[0], item) for item in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: _value(get_args(hint)[1], item) for key, item in value.items()}
    return float(value) if hint is float else value
