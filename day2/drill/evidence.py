"""A drill's evidence on this machine: fetched from the bucket into `reports/<drill-id>/`, and read back from there."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from day2.drill.deployment import Deployment
from day2.drill.execution import Watched
from lambdas.adapters.archive import Archive
from lambdas.adapters.ledger import Ledger
from lambdas.errors import Refused
from lambdas.evidence import naming
from lambdas.evidence.canonical import digest
from lambdas.evidence.summary import Summary, summarise
from lambdas.recovery.names import drill_id

FOLDER = Path("reports")
RECORD, REPORT = "record.json", "report.html"


class NoEvidence(Refused):
    """There is no evidence of this drill where it was looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A drill's evidence in a folder. `summary.sha256` is that of the record's bytes as they lie there."""

    folder: Path
    record: Mapping[str, Any]
    summary: Summary

    @property
    def files(self) -> tuple[Path, ...]:
        """Record, Markdown, HTML."""
        markdown = Path(naming.places(source=self.summary.source, drill=self.summary.id).markdown).name
        return tuple(self.folder / name for name in (RECORD, markdown, REPORT))


def of_execution(deployment: Deployment, seen: Watched) -> Evidence:
    """Fetch the evidence of an ended execution. Raises NoEvidence when it left none (a refused request)."""
    return fetch(deployment, drill_id(execution=seen.execution, started_at=seen.started_at))


def fetch(deployment: Deployment, drill: str, *, folder: Path = FOLDER) -> Evidence:
    """Fetch a drill's evidence from the bucket into `folder/<drill>/`."""
    entry = Ledger(deployment.table, deployment.clients("dynamodb")).entry(drill)
    if not isinstance(entry, Summary):
        raise NoEvidence(
            "This drill has left no evidence." if entry is None else "This drill has not ended yet.",
            resource=drill,
            next_step="`day2 drills` lists the drills that have ended.",
        )
    places = naming.places(source=entry.source, drill=drill)
    archive = Archive(deployment.bucket, deployment.clients("s3"))
    place = folder / drill
    place.mkdir(parents=True, exist_ok=True)
    for key in (places.record, places.markdown, places.report):
        (place / Path(key).name).write_bytes(archive.get(key))
    return read(place)


def read(place: Path) -> Evidence:
    """The evidence that lies in a folder. Raises NoEvidence when there is none."""
    file = place / RECORD
    try:
        content = file.read_bytes()
    except OSError as error:
        raise NoEvidence(
            "There is no record of this drill on this machine.",
            resource=str(file),
            next_step="`day2 drills` lists those that there are; add --aws --env prod for those of an AWS account.",
        ) from error
    try:
        record = json.loads(content)
        summary = summarise(record, record_key=RECORD, report_key=REPORT, sha256=digest(content))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NoEvidence(
            "This file is no record of a drill.",
            resource=str(file),
            next_step="Fetch it again with `day2 report ID --aws`, or delete its folder.",
        ) from error
    return Evidence(folder=place, record=record, summary=summary)


def kept(folder: Path = FOLDER, *, otherwise: Callable[[NoEvidence], None] = lambda _: None) -> Iterator[Evidence]:
    """All evidence on this machine, newest first; `otherwise` hears of what cannot be read."""
    found = []
    for file in folder.glob(f"*/{RECORD}"):
        try:
            found.append(read(file.parent))
        except NoEvidence as unreadable:
            otherwise(unreadable)
    yield from sorted(found, key=lambda each: each.summary.opened_at, reverse=True)
