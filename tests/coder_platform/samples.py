"""Deployments and pods as the tests of decisions want them."""

from dataclasses import replace
from typing import Any

from lambdas.platform.cluster import Container, ContainerState, Deployment, Pod, Variable, WholeSource

URL = "CODER_PG_CONNECTION_URL"
IMAGE = "ghcr.io/coder/coder:v2.29.1"


def by_key(name: str = "coder-db-url", key: str = "url") -> Variable:
    """The variable as the chart has it."""
    return Variable(name=URL, source="secret", resource=name, key=key)


def whole(secret: str, prefix: str = "") -> WholeSource:
    return WholeSource(source="secret", resource=secret, prefix=prefix)


def container(*env: Variable, name: str = "coder", image: str = IMAGE, **more: Any) -> Container:
    return Container(name=name, image=image, env=env, **more)


def deployment(*containers: Container, **changes: Any) -> Deployment:
    """coder/coder, rolled out with two replicas."""
    made = Deployment(
        namespace="coder",
        name="coder",
        replicas=2,
        generation=3,
        observed=3,
        total=2,
        updated=2,
        ready=2,
        available=2,
        selector="app.kubernetes.io/name=coder",
        containers=containers or (container(by_key()),),
    )
    return replace(made, **changes)


def pod(name: str = "coder-1", **changes: Any) -> Pod:
    """A pod that serves."""
    made = Pod(
        name=name,
        phase="Running",
        ready=True,
        terminating=False,
        containers=(ContainerState(name="coder", ready=True, restarts=0),),
    )
    return replace(made, **changes)


def crashing(name: str = "coder-1", *, restarts: int = 3) -> Pod:
    """A pod whose container ends at its start again and again."""
    state = ContainerState(
        name="coder", ready=False, restarts=restarts, waiting="CrashLoopBackOff", ended="Error, exit code 1"
    )
    return pod(name, ready=False, containers=(state,))
