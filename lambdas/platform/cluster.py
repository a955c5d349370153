"""What the Kubernetes API tells, as values: Deployments with their containers' environment, Pods, Secrets.

Values of an environment and of a Secret never show in a representation: a connection URL holds a password.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Source = Literal["value", "secret", "config-map", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable of a container's `env`. `resource` and `key`: of the Secret or ConfigMap that it comes from."""

    name: str
    source: Source
    value: str = field(default="", repr=False)
    resource: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeSource:
    """One entry of a container's `envFrom`: every key of a Secret or ConfigMap, its name behind `prefix`."""

    source: Literal["secret", "config-map"]
    resource: str
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container of a pod template. `ports`: name (may be empty) and number, in their order."""

    name: str
    image: str
    env: tuple[Variable, ...] = ()
    env_from: tuple[WholeSource, ...] = ()
    ports: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A Deployment and how its rollout stands.

    replicas   how many it is to have (spec)
    total, updated, ready, available  pods as its status counts them: all, of the present template, and of those ...
    observed   the generation that its controller has looked at
    progress   reason of the condition Progressing: NewReplicaSetAvailable, ProgressDeadlineExceeded, ...
    selector   its pods, as a label selector
    """

    namespace: str
    name: str
    replicas: int
    generation: int
    observed: int
    total: int
    updated: int
    ready: int
    available: int
    selector: str
    progress: str = ""
    containers: tuple[Container, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def images(self) -> tuple[str, ...]:
        """Of its containers, in their order."""
        return tuple(each.image for each in self.containers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerState:
    """A pod's container. `waiting`: why it does not run; `ended`: how its run before ended."""

    name: str
    ready: bool
    restarts: int
    waiting: str = ""
    ended: str = ""

    @property
    def crash_loops(self) -> bool:
        """Whether it ended before and is not let run again yet."""
        return self.waiting == "CrashLoopBackOff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """A pod. `terminating`: its end has begun; `over`: its containers have ended for good; `node`: it is bound to."""

    name: str
    phase: str
    ready: bool
    terminating: bool
    labels: Mapping[str, str] = field(default_factory=dict)
    containers: tuple[ContainerState, ...] = ()
    node: str = ""

    @property
    def over(self) -> bool:
        """Succeeded or Failed: nothing of it runs, whatever still lists it."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def live(self) -> bool:
        """Neither over nor on its way out."""
        return not (self.over or self.terminating)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A Secret. `data` is decoded; what no text is left out of it.

    keeper  who writes it again when it is changed, where an owner or a label tells: `ExternalSecret coder-db`
    """

    namespace: str
    name: str
    version: str
    immutable: bool = False
    keeper: str | None = None
    data: Mapping[str, str] = field(default_factory=dict, repr=False)
