"""Whether the Coder that will open a restored database can. No I/O.

golang-migrate (coder/coder, `coderd/database/migrations`): a schema newer than the binary makes it exit ("no migration
found for version N"); an older one is migrated forward at the start, which nothing takes back.
"""

import re
from dataclasses import dataclass
from typing import Literal

from lambdas.verification.releases import NEWEST_MIGRATION, release_of

_VERSION = re.compile(r"v?(\d+\.\d+)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What coderd will do with the schema, with its reason.

    same | forward (it migrates, for good) | newer (it cannot open it) | unknown
    """

    verdict: Literal["same", "forward", "newer", "unknown"]
    reason: str


def judge(migration: int | None, version: str | None) -> Opening:
    """`migration` of the restored schema; `version` as coderd tells it (`v2.29.1+abc`) or its image's tag."""
    release = _VERSION.match(version or "")
    if migration is None:
        return Opening(verdict="newer", reason="the restored database has no schema_migrations: it is not Coder's")
    if release is None or release[1] not in dict(NEWEST_MIGRATION):
        told = version or "not told"
        return Opening(
            verdict="unknown",
            reason=f"coderd's version is {told}, whose newest migration this software does not know; the schema is at "
            f"{migration} ({release_of(migration)})",
        )
    own = dict(NEWEST_MIGRATION)[release[1]]
    following = next((newest for _, newest in NEWEST_MIGRATION if newest > own), None)
    at = f"the schema is at migration {migration} ({release_of(migration)}), coderd {version} brings {own}"
    if migration == own:
        return Opening(verdict="same", reason=f"{at}: nothing is migrated")
    if migration < own:
        return Opening(
            verdict="forward",
            reason=f"{at}: it migrates the restored database by up to {own - migration} steps at its start, and there "
            "is no way back to the older schema but another restore",
        )
    if following is not None and migration < following:
        return Opening(
            verdict="unknown",
            reason=f"{at}: a patch of this release may bring it, or a later release has; which, the number does not "
            "tell",
        )
    return Opening(verdict="newer", reason=f"{at}: it would exit with `no migration found for version {migration}`")
