"""DeleteNamespace: delete the run's namespace, and look until it is gone."""

from typing import Any

from lambdas.adapters import kubernetes
from lambdas.contracts import Drill
from lambdas.errors import ProductionTargetRefused, StillDeleting, TeardownOverdue
from lambdas.recovery import names
from lambdas.recovery.namespaces import NO_KUBERNETES
from lambdas.recovery.teardown import CEILING
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `drill`; gone, or StillDeleting until it is."""
    drill = names.require_drill(call.take(Drill, "drill"), call.settings)
    if call.settings.kubernetes is None:
        return {**NO_KUBERNETES, "gone": True}
    door = kubernetes.door(call.settings.kubernetes.cluster)
    namespace = door.namespace(drill.namespace)
    if namespace is None:
        return {"skipped": False, "reason": "", "namespace": drill.namespace, "gone": True}
    if not names.bears_labels(namespace.labels, drill):
        raise ProductionTargetRefused(
            "It does not bear this drill's labels, so it is not deleted.",
            resource=drill.namespace,
            next_step="Look who made it, and delete it by hand if it is not needed.",
        )
    if call.now > call.context.entered_at + CEILING:
        raise TeardownOverdue(
            "The namespace is still there.",
            resource=drill.namespace,
            next_step="See its conditions with kubectl: a finalizer of something in it may hold it.",
        )
    if not namespace.terminating:
        door.delete_namespace(namespace)
    raise StillDeleting(
        "The namespace is on its way out.",
        resource=drill.namespace,
        next_step="Nothing to do: the machine asks again.",
    )
