"""AwaitInstance: look whether the writer is available."""

from lambdas.adapters import rds
from lambdas.contracts import Drill
from lambdas.errors import InstanceNotReady
from lambdas.recovery.waiting import judge_instance, require_ready
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, str]:
    """Take `drill`; give the writer's status once it is available."""
    drill = call.take(Drill, "drill")
    wait = judge_instance(rds.door().instance(drill.writer), run=drill, now=call.now, since=call.context.entered_at)
    require_ready(wait, resource=drill.writer, not_yet=InstanceNotReady)
    return {"instance": drill.writer, "status": "available"}
