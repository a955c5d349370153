"""Reads what people ask for: field by field, every fault in it at once, each with its field's path.

`Comment` is ignored, because the console's start dialog is prefilled with one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas import payload

LONGEST_TEXT = 500
# The refusal is the execution's cause, of which Step Functions keeps 32 KiB.
MOST_SHOWN = 20
_PLAIN = re.compile(r"[A-Za-z_]\w{0,60}", re.ASCII)

Reader = Callable[[Any], Any]


class Fault(Exception):
    """One field's value is not what it must be; the text goes behind the field's path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields that could be read, by name, and every fault in the others."""

    values: Mapping[str, Any]
    faults: tuple[str, ...] = ()


def fields(data: Any, readers: Mapping[str, Reader]) -> Fields:
    """Read any JSON value as an object of these fields, none of which is required. Never raises."""
    if not isinstance(data, Mapping):
        return Fields(values={}, faults=(f"request: an object is expected, not {kind(data)}",))
    values: dict[str, Any] = {}
    faults: list[str] = []
    unknown: list[str] = []
    for name, value in data.items():
        if name == "Comment":
            continue
        if name not in readers:
            path = name if _PLAIN.fullmatch(str(name)) else shown(str(name))
            unknown.append(f"request.{path}: unknown field; a request has {', '.join(readers)}")
            continue
        try:
            values[name] = readers[name](value)
        except Fault as fault:
            faults.append(f"request.{name}: {fault}")
    more = len(unknown) - MOST_SHOWN
    faults += unknown[:MOST_SHOWN] + ([f"request: {more} more unknown fields"] if more > 0 else [])
    return Fields(values=values, faults=tuple(faults))


def text(value: Any) -> str:
    """A printable text on one line, at most LONGEST_TEXT characters. Raises Fault, as all readers here."""
    if not isinstance(value, str):
        raise Fault(f"a string is expected, not {kind(value)}")
    if len(value) > LONGEST_TEXT:
        raise Fault(f"{len(value)} characters; at most {LONGEST_TEXT} are taken")
    if not value.strip() or not value.isprintable():
        raise Fault("a printable text on one line is expected, or leave the field out")
    return value


def yes_or_no(value: Any) -> bool:
    """A JSON boolean, and nothing that only looks like one."""
    if not isinstance(value, bool):
        raise Fault(f"true or false is expected, not {kind(value)}")
    return value


def one_of(*words: str) -> Reader:
    """A reader of one of these words."""

    def read(value: Any) -> str:
        word = text(value)
        if word not in words:
            raise Fault(f"{shown(word)} is none of {', '.join(words)}")
        return word

    return read


def moment(written: str) -> datetime:
    """An RFC 3339 time with its offset."""
    try:
        return payload.parse_instant(written)
    except (ValueError, OverflowError):
        raise Fault(
            f"{shown(written)} is no RFC 3339 time with its offset from UTC, such as 2026-11-23T02:00:00Z"
        ) from None


def kind(value: Any) -> str:
    """What a JSON value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def shown(written: str) -> str:
    """What somebody wrote, quoted, and cut where it would fill the page."""
    longest = 80
    return repr(written if len(written) <= longest else f"{written[:longest]}...")
