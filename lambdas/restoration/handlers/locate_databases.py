"""LocateDatabases: where the cluster that is to serve answers now, and where the other one does."""

from typing import Any

from lambdas.adapters import rds
from lambdas.contracts import Credentials
from lambdas.errors import NamesNotSettled
from lambdas.restore_contracts import BeforeDatabase
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `database_before`, `restored` (its resource id) and `credentials`.

    Give `serving` and `resting`, each the credentials of a cluster as its endpoint is by now; `resting` is null where
    the old one is gone. Endpoints follow names, so that after a swap neither is where it was.
    """
    before, credentials = call.take(BeforeDatabase, "database_before"), call.take(Credentials, "credentials")
    serving = _at(call.event["restored"], credentials)
    if serving is None:
        raise NamesNotSettled(
            "The restored cluster does not show.",
            resource=call.event["restored"],
            next_step="Nothing to do: the machine asks again.",
        )
    return {
        "serving": serving,
        "resting": _at(before.resource_id, credentials) if before.exists else None,
    }


def _at(resource_id: str, credentials: Credentials) -> Credentials | None:
    cluster = rds.door().cluster_of(resource_id)
    if cluster is None:
        return None
    if cluster.endpoint is None:
        raise NamesNotSettled(
            "It tells no endpoint yet.", resource=cluster.name, next_step="Nothing to do: the machine asks again."
        )
    return Credentials(
        secret=credentials.secret,
        host=cluster.endpoint,
        port=cluster.port or credentials.port,
        database=credentials.database,
    )
