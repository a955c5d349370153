"""ProveUnused: nobody is connected now, and Coder is not told to connect."""

from datetime import timedelta
from typing import Any

from lambdas.adapters.postgres import session
from lambdas.contracts import Credentials
from lambdas.errors import AccessRefused, ClusterInUse, DatabaseNotReachable, PlanRefused, UseNotDisproved
from lambdas.platform import discovery
from lambdas.platform.place import Place
from lambdas.restoration import fencing
from lambdas.restoration.names import platform_of
from lambdas.retirement.contracts import Retirement
from lambdas.runtime import Call, step
from lambdas.verification.access import server

# A cluster at 0 ACU resumes in half a minute.
CEILING = timedelta(minutes=2)
_STATEMENT_SECONDS = 15


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `retirement`; give the `connections`, 0, and on how many `instances`. What cannot be asked is no proof."""
    retirement = call.take(Retirement, "retirement")
    _require_not_named(retirement, call)
    if not retirement.hosts:
        return {"connections": None, "instances": 0, "skipped": "it has no instance to connect to"}
    for host in retirement.hosts:
        connected = _connected(_credentials(host, retirement, call), retirement, call)
        if connected:
            raise ClusterInUse(
                f"Somebody is connected to {host}: {connected}.",
                resource=retirement.cluster,
                next_step="Find out who needs it, and let them end; then retire it again. It was left as it is.",
            )
    return {"connections": 0, "instances": len(retirement.hosts), "skipped": None}


def _credentials(host: str, retirement: Retirement, call: Call) -> Credentials:
    return Credentials(
        secret=platform_of(call.settings).connection_secret,
        host=host,
        port=retirement.port,
        database=call.settings.database.name,
    )


def _connected(credentials: Credentials, retirement: Retirement, call: Call) -> str:
    try:
        with session(server(credentials), statement_seconds=_STATEMENT_SECONDS) as entered:
            return fencing.clients(entered.rows(fencing.CLIENTS, doing="looking who is connected"))
    except DatabaseNotReachable as silent:
        if call.now < call.context.entered_at + CEILING:
            raise
        raise _unknown(
            retirement,
            f"{credentials.host} does not answer ({silent.what.rstrip('.')})",
            f"Give it the security group {call.settings.database.security_group}, which admits the verifier; retire "
            "it then.",
        ) from silent
    except AccessRefused as refused:
        raise _unknown(
            retirement,
            f"{credentials.host} does not let the connection secret's login in",
            "Its password is an older one: set the connection secret's on this cluster, then retire it again.",
        ) from refused


def _require_not_named(retirement: Retirement, call: Call) -> None:
    """Coder would connect to it as soon as it is started, even if it has no replicas now."""
    place = Place(call.settings, refused=PlanRefused)
    try:
        coder = place.coder()
        _, url = place.url(source := discovery.find(coder, place.keys(coder)))
    except PlanRefused as refused:
        raise UseNotDisproved(refused.what, resource=refused.resource, next_step=refused.next_step) from refused
    cluster = url.host.lower()
    if cluster in [each.lower() for each in (retirement.endpoint, *retirement.hosts)]:
        raise ClusterInUse(
            f"Coder is told to use it: the Secret {coder.namespace}/{source.secret} names {url.host}.",
            resource=retirement.cluster,
            next_step="Let Coder's Secret name the cluster that serves, restart coderd, and retire this one then.",
        )


def _unknown(retirement: Retirement, what: str, next_step: str) -> UseNotDisproved:
    return UseNotDisproved(
        f"That nobody uses it cannot be shown: {what}.", resource=retirement.cluster, next_step=next_step
    )
