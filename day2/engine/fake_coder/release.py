"""Which schema a release of Coder brings."""

import re

from lambdas.verification.releases import NEWEST_MIGRATION

VERSION = "v2.29.1"
"""What the fake is unless it is told otherwise: the release whose schema the seed has."""

_FORM = re.compile(r"v?(\d+\.\d+)(?:\.\d+)?(?:[-+].*)?")


def schema_of(version: str) -> int:
    """The newest migration of a release: 401 of `v2.29.1`. ValueError for one that the table does not know."""
    found = _FORM.fullmatch(version)
    known = dict(NEWEST_MIGRATION)
    if found is None or found[1] not in known:
        raise ValueError(f"the fake knows no schema of Coder {version}: it knows {', '.join(known)}")
    return known[found[1]]
