"""OpenDatabase: the old database answers and takes writes again; or it is said that there is no going back."""

from datetime import timedelta
from typing import Any

from lambdas.adapters.postgres import session
from lambdas.contracts import Credentials
from lambdas.errors import DatabaseNotReachable, OldDatabaseCannotServe
from lambdas.platform.place import Place
from lambdas.restoration import fencing
from lambdas.restore_contracts import BeforeDatabase, Restoration
from lambdas.runtime import Call, step
from lambdas.verification.access import server

# Security groups take effect within seconds, a renamed endpoint within minutes.
CEILING = timedelta(minutes=20)
_STATEMENT_SECONDS = 15


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`, `database_before` and `credentials` of the restored one; give the old one's `credentials`."""
    Place(call.settings).led_by(call.take(Restoration, "restoration"))
    before = call.take(BeforeDatabase, "database_before")
    if before.cannot_serve is not None or before.endpoint is None:
        raise _no_way_back(before, before.cannot_serve or "it has no endpoint")
    old = fencing.old_credentials(call.take(Credentials, "credentials"), before)
    try:
        with session(server(old), statement_seconds=_STATEMENT_SECONDS, writes=True) as entered:
            entered.rows(fencing.read_write(old.database), doing="opening the old database to writes")
    except DatabaseNotReachable as silent:
        if call.now < call.context.entered_at + CEILING:
            raise
        raise _no_way_back(before, f"it does not answer ({silent.what})") from silent
    return {"credentials": old}


def _no_way_back(before: BeforeDatabase, why: str) -> OldDatabaseCannotServe:
    return OldDatabaseCannotServe(
        f"The old database cannot serve: {why}. The platform stays fenced: coderd has 0 replicas, and its secrets name "
        "what they named before the restore.",
        resource=before.name,
        next_step="Start another restore; the runbook's chapter `Fenced` says how.",
    )
