"""ResetCredentials: the copy has the password of its recovery point; give it a managed secret of its own."""

from typing import Any

from lambdas.adapters import rds
from lambdas.contracts import Drill
from lambdas.errors import ClusterNotReady
from lambdas.recovery import names
from lambdas.recovery.waiting import judge_cluster, require_ready
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `drill`; tell whether the managed secret was asked for now or before."""
    drill = names.require_drill(call.take(Drill, "drill"), call.settings)
    cluster = rds.door().cluster(drill.target)
    if cluster is not None:
        names.require_tag(drill.target, cluster.tags, drill)
        if cluster.managed_secret is not None:
            return {"cluster": drill.target, "adopted": True}
    require_ready(judge_cluster(cluster, run=drill, now=call.now), resource=drill.target, not_yet=ClusterNotReady)
    rds.door().manage_master_password(drill.target)
    return {"cluster": drill.target, "adopted": False}
