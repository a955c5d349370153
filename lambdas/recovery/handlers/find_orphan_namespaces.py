"""FindOrphanNamespaces: beside what FindOrphans found, the drills of which only a namespace is left."""

from typing import Any

from lambdas.adapters import kubernetes
from lambdas.recovery.names import (
    DRILL_LABEL,
    DRILL_TAG,
    ENVIRONMENT_LABEL,
    ENVIRONMENT_TAG,
    EXECUTION_ANNOTATION,
    EXECUTION_TAG,
    label_value,
)
from lambdas.recovery.orphans import Trace, judge_namespaces
from lambdas.runtime import Call, step
from lambdas.settings import Settings


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `found` and `request`; give `drills`, `left_alone` and `postponed` of both."""
    found = call.event["found"]
    if call.settings.kubernetes is None:
        return {**_both(found), "namespaces_skipped": "the settings name no Kubernetes cluster"}
    environment = {ENVIRONMENT_LABEL: label_value(call.settings.environment)}
    namespaces = kubernetes.door(call.settings.kubernetes.cluster).namespaces(environment)
    sweep = judge_namespaces(
        tuple(_trace(each, call.settings) for each in namespaces),
        found,
        settings=call.settings,
        now=call.now,
        only_execution=call.event["request"].get("execution"),
    )
    both = _both(found)
    return {
        "drills": [*both["drills"], *sweep.drills],
        "left_alone": [*both["left_alone"], *sweep.left_alone],
        "postponed": [*both["postponed"], *sweep.postponed],
    }


def _both(found: Any) -> dict[str, list[Any]]:
    return {name: list(found[name]) for name in ("drills", "left_alone", "postponed")}


def _trace(namespace: kubernetes.Namespace, settings: Settings) -> Trace:
    """A namespace in the words of a tagged resource. Its environment's label was what it was listed by."""
    tags = {ENVIRONMENT_TAG: settings.environment}
    if drill := namespace.labels.get(DRILL_LABEL):
        tags[DRILL_TAG] = drill
    if execution := namespace.annotations.get(EXECUTION_ANNOTATION):
        tags[EXECUTION_TAG] = execution
    return Trace(
        kind="namespace", name=namespace.name, target=namespace.name, tags=tags, created_at=namespace.created_at
    )
