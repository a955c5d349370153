"""A drill's evidence on this machine: fetched from the bucket into `reports/<drill-id>/`, and read back from there.

A record is believed only with its digest: the ledger's when it is fetched, and the one then written beside it when it
is read. That file is as easily edited as the record; it shows accidents, and lets an auditor run `sha256sum -c`.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
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
DIGEST = f"{RECORD}.sha256"


class NoEvidence(Refused):
    """There is no evidence of this drill where it was looked for."""


class ReportsNotWritable(Refused):
    """Reports could not be written here."""


class EvidenceAltered(Refused):
    """The record is not the one whose digest was kept, or no digest was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A drill's evidence in a folder. `summary.sha256` is that of the record's bytes; `checked_by` names who agrees."""

    folder: Path
    record: Mapping[str, Any]
    summary: Summary
    checked_by: str

    @property
    def files(self) -> tuple[Path, ...]:
        """Record, Markdown, HTML."""
        markdown = Path(naming.places(source=self.summary.source, drill=self.summary.id).markdown).name
        return tuple(self.folder / name for name in (RECORD, markdown, REPORT))


def require_writable(folder: Path = FOLDER) -> None:
    """Raise ReportsNotWritable unless reports can be written into `folder`, which is not made for it.

    Tried, not asked: permissions say nothing of a file system that is read-only, nor of root.
    """
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    try:
        with TemporaryFile(dir=there):
            return
    except OSError as error:
        raise ReportsNotWritable(
            f"No report could be written here: {error.strerror}. No drill was started.",
            resource=str(folder.absolute()),
            next_step="Make it a folder that you may write in, or start from another one.",
        ) from error


def of_execution(deployment: Deployment, seen: Watched) -> Evidence:
    """Fetch the evidence of an ended execution. Raises NoEvidence when it left none (a refused request)."""
    return fetch(deployment, drill_id(execution=seen.execution, started_at=seen.started_at))


def fetch(deployment: Deployment, drill: str, *, folder: Path = FOLDER) -> Evidence:
    """Fetch a drill's evidence from the bucket into `folder/<drill>/`.

    Raises:
        NoEvidence: the drill is not known, or has not ended.
        EvidenceAltered: the bucket's record has not the digest that the ledger holds; nothing is written then.
    """
    entry = Ledger(deployment.table, deployment.clients("dynamodb")).entry(drill)
    if not isinstance(entry, Summary):
        raise NoEvidence(
            "This drill has left no evidence." if entry is None else "This drill has not ended yet.",
            resource=drill,
            next_step="`day2 drills` lists the drills that have ended.",
        )
    places = naming.places(source=entry.source, drill=drill)
    archive = Archive(deployment.bucket, deployment.clients("s3"))
    content = {Path(key).name: archive.get(key) for key in (places.record, places.markdown, places.report)}
    sha256 = digest(content[RECORD])
    if sha256 != entry.sha256:
        raise EvidenceAltered(
            f"The record in the bucket has the SHA-256 {sha256}, and the ledger's is {entry.sha256}.",
            resource=f"s3://{deployment.bucket}/{places.record}",
            next_step="Object Lock keeps its first version: list them with `aws s3api list-object-versions`, "
            "and look who wrote the newest.",
        )
    place = folder / drill
    place.mkdir(parents=True, exist_ok=True)
    (place / DIGEST).write_text(f"{sha256}  {RECORD}\n")
    for name, each in reversed(content.items()):  # the record last: where it lies, all lies that belongs to it
        (place / name).write_bytes(each)
    return read(place, ledgers=entry.sha256)


def read(place: Path, *, ledgers: str | None = None) -> Evidence:
    """The evidence that lies in a folder; `ledgers` is the ledger's digest of it, where that could be asked for.

    Raises:
        NoEvidence: there is none.
        EvidenceAltered: the record has not the digest that was written beside it, or not the ledger's.
    """
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
    _require_unaltered(file, digest(content), ledgers=ledgers)
    return Evidence(folder=place, record=record, summary=summary, checked_by="the ledger" if ledgers else DIGEST)


def _require_unaltered(file: Path, sha256: str, *, ledgers: str | None) -> None:
    beside = file.with_name(DIGEST)
    again = f"Fetch it again with `day2 report {file.parent.name} --aws --env NAME`; repeat a drill on this machine."
    try:
        kept_digest = beside.read_text().split()[0]
    except (OSError, ValueError, IndexError) as error:
        raise EvidenceAltered(
            f"Whether this record is as it was fetched cannot be told: {DIGEST} is not there, or cannot be read.",
            resource=str(file),
            next_step=again,
        ) from error
    for whose, expected in ((f"{DIGEST} says", kept_digest), ("the ledger's is", ledgers)):
        if expected not in (None, sha256):
            raise EvidenceAltered(
                f"This record was altered: it has the SHA-256 {sha256}, and {whose} {expected}.",
                resource=str(file),
                next_step=again,
            )


def kept(folder: Path = FOLDER, *, otherwise: Callable[[Refused], None] = lambda _: None) -> Iterator[Evidence]:
    """All evidence on this machine, newest first; `otherwise` hears of what cannot be read, or was altered."""
    found = []
    for file in folder.glob(f"*/{RECORD}"):
        try:
            found.append(read(file.parent))
        except (NoEvidence, EvidenceAltered) as fault:
            otherwise(fault)
    yield from sorted(found, key=lambda each: each.summary.opened_at, reverse=True)
