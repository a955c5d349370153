"""AwaitRollout: every replica of coderd is up on the database that its Secret names, which migrates it at its start."""

from datetime import timedelta
from typing import Any

from lambdas.errors import CutOverOverdue, RolloutNotComplete
from lambdas.platform import rollout
from lambdas.platform.cluster import Pod
from lambdas.platform.place import Place
from lambdas.restore_contracts import BeforePlatform, Restoration
from lambdas.runtime import Call, step

CEILING = timedelta(minutes=15)


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration` and `before`; rolled out, or RolloutNotComplete until it is, or it is known that it won't."""
    before = call.take(BeforePlatform, "before")
    place = Place(call.settings)
    coder = place.led_by(call.take(Restoration, "restoration"))
    resource = f"{coder.namespace}/{coder.name}"
    pods = place.pods(coder)
    seen = rollout.judge(coder, pods, replicas=before.coder.replicas)
    if seen.complete:
        return {"complete": True, "reason": seen.reason}
    if reason := rollout.hopeless(pods, _last_words(place, before, rollout.crash_looping(pods))):
        raise CutOverOverdue(
            f"Every replica ends at its start, and will again: {reason}",
            resource=resource,
            next_step="The schema and this version of Coder do not go together; choose another recovery point.",
        )
    error = CutOverOverdue if call.now > call.context.entered_at + CEILING else RolloutNotComplete
    raise error(seen.reason, resource=resource, next_step="See the pods' events and logs with kubectl.")


def _last_words(place: Place, before: BeforePlatform, pods: tuple[Pod, ...]) -> dict[str, str]:
    """What each crash-looping pod said before it ended; by then its present run may have said nothing yet."""

    def said(pod: Pod, *, previous: bool) -> str:
        return place.api.log(before.coder.namespace, pod.name, container=before.url.container, previous=previous)

    return {pod.name: said(pod, previous=True) + said(pod, previous=False) for pod in pods}
