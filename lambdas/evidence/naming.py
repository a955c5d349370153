"""Where a drill's evidence lies in its bucket."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

JSON = "application/json"
MARKDOWN = "text/markdown; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Keys of one drill: `drills/<source>/<drill id>/...`. The drill's id begins with its date."""

    folder: str
    record: str
    markdown: str
    report: str

    def sweep(self, at: datetime) -> str:
        """The key of what a sweep found and did for a drill whose record stood already."""
        return f"{self.folder}/sweep-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.json"


def restore_places(*, source: str, restore: str) -> Places:
    """The keys of a restore's record and renderings: `restores/<source>/<restore id>/...`."""
    folder = f"restores/{source}/{restore}"
    return Places(
        folder=folder,
        record=f"{folder}/record.json",
        markdown=f"{folder}/restore-{restore}.md",
        report=f"{folder}/report.html",
    )


def places(*, source: str, drill: str) -> Places:
    """The keys of a drill's record and renderings."""
    folder = f"drills/{source}/{drill}"
    return Places(
        folder=folder,
        record=f"{folder}/record.json",
        markdown=f"{folder}/dr-test-{drill}.md",
        report=f"{folder}/report.html",
    )


def link(*, bucket: str, key: str, region: str | None) -> str:
    """Where an operator opens the object: the S3 console, or its URI where there is no console."""
    if region is None:
        return f"s3://{bucket}/{key}"
    return f"https://{region}.console.aws.amazon.com/s3/object/{bucket}?region={region}&prefix={quote(key)}"
