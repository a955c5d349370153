"""A restore's evidence on this machine: fetched from the bucket into `reports/<restore-id>/`, with its handover."""

import json
from pathlib import Path

from day2.drill.deployment import Deployment
from day2.drill.evidence import DIGEST, FOLDER, RECORD, EvidenceAltered
from lambdas.adapters.archive import Archive
from lambdas.evidence import naming
from lambdas.evidence.canonical import digest
from lambdas.evidence.restore_summary import RestoreSummary, summarise

HANDOVER = "terraform"


def fetch(deployment: Deployment, summary: RestoreSummary, *, folder: Path = FOLDER) -> tuple[Path, ...]:
    """Fetch record, renderings and handover into `folder/<restore>/`; the files, the page first.

    A restore that left no record leaves none. Raises EvidenceAltered when the bucket's record has not the digest that
    the ledger holds; nothing is written then.
    """
    if summary.record is None:
        return ()
    archive = Archive(deployment.bucket, deployment.clients("s3"))
    places = naming.restore_places(source=summary.source, restore=summary.id)
    record = archive.get(places.record)
    if (found := digest(record)) != summary.sha256:
        raise EvidenceAltered(
            f"The record in the bucket has the SHA-256 {found}, and the ledger's is {summary.sha256}.",
            resource=f"s3://{deployment.bucket}/{places.record}",
            next_step="Object Lock keeps its first version: `aws s3api list-object-versions` lists them.",
        )
    handed_over = (json.loads(record).get("handover") or {}).get("files") or {}
    content = {
        Path(places.report).name: archive.get(places.report),
        Path(places.markdown).name: archive.get(places.markdown),
        **{f"{HANDOVER}/{name}": archive.get(key) for name, key in handed_over.items()},
        DIGEST: f"{found}  {RECORD}\n".encode(),
        RECORD: record,
    }
    place = folder / summary.id
    for name, each in content.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(each)
    return tuple(place / name for name in content if name != DIGEST)


def read(place: Path) -> tuple[RestoreSummary | None, tuple[Path, ...]]:
    """The summary of a restore whose evidence lies in a folder, and its files; (None, ()) where there is none.

    Raises EvidenceAltered when the record has not the digest that was written beside it.
    """
    record = place / RECORD
    if not record.is_file():
        return None, ()
    content = record.read_bytes()
    told = json.loads(content)
    if "restore" not in told:
        return None, ()
    written = (place / DIGEST).read_text().split()[:1] if (place / DIGEST).is_file() else []
    if written != [digest(content)]:
        raise EvidenceAltered(
            f"Its SHA-256 is {digest(content)}, and the one beside it {', '.join(written) or 'missing'}.",
            resource=str(record),
            next_step="Fetch it again from where the restore ran: `day2 report ID --aws --env NAME`.",
        )
    places = naming.restore_places(source=told["restore"]["source"], restore=told["restore"]["id"])
    summary = summarise(told, record_key=places.record, report_key=places.report, sha256=digest(content))
    script = sorted((place / HANDOVER).glob("*.sh"))
    page, form = place / Path(places.report).name, place / Path(places.markdown).name
    return summary, (page, form, *script, record)
