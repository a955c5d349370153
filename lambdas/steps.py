"""The catalogue of steps: one Lambda function each.

The CDK app makes the functions from it, tests compare `raises` with the edges of the ASL state, and the ASL
files name a step's ARN as `${<Step.name>}`.
"""

from dataclasses import dataclass
from typing import Literal

from lambdas import errors
from lambdas.errors import Day2Error

Bundle = Literal["control", "inside"]

_CALLS_AWS: tuple[type[Day2Error], ...] = (errors.ServiceBusy, errors.AccessRefused, errors.RequestRefused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One function.

    name      the function's and the ASL substitution's name; also a file's: `OpenDrill` -> `open_drill.py`
    room      the package that holds its handler: `lambdas.<room>.handlers.<file>.handler`
    bundle    `control` calls AWS APIs outside the VPC, `inside` speaks SQL or Kubernetes within it
    raises    every named error that may leave it
    """

    name: str
    room: Literal["recovery", "verification", "evidence"]
    does: str
    raises: tuple[type[Day2Error], ...]
    bundle: Bundle = "control"
    timeout_seconds: int = 60
    memory_mb: int = 256

    @property
    def file(self) -> str:
        """`OpenDrill` -> `open_drill`."""
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.name).lstrip("_")

    @property
    def waits_for(self) -> tuple[type[Day2Error], ...]:
        """The errors that mean `ask again`, AWS being busy left out: the step's own normal waiting."""
        return tuple(each for each in self.raises if issubclass(each, errors.NotYet) and each is not errors.ServiceBusy)

    @property
    def handler(self) -> str:
        """The function's entry point, as Lambda wants it."""
        return f"lambdas.{self.room}.handlers.{self.file}.handler"


STEPS: tuple[Step, ...] = (
    Step(
        name="OpenDrill",
        room="recovery",
        does="Validates the request, claims the schedule's slot, locks the source, names everything.",
        raises=(errors.InputRejected, errors.DrillInProgress, errors.ProductionTargetRefused, *_CALLS_AWS),
    ),
    Step(
        name="ChooseRecoveryPoint",
        room="recovery",
        does="Chooses an available recovery point of the right engine and reads the source's shape.",
        raises=(errors.NoUsableRecoveryPoint, *_CALLS_AWS),
    ),
    Step(
        name="RestoreCluster",
        room="recovery",
        does="Starts the restore beside production, isolated and tagged, or adopts the one it started.",
        raises=(errors.ProductionTargetRefused, errors.NoUsableRecoveryPoint, *_CALLS_AWS),
    ),
    Step(
        name="AwaitCluster",
        room="recovery",
        does="Looks whether the restored cluster is available.",
        raises=(errors.ClusterNotReady, errors.RestoreFailed, errors.RestoreOverdue, *_CALLS_AWS),
    ),
    Step(
        name="AddInstance",
        room="recovery",
        does="Adds the one writer without which nothing listens.",
        raises=(errors.ProductionTargetRefused, errors.IsolationNotProven, *_CALLS_AWS),
    ),
    Step(
        name="AwaitInstance",
        room="recovery",
        does="Looks whether the writer is available.",
        raises=(errors.InstanceNotReady, errors.RestoreFailed, errors.RestoreOverdue, *_CALLS_AWS),
    ),
    Step(
        name="ResetCredentials",
        room="recovery",
        does="Gives the copy a managed master secret of its own.",
        raises=(
            errors.ProductionTargetRefused,
            errors.ClusterNotReady,
            errors.RestoreFailed,
            errors.RestoreOverdue,
            *_CALLS_AWS,
        ),
    ),
    Step(
        name="AwaitCredentials",
        room="recovery",
        does="Looks whether the managed master secret is active.",
        raises=(errors.CredentialsNotReady, errors.RestoreFailed, errors.RestoreOverdue, *_CALLS_AWS),
    ),
    Step(
        name="CreateNamespace",
        room="recovery",
        does="Creates the run's namespace under a deny-all NetworkPolicy, or says that Kubernetes is skipped.",
        bundle="inside",
        raises=(errors.ServiceBusy, errors.KubernetesUnavailable, errors.ProductionTargetRefused),
    ),
    Step(
        name="ProveIsolation",
        room="recovery",
        does="Reads the copy's security groups, public access and routes, and refuses to go on on any doubt.",
        raises=(errors.IsolationNotProven, errors.ServiceBusy),
    ),
    Step(
        name="PlanVerification",
        room="verification",
        does="Connects, reads version and sizes, and divides the checks into groups of planned duration.",
        bundle="inside",
        timeout_seconds=300,
        memory_mb=512,
        raises=(errors.DatabaseNotReachable, errors.VerificationFailed, *_CALLS_AWS),
    ),
    Step(
        name="RunChecks",
        room="verification",
        does="Runs one group of checks on one exported snapshot, read-only.",
        bundle="inside",
        timeout_seconds=900,
        memory_mb=1024,
        raises=(errors.DatabaseNotReachable, errors.VerificationFailed, *_CALLS_AWS),
    ),
    Step(
        name="Judge",
        room="verification",
        does="Compares the results with expectations, baseline and objectives.",
        raises=(errors.VerificationFailed, *_CALLS_AWS),
    ),
    Step(
        name="DeleteDatabase",
        room="recovery",
        does="Deletes the drill's instances, cluster and snapshots, a step further at each call, until all are gone.",
        raises=(errors.StillDeleting, errors.ProductionTargetRefused, errors.TeardownOverdue, *_CALLS_AWS),
    ),
    Step(
        name="DeleteNamespace",
        room="recovery",
        does="Deletes the run's namespace and looks until it is gone.",
        bundle="inside",
        raises=(
            errors.StillDeleting,
            errors.ServiceBusy,
            errors.KubernetesUnavailable,
            errors.ProductionTargetRefused,
            errors.TeardownOverdue,
        ),
    ),
    Step(
        name="ProveNothingLeft",
        room="recovery",
        does="Lists everything that could have stayed behind; what cannot be ruled out counts as left.",
        raises=(errors.LeftoversFound, errors.ServiceBusy),
    ),
    Step(
        name="RecordEvidence",
        room="evidence",
        does="Writes the record, its renderings and the ledger entry, and releases the lock.",
        timeout_seconds=120,
        memory_mb=512,
        raises=(errors.EvidenceNotStored, *_CALLS_AWS),
    ),
    Step(
        name="Announce",
        room="evidence",
        does="Tells the topic the verdict and where the report is.",
        raises=_CALLS_AWS,
    ),
    Step(
        name="FindOrphans",
        room="recovery",
        does="Lists, by tag, prefix and age, what drills that no longer run have left behind.",
        raises=(errors.InputRejected, *_CALLS_AWS),
    ),
    Step(
        name="FindOrphanNamespaces",
        room="recovery",
        does="Lists the namespaces of drills that no longer run.",
        bundle="inside",
        raises=(errors.ServiceBusy, errors.KubernetesUnavailable),
    ),
    Step(
        name="CloseSweep",
        room="evidence",
        does="Counts what is left, publishes the days since the last passed drill, and fails when anything stayed.",
        raises=(errors.LeftoversFound, *_CALLS_AWS),
    ),
)

BY_NAME = {each.name: each for each in STEPS}
