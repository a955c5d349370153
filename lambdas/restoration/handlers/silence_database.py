"""SilenceDatabase: the old database takes no more writes, and nobody is connected to it."""

from datetime import timedelta
from typing import Any

from lambdas.adapters.postgres import session
from lambdas.contracts import Credentials
from lambdas.errors import DatabaseNotReachable, FenceOverdue, StillConnected
from lambdas.platform.place import Place
from lambdas.restoration import fencing
from lambdas.restore_contracts import BeforeDatabase, Restoration
from lambdas.runtime import Call, step
from lambdas.verification.access import server

CEILING = timedelta(minutes=10)
# Security groups take effect within seconds; below what the machine's retries of DatabaseNotReachable last.
ANSWERS_WITHIN = timedelta(seconds=90)
_STATEMENT_SECONDS = 15


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`, `database_before` and `credentials` of the restored one, whose secret the old one has too.

    An old database that cannot serve is not asked: nobody can write to it, and nobody can go back to it. One that does
    not answer even behind the fence, where the verifier is let in, is sick, which is no reason not to leave it: coderd
    is gone, and nobody is let in who could write. It is told that this was not shown.
    """
    Place(call.settings).led_by(call.take(Restoration, "restoration"))
    before = call.take(BeforeDatabase, "database_before")
    if before.cannot_serve is not None or before.endpoint is None:
        return {"connections": None, "ended": 0, "skipped": before.cannot_serve or "it has no endpoint"}
    old = fencing.old_credentials(call.take(Credentials, "credentials"), before)
    try:
        with session(server(old), statement_seconds=_STATEMENT_SECONDS, writes=True) as entered:
            entered.rows(fencing.read_only(old.database), doing="closing the old database to writes")
            others = entered.rows(fencing.END_OTHERS, doing="ending what is still connected")
            left = fencing.clients(entered.rows(fencing.CLIENTS, doing="looking who is connected"))
    except DatabaseNotReachable as silent:
        if call.now < call.context.entered_at + ANSWERS_WITHIN:
            raise
        return {"connections": None, "ended": 0, "skipped": f"it does not answer ({silent.what})"}
    if not left:
        return {"connections": 0, "ended": len(others), "skipped": None}
    if call.now > call.context.entered_at + CEILING:
        raise FenceOverdue(
            f"The old database still has connections: {left}.",
            resource=before.name,
            next_step="End what connects again and again (see pg_stat_activity), and start a new restore.",
        )
    raise StillConnected(
        f"Still connected: {left}.", resource=before.name, next_step="Nothing to do: the machine asks again."
    )
