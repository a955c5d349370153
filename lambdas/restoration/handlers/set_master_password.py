"""SetMasterPassword: the recovery point has an older password; give the copy the connection secret's."""

from typing import Any

from lambdas.adapters import rds, secrets
from lambdas.errors import ClusterNotReady, CredentialsRefused
from lambdas.recovery.waiting import judge_cluster, require_ready
from lambdas.restoration import names
from lambdas.restore_contracts import Restoration
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration` and `secret`, the connection secret's name. Setting it again is harmless."""
    restoration = names.require_target(call.take(Restoration, "restoration"), call.settings)
    login = secrets.door().login(call.event["secret"])
    cluster = rds.door().cluster(restoration.target)
    wait = judge_cluster(cluster, run=restoration, now=call.now)
    require_ready(wait, resource=restoration.target, not_yet=ClusterNotReady)
    assert cluster is not None  # noqa: S101  ready says so
    names.require_own(restoration.target, cluster.tags, restoration)
    if login.user != cluster.master_username:
        raise CredentialsRefused(
            f"The recovery point has another password for {login.user}, who is not the master user "
            f"{cluster.master_username}, and only the master's can be set.",
            resource=restoration.target,
            next_step="Set that user's password in the restored database by hand, and start again from this cluster.",
        )
    rds.door().set_master_password(restoration.target, login.password)
    return {"cluster": restoration.target, "user": login.user}
