"""Who a session token belongs to, and what they see."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from day2.engine.fake_coder.database import Pool

_KEY = """\
SELECT k.hashed_secret, k.expires_at, k.user_id::text, u.rbac_roles, u.status::text, u.deleted
FROM api_keys AS k JOIN users AS u ON u.id = k.user_id WHERE k.id = :id
"""


class Sees(StrEnum):
    """What of the whole deployment may be read. The resources are Coder's, `coderd/rbac`."""

    USERS = "user"
    TEMPLATES = "template"
    GROUPS = "group"
    WORKSPACES = "workspace"
    STATS = "deployment_stats"
    DEBUG = "debug_info"
    ORGANIZATIONS = "organization"
    JOBS = "provisioner_jobs"


ROLES = {
    "owner": frozenset(Sees),
    "auditor": frozenset({Sees.USERS, Sees.TEMPLATES, Sees.GROUPS, Sees.STATS, Sees.ORGANIZATIONS}),
}
"""By role. Whoever has neither sees what is their own."""


class Unauthenticated(Exception):
    """Nobody is known by that token; the text is for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose token it is."""

    user_id: str
    roles: tuple[str, ...]

    def may(self, see: Sees) -> bool:
        """Whether they see all of it."""
        return any(see in ROLES.get(role, ()) for role in self.roles)


def of_token(token: str, pool: Pool, *, now: datetime | None = None) -> Caller:
    """The caller of a token `ID-SECRET`.

    Raises:
        Unauthenticated: no such key, another secret, past its expiry, or its user is deleted or suspended.
        DatabaseUnavailable: nobody could be asked.
    """
    if not token:
        raise Unauthenticated('Cookie "coder_session_token" or query parameter must be provided.')
    key, dash, secret = token.partition("-")
    found = pool.rows(_KEY, id=key) if dash else []
    if not found:
        raise Unauthenticated("API key is invalid.")
    hashed, expires_at, user, roles, status, deleted = found[0]
    if not hmac.compare_digest(bytes(hashed), hashlib.sha256(secret.encode()).digest()) or deleted:
        raise Unauthenticated("API key is invalid.")
    if expires_at <= (now or datetime.now(UTC)):
        raise Unauthenticated(f'API key expired at "{expires_at}"')
    if status == "suspended":
        raise Unauthenticated('User is not active (status = "suspended"). Contact an admin to reactivate your account.')
    return Caller(user_id=user, roles=tuple(roles))
