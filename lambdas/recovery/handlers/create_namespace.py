"""CreateNamespace: a namespace of the run's own, closed to all traffic; or the reason why there is none."""

from collections.abc import Mapping
from typing import Any

from lambdas.adapters import kubernetes
from lambdas.contracts import Drill
from lambdas.errors import ProductionTargetRefused, ServiceBusy
from lambdas.recovery import names
from lambdas.recovery.namespaces import NO_KUBERNETES
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> Mapping[str, Any]:
    """Take `drill`; create its namespace and its NetworkPolicy, or adopt those it created."""
    drill = names.require_drill(call.take(Drill, "drill"), call.settings)
    if call.settings.kubernetes is None:
        return NO_KUBERNETES
    door = kubernetes.door(call.settings.kubernetes.cluster)
    labels = names.labels(drill)
    namespace = door.create_namespace(
        drill.namespace, labels=labels, annotations={names.EXECUTION_ANNOTATION: drill.execution}
    )
    adopted = namespace is None
    if namespace is None:
        namespace = door.namespace(drill.namespace)
    if namespace is None or namespace.terminating:
        raise ServiceBusy(
            "A namespace of this name is on its way out.",
            resource=drill.namespace,
            next_step="Nothing to do: the step is tried again.",
        )
    if not names.bears_labels(namespace.labels, drill):
        raise ProductionTargetRefused(
            "A namespace of this name exists and does not bear this drill's labels.",
            resource=drill.namespace,
            next_step="Look who made it; delete it by hand if it is not needed, then start again.",
        )
    policy = door.deny_all_traffic(drill.namespace, labels=labels)
    return {
        "skipped": False,
        "reason": "",
        "namespace": drill.namespace,
        "network_policy": policy,
        "adopted": adopted,
    }
