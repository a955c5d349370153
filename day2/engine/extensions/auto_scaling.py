"""The Auto Scaling groups of node groups: seen by MiniStack's calls, changed by those below.

MiniStack's own groups have instances that come at once and change nothing; they stay as they are. Scheduled actions
are MiniStack's for both: they are kept and told, and never due.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ministack.services import autoscaling

from day2.engine.nodes import refusals
from day2.engine.nodes.fleet import Fleet
from day2.engine.nodes.refusals import Refusal
from day2.engine.nodes.scaling_group import ScalingGroup, Sizes

NEEDS = (
    "services.autoscaling._ACTION_MAP",
    "services.autoscaling._asgs",
    "services.autoscaling._create_asg",
    "services.autoscaling._delete_asg",
    "services.autoscaling._error",
    "services.autoscaling._member_xml",
    "services.autoscaling._parse_member_list",
    "services.autoscaling._xml",
)

Answer = tuple[int, Mapping[str, str], bytes]
Parameters = Mapping[str, Any]
Call = Callable[[Parameters], Answer]

_STATUSES = {"ResourceContention": 500}
_MOST_RECORDS = 100
_POLICIES = ["OldestLaunchTemplate", "OldestInstance"]


def name(node_group: str) -> str:
    """As EKS names one: `eks-<node group>-<uuid>`."""
    return f"eks-{node_group}-{uuid4()}"


def create(group: ScalingGroup) -> None:
    """Make it known to MiniStack."""
    tags = {
        "eks:cluster-name": group.cluster,
        "eks:nodegroup-name": group.node_group,
        f"kubernetes.io/cluster/{group.cluster}": "owned",
    }
    parameters = {
        "AutoScalingGroupName": group.name,
        "VPCZoneIdentifier": ",".join(each.id for each in group.subnets),
        **{f"AvailabilityZones.member.{number}": each.zone for number, each in enumerate(group.subnets, start=1)},
        **{f"TerminationPolicies.member.{number}": each for number, each in enumerate(_POLICIES, start=1)},
    }
    for number, (key, value) in enumerate(tags.items(), start=1):
        parameters |= {f"Tags.member.{number}.Key": key, f"Tags.member.{number}.Value": value}
    autoscaling._create_asg(parameters)


def show(group: ScalingGroup, now: datetime) -> None:
    """Bring MiniStack's record up to now."""
    if record := autoscaling._asgs.get(group.name):
        record.update(
            MinSize=group.sizes.smallest,
            MaxSize=group.sizes.largest,
            DesiredCapacity=group.sizes.desired,
            Instances=[dict(each.shown(now)) for each in group.instances],
        )


def delete(group: ScalingGroup) -> None:
    autoscaling._delete_asg({"AutoScalingGroupName": group.name})


def install_on(fleet: Fleet) -> None:
    """Answer the calls that have to do with the fleet's groups."""
    calls = AutoScaling(fleet)
    present = autoscaling._ACTION_MAP
    present["TerminateInstanceInAutoScalingGroup"] = _refusing(calls.terminate)
    present["DescribeScalingActivities"] = calls.on_group(calls.activities, present["DescribeScalingActivities"])
    present["SetDesiredCapacity"] = calls.on_group(calls.set_desired, present["SetDesiredCapacity"])
    present["UpdateAutoScalingGroup"] = calls.on_group(calls.update, present["UpdateAutoScalingGroup"])


class AutoScaling:
    """The calls on one engine's fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def on_group(self, own: Callable[[ScalingGroup, Parameters], Answer], other: Call) -> Call:
        """`own` for a group of the fleet, `other` for the rest."""

        def call(parameters: Parameters) -> Answer:
            with self._fleet.lock:
                group = self._fleet.named(parameters.get("AutoScalingGroupName", ""))
                return own(group, parameters) if group else other(parameters)

        return _refusing(call)

    def terminate(self, parameters: Parameters) -> Answer:
        """One instance by its id, or several of a group one after the other."""
        shrinking = _required(parameters, "ShouldDecrementDesiredCapacity") == "true"
        with self._fleet.lock:
            now = datetime.now(UTC)
            if several := autoscaling._parse_member_list(parameters, "InstanceIds"):
                group = self._fleet.named(_required(parameters, "AutoScalingGroupName"))
                ended = [self._end(each, group, shrinking=shrinking, now=now) for each in several]
                shown = "<Activities>" + "".join(f"<member>{each}</member>" for each in ended) + "</Activities>"
            else:
                only = self._end(_required(parameters, "InstanceId"), None, shrinking=shrinking, now=now)
                shown = f"<Activity>{only}</Activity>"
            self._fleet.look()
        return _answer("TerminateInstanceInAutoScalingGroup", shown)

    def _end(self, instance: str, group: ScalingGroup | None, *, shrinking: bool, now: datetime) -> str:
        found = group or self._fleet.with_instance(instance)
        activity = found.terminate(instance, shrinking=shrinking, now=now)
        return _text(activity.shown(found.name, now))

    def activities(self, group: ScalingGroup, parameters: Parameters) -> Answer:
        """The newest first; no pages, as MaxRecords is at most 100."""
        now, wanted = datetime.now(UTC), autoscaling._parse_member_list(parameters, "ActivityIds")
        most = int(parameters.get("MaxRecords") or _MOST_RECORDS)
        found = [each for each in group.activities if not wanted or each.id in wanted][:most]
        members = "".join(f"<member>{_text(each.shown(group.name, now))}</member>" for each in found)
        return _answer("DescribeScalingActivities", f"<Activities>{members}</Activities>")

    def set_desired(self, group: ScalingGroup, parameters: Parameters) -> Answer:
        desired, sizes = int(_required(parameters, "DesiredCapacity")), group.sizes
        for what, limit, wrong in (
            ("below min", sizes.smallest, desired < sizes.smallest),
            ("above max", sizes.largest, desired > sizes.largest),
        ):
            if wrong:
                message = f"New SetDesiredCapacity value {desired} is {what} value {limit} for the AutoScalingGroup."
                raise refusals.validation(message)
        return self._resize(group, Sizes(sizes.smallest, desired, sizes.largest), "SetDesiredCapacity")

    def update(self, group: ScalingGroup, parameters: Parameters) -> Answer:
        """Its sizes. A desired capacity that is not asked for is moved within new limits."""
        sizes = group.sizes
        smallest = int(parameters.get("MinSize") or sizes.smallest)
        largest = int(parameters.get("MaxSize") or sizes.largest)
        desired = int(parameters.get("DesiredCapacity") or max(smallest, min(sizes.desired, largest)))
        if not smallest <= desired <= largest:
            raise refusals.validation(
                f"Desired capacity:{desired} must be between the specified min size:{smallest} and max size:{largest}"
            )
        return self._resize(group, Sizes(smallest, desired, largest), "UpdateAutoScalingGroup")

    def _resize(self, group: ScalingGroup, sizes: Sizes, action: str) -> Answer:
        group.resize(sizes, now=datetime.now(UTC))
        self._fleet.look()
        return _answer(action, "")


def _refusing(call: Call) -> Call:
    def guarded(parameters: Parameters) -> Answer:
        try:
            return call(parameters)
        except Refusal as refusal:
            status = _STATUSES.get(refusal.code, 400)
            answer: Answer = autoscaling._error(refusal.code, refusal.message, status)
            return answer

    return guarded


def _required(parameters: Parameters, member: str) -> str:
    if value := parameters.get(member):
        return str(value)
    raise refusals.validation(f"1 validation error detected: Value at '{member}' failed to satisfy constraint")


def _text(shown: Mapping[str, object]) -> str:
    text: str = autoscaling._member_xml(dict(shown))
    return text


def _answer(action: str, result: str) -> Answer:
    answer: Answer = autoscaling._xml(200, f"{action}Response", f"<{action}Result>{result}</{action}Result>")
    return answer
