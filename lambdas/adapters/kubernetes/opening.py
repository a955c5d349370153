"""Which endpoint and whose token: the API of an EKS cluster by its name."""

import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from functools import cache
from typing import Any

from lambdas.adapters import aws
from lambdas.adapters.kubernetes.namespaces import Namespaces
from lambdas.adapters.kubernetes.nodes import Nodes
from lambdas.adapters.kubernetes.replicas import Replicas
from lambdas.adapters.kubernetes.resources import ResourcesOfNodes
from lambdas.adapters.kubernetes.secrets import Secrets
from lambdas.adapters.kubernetes.workloads import Workloads
from lambdas.errors import AccessRefused, KubernetesUnavailable, RequestRefused

# EKS takes a token for 15 minutes whatever it says; the presigned request itself need not outlive this invocation.
_TOKEN_SECONDS = 60
_USED_FOR_SECONDS = 30
_CLUSTER_HEADER = "x-k8s-aws-id"


class Kubernetes(Namespaces, Workloads, Secrets, Replicas, Nodes, ResourcesOfNodes):
    """Every call to one cluster's API."""


@cache
def door(cluster: str) -> Kubernetes:
    """The API of the EKS cluster of that name, with this function's own identity."""
    return opened(cluster, eks=aws.client("eks"), sts=aws.client("sts"))


def opened(cluster: str, *, eks: Any, sts: Any) -> Kubernetes:
    """The same with the identity of these clients. Raises KubernetesUnavailable when it cannot be found out about."""
    try:
        with aws.asking(cluster):
            told = eks.describe_cluster(name=cluster)["cluster"]
    except (AccessRefused, RequestRefused) as refusal:
        raise KubernetesUnavailable(
            f"The cluster cannot be found out about: {refusal.what}",
            resource=cluster,
            next_step="Correct the settings' Kubernetes cluster, or allow eks:DescribeCluster on it.",
        ) from refusal
    authority = told.get("certificateAuthority", {}).get("data")
    return Kubernetes(
        name=cluster,
        endpoint=told.get("endpoint", ""),
        authority=b64decode(authority).decode() if authority else None,
        token=Tokens(lambda: bearer_token(sts, cluster)),
    )


class Tokens:
    """One token for the calls of half a minute: signing is the dearest part of a call.

    By the wall clock: the other one may stand still while Lambda freezes the function.
    """

    def __init__(self, made: Callable[[], str], *, clock: Callable[[], float] = time.time) -> None:
        self._made, self._clock = made, clock
        self._token, self._until = "", 0.0

    def __call__(self) -> str:
        now = self._clock()
        if not self._until - _USED_FOR_SECONDS <= now < self._until:
            self._token, self._until = self._made(), now + _USED_FOR_SECONDS
        return self._token


def bearer_token(sts: Any, cluster: str) -> str:
    """The token by which EKS knows an AWS identity: a presigned GetCallerIdentity that names the cluster.

    Nothing is sent to STS here: EKS sends the presigned request itself (aws-iam-authenticator, "API authorization").
    """

    def name_cluster(request: Any, **_: object) -> None:
        request.headers[_CLUSTER_HEADER] = cluster

    event = "before-sign.sts.GetCallerIdentity"
    sts.meta.events.register(event, name_cluster, unique_id="coder-day2")
    try:
        with aws.asking(cluster):
            url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=_TOKEN_SECONDS, HttpMethod="GET")
    except (AccessRefused, RequestRefused) as refusal:
        raise KubernetesUnavailable(refusal.what, resource=cluster, next_step=refusal.next_step) from refusal
    finally:
        sts.meta.events.unregister(event, unique_id="coder-day2")
    return f"k8s-aws-v1.{urlsafe_b64encode(url.encode()).decode().rstrip('=')}"
