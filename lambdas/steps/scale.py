"""The steps of a scaling, of the check whether nodes are there on time, and what alarms and the minute start."""

from lambdas import errors
from lambdas.errors import Day2Error
from lambdas.steps.step import CALLS_AWS, Step

# What the settings do not have is refused by every step that asks them: they may change while an execution waits.
_SETTINGS: tuple[type[Day2Error], ...] = (errors.ScalingRefused,)
_INSIDE: tuple[type[Day2Error], ...] = (*_SETTINGS, errors.KubernetesUnavailable, *CALLS_AWS)

SCALE_STEPS: tuple[Step, ...] = (
    Step(
        name="OpenScaling",
        room="scaling",
        does="Judges the request, and claims the schedule's slot or the alarm's transition.",
        raises=(errors.InputRejected, *_SETTINGS, *CALLS_AWS),
    ),
    Step(
        name="HoldGroup",
        room="scaling",
        does="Holds the node group against a second scaling, and reads it and what was said of it.",
        raises=(errors.GroupBusy, *CALLS_AWS),
    ),
    Step(
        name="ReadNodes",
        room="scaling",
        does="Reads the group's nodes, what runs on them, and what Coder says runs and waits.",
        bundle="inside",
        timeout_seconds=120,
        memory_mb=512,
        raises=_INSIDE,
    ),
    Step(
        name="PlanScaling",
        room="scaling",
        does="Decides, and enters the decision with the facts that it saw.",
        raises=(*_SETTINGS, *CALLS_AWS),
    ),
    Step(
        name="OrderSizes",
        room="scaling",
        does="Orders minimum, desired and maximum together, in one update of EKS.",
        raises=(errors.GroupUpdating, *CALLS_AWS),
    ),
    Step(
        name="AwaitUpdate",
        room="scaling",
        does="Follows an update of the node group to its end, and tells its errors.",
        raises=(errors.GroupUpdating, errors.UpdateFailed, *CALLS_AWS),
    ),
    Step(
        name="AwaitNodes",
        room="scaling",
        does="Waits until as many nodes are Ready as are desired.",
        bundle="inside",
        raises=(errors.NodesNotReady, errors.CapacityMissing, *_INSIDE),
    ),
    Step(
        name="RaisePods",
        room="scaling",
        does="Asks for the provisioners of the nodes that are there, and waits until they are available.",
        bundle="inside",
        raises=(errors.PodsNotReady, errors.CapacityMissing, *_INSIDE),
    ),
    Step(
        name="FindCause",
        room="scaling",
        does="Reads from Auto Scaling why ordered nodes do not come.",
        raises=CALLS_AWS,
    ),
    Step(
        name="CordonNodes",
        room="scaling",
        does="Lets nothing new onto the nodes that are to go.",
        bundle="inside",
        timeout_seconds=120,
        raises=(errors.KubernetesUnavailable, *CALLS_AWS),
    ),
    Step(
        name="LookAgain",
        room="scaling",
        does="Looks which of the cordoned nodes still hold nothing.",
        bundle="inside",
        timeout_seconds=120,
        memory_mb=512,
        raises=_INSIDE,
    ),
    Step(
        name="LowerPods",
        room="scaling",
        does="Lets provisioners leave the nodes that go, idle ones first, and waits for the builds that they run.",
        bundle="inside",
        timeout_seconds=120,
        raises=(errors.PodsStillRunning, *_INSIDE),
    ),
    Step(
        name="TerminateNodes",
        room="scaling",
        does="Ends exactly these instances, each with the desired size one lower.",
        timeout_seconds=300,
        raises=CALLS_AWS,
    ),
    Step(
        name="FindStaying",
        room="scaling",
        does="Reads from Auto Scaling which instances of the group do not end.",
        raises=CALLS_AWS,
    ),
    Step(
        name="UncordonNodes",
        room="scaling",
        does="Lets pods again onto every node that was cordoned and not terminated.",
        bundle="inside",
        timeout_seconds=120,
        raises=(errors.KubernetesUnavailable, *CALLS_AWS),
    ),
    Step(
        name="AwaitGone",
        room="scaling",
        does="Waits until terminated nodes have left Kubernetes.",
        bundle="inside",
        raises=(errors.NodesNotGone, errors.TerminationOverdue, errors.KubernetesUnavailable, *CALLS_AWS),
    ),
    Step(
        name="FreeGroup",
        room="scaling",
        does="Lets another scaling of the group begin, and says whether this one comes back.",
        raises=CALLS_AWS,
    ),
    Step(
        name="RecordScaling",
        room="scaling",
        does="Enters how it ended, and lets the group go.",
        raises=(errors.EvidenceNotStored, *CALLS_AWS),
    ),
    Step(
        name="AnnounceScaling",
        room="scaling",
        does="Tells the topic where somebody has to look.",
        raises=CALLS_AWS,
    ),
)

READY_STEPS: tuple[Step, ...] = (
    Step(
        name="CountReady",
        room="scaling",
        does="Counts the nodes that are Ready at the time for which a schedule promises them.",
        bundle="inside",
        raises=(errors.InputRejected, *_INSIDE),
    ),
    Step(
        name="JudgePromise",
        room="scaling",
        does="Judges whether the promise was kept, and tells the topic the cause where it was not.",
        raises=(*_SETTINGS, *CALLS_AWS),
    ),
)

SCALE_SIGNALS: tuple[Step, ...] = (
    Step(
        name="MeasureDemand",
        room="scaling",
        does="Measures every minute how loaded the node groups are.",
        bundle="inside",
        memory_mb=512,
        raises=_INSIDE,
    ),
    Step(
        name="RouteAlarm",
        room="scaling",
        does="Starts the scaling that an alarm asks for, and drops stale and doubled messages.",
        raises=(*_SETTINGS, *CALLS_AWS),
    ),
    Step(
        name="ReconcileAlarms",
        room="scaling",
        does="Acts every five minutes on alarms that are stuck, or whose message was lost.",
        raises=(*_SETTINGS, *CALLS_AWS),
    ),
)
"""What no machine runs: the minute, an alarm's message and a clock of five minutes do."""
