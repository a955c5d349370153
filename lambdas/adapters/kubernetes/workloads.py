"""Deployments and their pods."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lambdas.adapters.kubernetes.client import MERGE_PATCH, Client
from lambdas.platform.cluster import Container, ContainerState, Deployment, Pod, Source, Variable, WholeSource

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


class Workloads(Client):
    """The Deployments of one cluster."""

    def deployment(self, namespace: str, name: str) -> Deployment | None:
        """The Deployment of that name."""
        answer = self.call("GET", f"{_deployments(namespace)}/{quote(name)}")
        return None if answer.not_found else _deployment(answer.body)

    def deployments(self, namespace: str) -> tuple[Deployment, ...]:
        """All of a namespace; none of one that does not exist."""
        return tuple(_deployment(each) for each in self.pages(_deployments(namespace), {}))

    def scale(
        self, namespace: str, name: str, replicas: int, *, annotations: Mapping[str, str | None]
    ) -> Deployment | None:
        """Ask for so many replicas, and set annotations, or remove those that are None, in the same write.

        A patch of the Deployment and not of its `scale`: the two belong together, and a function may die in between.
        """
        body = {"metadata": {"annotations": dict(annotations)}, "spec": {"replicas": replicas}}
        answer = self.call("PATCH", f"{_deployments(namespace)}/{quote(name)}", body, kind=MERGE_PATCH)
        return None if answer.not_found else _deployment(answer.body)

    def set_deletion_cost(self, namespace: str, pod: str, cost: int) -> bool:
        """Which pods a lowered Deployment ends first: the cheapest. False: there is no such pod."""
        body = {"metadata": {"annotations": {DELETION_COST: str(cost)}}}
        path = f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}"
        return not self.call("PATCH", path, body, kind=MERGE_PATCH).not_found

    def pods(self, namespace: str, selector: str) -> tuple[Pod, ...]:
        """The pods that a label selector (`a=b,c in (d)`) selects."""
        found = self.pages(f"/api/v1/namespaces/{quote(namespace)}/pods", {"labelSelector": selector})
        return tuple(_pod(each) for each in found)


def _deployments(namespace: str) -> str:
    return f"/apis/apps/v1/namespaces/{quote(namespace)}/deployments"


def _deployment(told: Mapping[str, Any]) -> Deployment:
    metadata, spec, status = told.get("metadata", {}), told.get("spec", {}), told.get("status", {})
    conditions = {each.get("type"): each.get("reason", "") for each in status.get("conditions") or ()}
    return Deployment(
        namespace=metadata.get("namespace", ""),
        name=metadata.get("name", ""),
        replicas=spec.get("replicas", 1),
        generation=metadata.get("generation", 0),
        observed=status.get("observedGeneration", 0),
        total=status.get("replicas", 0),
        updated=status.get("updatedReplicas", 0),
        ready=status.get("readyReplicas", 0),
        available=status.get("availableReplicas", 0),
        selector=_selector(spec.get("selector", {})),
        progress=conditions.get("Progressing", ""),
        containers=tuple(map(_container, spec.get("template", {}).get("spec", {}).get("containers") or ())),
        annotations=metadata.get("annotations") or {},
    )


def _selector(told: Mapping[str, Any]) -> str:
    terms = [f"{key}={value}" for key, value in (told.get("matchLabels") or {}).items()]
    for each in told.get("matchExpressions") or ():
        key, values = each["key"], ",".join(each.get("values") or ())
        match each["operator"]:
            case "In" | "NotIn":
                terms.append(f"{key} {each['operator'].lower()} ({values})")
            case "Exists":
                terms.append(key)
            case _:
                terms.append(f"!{key}")
    return ",".join(terms)


def _container(told: Mapping[str, Any]) -> Container:
    return Container(
        name=told.get("name", ""),
        image=told.get("image", ""),
        env=tuple(map(_variable, told.get("env") or ())),
        env_from=tuple(map(_whole, told.get("envFrom") or ())),
        ports=tuple((each.get("name", ""), each["containerPort"]) for each in told.get("ports") or ()),
    )


def _variable(told: Mapping[str, Any]) -> Variable:
    name = told.get("name", "")
    match told.get("valueFrom"):
        case None:
            return Variable(name=name, source="value", value=str(told.get("value", "")))
        case {"secretKeyRef": named}:
            return _named(name, "secret", named)
        case {"configMapKeyRef": named}:
            return _named(name, "config-map", named)
        case _:
            return Variable(name=name, source="other")


def _named(variable: str, source: Source, named: Mapping[str, Any]) -> Variable:
    return Variable(name=variable, source=source, resource=named.get("name", ""), key=named.get("key", ""))


def _whole(told: Mapping[str, Any]) -> WholeSource:
    prefix = told.get("prefix") or ""
    if "secretRef" in told:
        return WholeSource(source="secret", resource=told["secretRef"].get("name", ""), prefix=prefix)
    return WholeSource(source="config-map", resource=told.get("configMapRef", {}).get("name", ""), prefix=prefix)


def _pod(told: Mapping[str, Any]) -> Pod:
    metadata, status = told.get("metadata", {}), told.get("status", {})
    ready = any(each.get("type") == "Ready" and each.get("status") == "True" for each in status.get("conditions") or ())
    return Pod(
        name=metadata.get("name", ""),
        phase=status.get("phase", ""),
        ready=ready,
        terminating=bool(metadata.get("deletionTimestamp")),
        labels=metadata.get("labels") or {},
        containers=tuple(map(_state, status.get("containerStatuses") or ())),
        node=told.get("spec", {}).get("nodeName") or "",
    )


def _state(told: Mapping[str, Any]) -> ContainerState:
    ended = (told.get("lastState") or {}).get("terminated") or {}
    return ContainerState(
        name=told.get("name", ""),
        ready=bool(told.get("ready")),
        restarts=told.get("restartCount", 0),
        waiting=((told.get("state") or {}).get("waiting") or {}).get("reason", ""),
        ended=f"{ended.get('reason', 'Error')}, exit code {ended.get('exitCode', '?')}" if ended else "",
    )
