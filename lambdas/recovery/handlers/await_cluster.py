"""AwaitCluster: look whether the restored cluster can take an instance."""

from lambdas.adapters import rds
from lambdas.contracts import Run
from lambdas.errors import ClusterNotReady
from lambdas.recovery.waiting import judge_cluster, require_ready
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, str]:
    """Take `drill`; give the cluster's status once it is available."""
    run = call.take(Run, "drill")
    wait = judge_cluster(rds.door().cluster(run.target), run=run, now=call.now, since=call.context.entered_at)
    require_ready(wait, resource=run.target, not_yet=ClusterNotReady)
    return {"cluster": run.target, "status": "available"}
