"""TryLogin: enter the restored database with the connection secret, as the platform will."""

from datetime import timedelta
from typing import Any

from lambdas.adapters.postgres import session
from lambdas.contracts import Credentials
from lambdas.errors import AccessRefused, CredentialsNotReady, CredentialsRefused
from lambdas.restoration import fencing
from lambdas.runtime import Call, step
from lambdas.verification.access import server

_STATEMENT_SECONDS = 10
# A new master password is in force some seconds after the cluster calls itself available; this is far beyond it.
_TAKES_AT_MOST = timedelta(minutes=10)


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `credentials` and `was_set`, whether the password was set just now; tell whether they are `accepted`.

    A password that was not set here may be one of a later day than the recovery point, which is no error yet. A
    recovery point from behind an earlier restore's fence is read only; what is to serve is not.
    """
    credentials = call.take(Credentials, "credentials")
    # Outside: a secret that may not be read is no wrong password.
    entry = server(credentials)
    try:
        with session(entry, statement_seconds=_STATEMENT_SECONDS, writes=True) as entered:
            if entered.rows(fencing.IS_READ_ONLY, doing="entering the restored database"):
                entered.rows(fencing.read_write(credentials.database), doing="opening the restored database to writes")
    except AccessRefused as refused:
        if not call.event["was_set"]:
            return {"accepted": False}
        if call.now < call.context.entered_at + _TAKES_AT_MOST:
            raise CredentialsNotReady(
                "The password that was set is not in force yet.",
                resource=credentials.host,
                next_step="Nothing to do: the machine asks again.",
            ) from refused
        raise CredentialsRefused(
            "The restored database does not take the password that was set from the connection secret.",
            resource=credentials.host,
            next_step="See whether somebody changed the secret or the password meanwhile, and start again.",
        ) from refused
    return {"accepted": True}
