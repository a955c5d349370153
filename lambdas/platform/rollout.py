"""Whether a Deployment has rolled out, and whether it still can."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lambdas.platform.cluster import Deployment, Pod

_MIGRATION = ("migrate up", "no migration found for version", "Dirty database version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """What one look found. `reason` in words, the troubled pods with theirs included."""

    complete: bool
    reason: str


def judge(deployment: Deployment, pods: Sequence[Pod], *, replicas: int) -> Rollout:
    """As `kubectl rollout status` judges it, and with the count that it is to have.

    Raises nothing: a deadline that the Deployment's controller set (ProgressDeadlineExceeded) may pass and the pods
    come up all the same, so that it is told and waited for.
    """
    reason = _why_not(deployment, replicas)
    if reason is None:
        return Rollout(complete=True, reason=f"{deployment.updated} of {replicas} replicas are updated and available")
    return Rollout(complete=False, reason="; ".join((reason, *troubles(pods))))


def troubles(pods: Sequence[Pod]) -> tuple[str, ...]:
    """The live pods that do not become ready, each with its reason."""
    return tuple(
        f"{pod.name}: {state.waiting}{f' after {state.restarts} restarts' if state.restarts else ''}"
        f"{f' ({state.ended})' if state.ended else ''}"
        for pod in pods
        if pod.live and not pod.ready
        for state in pod.containers
        if state.waiting not in ("", "ContainerCreating", "PodInitializing") or (state.restarts and not state.ready)
    )


def crash_looping(pods: Sequence[Pod]) -> tuple[Pod, ...]:
    """The live pods of which a container ended and is held back."""
    return tuple(pod for pod in pods if pod.live and any(each.crash_loops for each in pod.containers))


def hopeless(pods: Sequence[Pod], logs: Mapping[str, str]) -> str | None:
    """Why no replica will ever come up: each one crash-loops on the schema. None while one still may.

    `logs` holds what each crash-looping pod said before it ended. A database that does not answer may answer later;
    a schema that the binary refuses will not change.
    """
    live = [pod for pod in pods if pod.live]
    looping = crash_looping(pods)
    if not live or len(looping) < len(live):
        return None
    reasons = [_migration_error(logs.get(pod.name, "")) for pod in looping]
    return reasons[0] if all(reasons) else None


def _migration_error(log: str) -> str | None:
    """The last line that tells one, from the word `migrate` or `no migration` on: what precedes may hold anything."""
    for line in reversed(log.splitlines()):
        for phrase in _MIGRATION:
            if phrase in line and not _benign(line):
                return line[line.index(phrase) :][:200]
    return None


def _benign(line: str) -> bool:
    return any(level in line for level in ("[warn]", "[info]", "[debug]", '"level":"WARN"', '"level":"INFO"'))


def _why_not(deployment: Deployment, replicas: int) -> str | None:
    if deployment.replicas != replicas:
        return f"it asks for {deployment.replicas} replicas, and {replicas} are to be"
    if deployment.observed < deployment.generation:
        return "its controller has not looked at its latest change yet"
    if deployment.updated < replicas:
        return f"{deployment.updated} of {replicas} replicas are updated{_late(deployment)}"
    if deployment.total > deployment.updated:
        return f"{deployment.total - deployment.updated} old replicas are still to end"
    if deployment.available < deployment.updated:
        return f"{deployment.available} of {deployment.updated} updated replicas are available{_late(deployment)}"
    return None


def _late(deployment: Deployment) -> str:
    return " (it exceeded its progress deadline)" if deployment.progress == "ProgressDeadlineExceeded" else ""
