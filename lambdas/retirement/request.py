"""What an operator asks for: typed, its name twice, and refused with every fault at once."""

from dataclasses import dataclass
from typing import Any, cast

from lambdas import reading
from lambdas.reading import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A retirement's request; empty and None stand for what was not told."""

    cluster: str = ""
    confirm: str = ""
    reason: str = ""
    ticket: str = ""
    dry_run: bool = False
    started_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A request as far as it could be read, and every fault in it, each with its field's path."""

    request: Request
    faults: tuple[str, ...] = ()


def read_request(data: Any) -> Reading:
    """Read any JSON value as a request. Never raises: a fault is part of the reading."""
    read = reading.fields(
        data,
        {
            "cluster": reading.text,
            "confirm": reading.text,
            "reason": reading.text,
            "ticket": reading.text,
            "dry_run": reading.yes_or_no,
            "started_by": reading.text,
        },
    )
    request = Request(**cast("dict[str, Any]", read.values))
    told = data if isinstance(data, dict) else {}
    faults = [*read.faults]
    if isinstance(data, dict) and "cluster" not in told:
        faults.append("request.cluster: is missing; a retirement names the one cluster that it deletes")
    if isinstance(data, dict) and not request.dry_run:
        if "confirm" not in told:
            faults.append("request.confirm: is missing; say the cluster's name once more")
        elif request.confirm and request.cluster and request.confirm != request.cluster:
            faults.append(f"request.confirm: {shown(request.confirm)} is not {shown(request.cluster)}")
        if "reason" not in told:
            faults.append("request.reason: is missing; the record says why a database was deleted")
    return Reading(request=request, faults=tuple(faults))
