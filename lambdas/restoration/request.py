"""What an operator asks for: typed, and refused with every fault at once.

`{}` is refused: which moment to go back to is a decision that no default takes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from lambdas import reading
from lambdas.reading import Fault, shown
from lambdas.recovery.request import Selector, admitted, parse_selector
from lambdas.restoration import names
from lambdas.restore_contracts import CutOver, Strategy
from lambdas.settings import Settings

CUT_OVERS: tuple[CutOver, ...] = ("none", "after-approval", "automatic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A restore's request. None and empty stand for what was not told; a recovery point always is."""

    recovery_point: Selector | None = None
    source: str | None = None
    target: str | None = None
    cut_over: CutOver = "after-approval"
    strategy: Strategy = "repoint"
    dry_run: bool = False
    reason: str = ""
    ticket: str = ""
    started_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A request as far as it could be read, and every fault in it, each with its field's path."""

    request: Request
    faults: tuple[str, ...] = ()


def read_request(data: Any, *, settings: Settings, now: datetime) -> Reading:
    """Read any JSON value as a request. Never raises: a fault is part of the reading."""
    restore = names.of(settings)
    read = reading.fields(
        data,
        {
            "recovery_point": lambda value: admitted(parse_selector(reading.text(value), now=now), settings),
            "source": lambda value: _source(reading.text(value), settings),
            "target": lambda value: _target(reading.text(value), settings),
            "cut_over": reading.one_of(*CUT_OVERS),
            "strategy": reading.one_of(*restore.strategies),
            "dry_run": reading.yes_or_no,
            "reason": reading.text,
            "ticket": reading.text,
            "started_by": reading.text,
        },
    )
    faults = list(read.faults)
    told = cast("dict[str, Any]", read.values)
    if isinstance(data, dict) and "recovery_point" not in data:
        faults.append(
            "request.recovery_point: is missing; a restore names latest-snapshot, latest-restorable-time, "
            "snapshot:ID or time:RFC3339"
        )
    if told.get("cut_over") == "automatic" and "reason" not in told:
        faults.append("request.reason: is missing; a cut-over that nobody is asked about says why")
    # Where the settings allow one strategy only, that one is what is meant.
    told = {"strategy": restore.strategies[0], **told}
    return Reading(request=Request(**told), faults=tuple(faults))


def _source(name: str, settings: Settings) -> str:
    if name != settings.source:
        raise Fault(f"{shown(name)} is not this environment's source, {settings.source}")
    return name


def _target(name: str, settings: Settings) -> str:
    faults = names.target_faults(name, source=settings.source, settings=names.of(settings))
    if faults:
        raise Fault(f"{shown(name)} {', '.join(faults)}")
    return name
