"""The steps of a retirement: what a restore left beside the cluster that serves, deleted on a person's word."""

from lambdas import errors
from lambdas.steps.step import CALLS_AWS, Step

RETIRE_STEPS: tuple[Step, ...] = (
    Step(
        name="OpenRetirement",
        room="retirement",
        does="Judges the request against the platform as it stands, and holds the cluster against a second one.",
        raises=(errors.InputRejected, errors.RetirementInProgress, errors.PlanRefused, *CALLS_AWS),
    ),
    Step(
        name="ProveQuiet",
        room="retirement",
        does="Reads from CloudWatch that no instance had a client connection within the last hour.",
        raises=(errors.ClusterInUse, *CALLS_AWS),
    ),
    Step(
        name="ProveUnused",
        room="retirement",
        does="Looks at every instance for client connections, and whether Coder's Secret names the cluster.",
        bundle="inside",
        timeout_seconds=120,
        raises=(
            errors.DatabaseNotReachable,
            errors.ClusterInUse,
            errors.UseNotDisproved,
            errors.KubernetesUnavailable,
            errors.VerificationFailed,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="TakeFinalSnapshot",
        room="retirement",
        does="Takes the final snapshot and looks until it is available.",
        raises=(
            errors.SnapshotNotReady,
            errors.FinalSnapshotFailed,
            errors.FinalSnapshotOverdue,
            errors.ProductionTargetRefused,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="DeleteRetired",
        room="retirement",
        does="Unprotects and deletes instances and cluster, a step further at each call, until all are gone.",
        raises=(
            errors.StillDeleting,
            errors.TeardownOverdue,
            errors.FinalSnapshotFailed,
            errors.ProductionTargetRefused,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="RecordRetirement",
        room="retirement",
        does="Writes who retired what, why and how it ended, and lets the cluster go.",
        raises=(errors.EvidenceNotStored, *CALLS_AWS),
    ),
    Step(
        name="AnnounceRetirement",
        room="retirement",
        does="Tells the topic how it ended.",
        raises=CALLS_AWS,
    ),
)
