"""What becomes of a refusal while evidence is stored."""

from collections.abc import Iterator
from contextlib import contextmanager

from lambdas.errors import AccessRefused, EvidenceNotStored, RequestRefused


@contextmanager
def storing(part: str, resource: str, *, then: str = "The daily sweep then records the drill.") -> Iterator[None]:
    """A refusal becomes EvidenceNotStored with the part's name; a busy service stays what it is: asked again."""
    try:
        yield
    except (AccessRefused, RequestRefused) as refusal:
        raise EvidenceNotStored(
            f"{part[0].upper()}{part[1:]} could not be stored or read: {refusal.what}",
            resource=resource,
            next_step=f"{refusal.next_step} {then}",
        ) from refusal
