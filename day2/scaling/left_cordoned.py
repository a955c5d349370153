"""Nodes that a scaling cordoned and no longer looks after: nothing new comes onto them, and nobody takes them away."""

from collections.abc import Collection, Iterable, Iterator

from day2.asking import as_operator
from day2.doctor.findings import Finding, Result, Skip
from day2.drill.deployment import Deployment
from lambdas.adapters.kubernetes import opened
from lambdas.errors import KubernetesUnavailable, ServiceBusy
from lambdas.recovery.names import drill_id
from lambdas.scaling.contracts import Node


def look(deployment: Deployment, cluster: str, node_groups: Iterable[str], *, check: str) -> Iterator[Result]:
    """Those of these node groups; a skip where Kubernetes cannot be reached, or lets the caller not look.

    Raises:
        AccessRefused, RequestRefused, ServiceBusy: Step Functions does not tell which scalings run.
    """
    before = running(deployment)
    try:
        api = opened(cluster, eks=deployment.clients("eks"), sts=deployment.clients("sts"))
        nodes = [node for group in node_groups for node in api.nodes(group)]
    except (KubernetesUnavailable, ServiceBusy) as refusal:
        yield Skip(check=check, reason=f"{refusal.what} [{refusal.resource}]")
        return
    # Both looks: one that began or ended between them is no longer, or not yet, in the other.
    yield from left(nodes, before | running(deployment), check=check)


def running(deployment: Deployment) -> set[str]:
    """The ids of the scalings that run."""
    machine = deployment.scale_machine
    if machine is None:
        return set()
    with as_operator(machine, action="states:ListExecutions"):
        pages = (
            deployment.clients("stepfunctions")
            .get_paginator("list_executions")
            .paginate(stateMachineArn=machine, statusFilter="RUNNING")
        )
        return {
            drill_id(execution=each["executionArn"], started_at=each["startDate"])
            for page in pages
            for each in page["executions"]
        }


def left(nodes: Iterable[Node], running: Collection[str], *, check: str) -> Iterator[Finding]:
    """A node that a person cordoned is theirs, and none of these."""
    for node in nodes:
        if node.cordoned and node.cordoned_by and node.cordoned_by not in running:
            yield Finding(
                check=check,
                what=f"Scaling {node.cordoned_by} cordoned it and no longer runs: nothing new comes onto it.",
                resource=node.name,
                next_step=f"kubectl uncordon {node.name}",
            )
