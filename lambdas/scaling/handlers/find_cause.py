"""FindCause: why ordered nodes do not come, in the words of Auto Scaling."""

from datetime import datetime
from typing import Any

from lambdas import payload
from lambdas.adapters import fleet
from lambdas.runtime import Call, step
from lambdas.scaling.causes import cause
from lambdas.scaling.contracts import Group


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `group` and `ordered`; give the `cause`, as kind and sentence."""
    group = call.take(Group, "group")
    since: datetime = payload.parse_instant(call.event["ordered"]["ordered_at"])
    failures = fleet.door().failures(group.auto_scaling_group, since=since) if group.auto_scaling_group else ()
    return {"cause": cause(tuple(each.why for each in failures))}
