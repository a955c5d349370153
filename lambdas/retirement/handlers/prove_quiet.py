"""ProveQuiet: nobody was connected within the last hour, as far as CloudWatch counted."""

from typing import Any

from lambdas.adapters import metrics
from lambdas.errors import ClusterInUse
from lambdas.retirement import quiet
from lambdas.retirement.contracts import Retirement
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `retirement`; tell which instances were `unmeasured`. It stands before our own look, which counts too."""
    retirement = call.take(Retirement, "retirement")
    until = call.context.entered_at
    peaks = {
        name: metrics.door().most_connections(name, since=until - quiet.WINDOW, until=until)
        for name in retirement.instances
    }
    busy = quiet.busy(peaks)
    if busy:
        raise ClusterInUse(
            f"It was in use within the last hour: {busy}.",
            resource=retirement.cluster,
            next_step="See who that was (pg_stat_activity, the security groups), and retire it after a quiet hour.",
        )
    return {"window_minutes": round(quiet.WINDOW.total_seconds() / 60), "unmeasured": quiet.unmeasured(peaks)}
