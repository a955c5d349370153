"""Whether the platform has stopped: no pod of coderd or of a provisioner is left."""

from collections.abc import Sequence
from dataclasses import dataclass

from lambdas.platform.cluster import Deployment, Pod

_LISTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What one look found. `waiting_for` is empty when all is gone."""

    waiting_for: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Nothing is left."""
        return not self.waiting_for


def judge(found: Sequence[tuple[Deployment, tuple[Pod, ...]]]) -> Stopped:
    """Each Deployment with its pods. Pods that are over are only listed still."""
    return Stopped(waiting_for=tuple(text for deployment, pods in found for text in _left(deployment, pods)))


def _left(deployment: Deployment, pods: tuple[Pod, ...]) -> list[str]:
    where = f"{deployment.namespace}/{deployment.name}"
    left = [pod.name for pod in pods if not pod.over]
    told = []
    if deployment.replicas > 0:
        told.append(
            f"{where} asks for {deployment.replicas} replicas again: somebody scales it (Argo CD, KEDA, an autoscaler?)"
        )
    if left:
        more = f" and {len(left) - _LISTED} more" if len(left) > _LISTED else ""
        told.append(f"{where} has {len(left)} pods: {', '.join(left[:_LISTED])}{more}")
    elif deployment.total > 0:
        told.append(f"{where} counts {deployment.total} pods still")
    return told
