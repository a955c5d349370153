"""AwaitInstances: look whether the restored cluster's instances are available, and tell how it is reached."""

from typing import Any

from lambdas.adapters import rds
from lambdas.contracts import Credentials
from lambdas.errors import InstanceNotReady
from lambdas.recovery.waiting import judge_instance, never_heals, require_ready
from lambdas.restoration import names
from lambdas.restore_contracts import Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration` and the `instances`, the writer first; give `credentials` and the readers that failed.

    A reader that will never come is no reason to leave a platform without its database: it is told.
    """
    restoration = call.take(Restoration, "restoration")
    without = []
    for position, name in enumerate(call.event["instances"]):
        instance = rds.door().instance(name)
        if position and instance is not None and never_heals(instance.status):
            without.append(f"{name} is {instance.status}")
            continue
        wait = judge_instance(instance, run=restoration, now=call.now, since=call.context.entered_at)
        require_ready(wait, resource=name, not_yet=InstanceNotReady)
    cluster = rds.door().cluster(restoration.target)
    if cluster is None or cluster.endpoint is None:
        raise InstanceNotReady(
            "The restored cluster tells no endpoint yet.",
            resource=restoration.target,
            next_step="Nothing to do: the machine asks again.",
        )
    return {
        "credentials": Credentials(
            secret=names.platform_of(call.settings).connection_secret,
            host=cluster.endpoint,
            port=cluster.port or call.settings.database.port,
            database=call.settings.database.name,
        ),
        "readers_failed": without,
    }
