"""The steps of a platform restore, and what people call.

Of a drill's steps it has AwaitCluster, which only looks. What reads data is another function with another role even
where it does the same: a drill's may read no secret of the platform, a restore's reads the connection secret.
"""

from lambdas import errors
from lambdas.steps.step import CALLS_AWS, Step

RESTORE_STEPS: tuple[Step, ...] = (
    Step(
        name="OpenRestore",
        room="restoration",
        does="Validates the request, locks the source against a second restore, names everything.",
        raises=(
            errors.InputRejected,
            errors.RestoreInProgress,
            errors.ProductionTargetRefused,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="SurveyDatabase",
        room="restoration",
        does="Chooses the recovery point and reads the shape of the source, or the one recorded last.",
        raises=(
            errors.NoUsableRecoveryPoint,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="SurveyPlatform",
        room="platform",
        does="Reads the Deployments, the Secret they really name, the version of Coder, and what would be lost.",
        bundle="inside",
        timeout_seconds=120,
        raises=(
            errors.PlanRefused,
            errors.KubernetesUnavailable,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="PlanRestore",
        room="restoration",
        does="Says every call that will be made, what it changes and what is lost.",
        raises=(errors.PlanRefused,),
    ),
    Step(
        name="RestoreBeside",
        room="restoration",
        does="Starts the restore beside the source, shaped like it, or adopts the one it started.",
        raises=(
            errors.ProductionTargetRefused,
            errors.NoUsableRecoveryPoint,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="AddInstances",
        room="restoration",
        does="Adds the writer and as many readers as the source had.",
        raises=(
            errors.ProductionTargetRefused,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="AwaitInstances",
        room="restoration",
        does="Looks whether the instances are available.",
        raises=(
            errors.InstanceNotReady,
            errors.RestoreFailed,
            errors.RestoreOverdue,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="TryLogin",
        room="restoration",
        does="Enters the restored database with the connection secret.",
        bundle="inside",
        raises=(
            errors.DatabaseNotReachable,
            errors.CredentialsNotReady,
            errors.CredentialsRefused,
            errors.VerificationFailed,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="SetMasterPassword",
        room="restoration",
        does="Gives the restored cluster the password of the connection secret.",
        raises=(
            errors.ProductionTargetRefused,
            errors.CredentialsRefused,
            errors.ClusterNotReady,
            errors.RestoreFailed,
            errors.RestoreOverdue,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="PlanRestoredChecks",
        room="verification",
        does="Reads version and sizes of the restored database, and divides the checks into groups.",
        bundle="inside",
        timeout_seconds=300,
        memory_mb=512,
        raises=(errors.DatabaseNotReachable, errors.VerificationFailed, *CALLS_AWS),
    ),
    Step(
        name="RunRestoredChecks",
        room="verification",
        does="Runs one group of checks on one exported snapshot, read-only.",
        bundle="inside",
        timeout_seconds=900,
        memory_mb=1024,
        raises=(errors.DatabaseNotReachable, errors.VerificationFailed, *CALLS_AWS),
    ),
    Step(
        name="JudgeRestore",
        room="verification",
        does="Judges the restored data by its integrity.",
        raises=(
            errors.VerificationFailed,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="AdmitData",
        room="verification",
        does="Stops before anyone is asked when the data failed or Coder cannot open its schema.",
        raises=(
            errors.RestoredDataRefused,
            errors.SchemaTooNew,
        ),
    ),
    Step(
        name="AskApproval",
        room="approval",
        does="Tells the topic the plan and the verdict, and keeps the token that an answer needs.",
        raises=CALLS_AWS,
    ),
    Step(
        name="RememberPlatform",
        room="platform",
        does="Reads what the fence and the cut-over will change of the platform.",
        bundle="inside",
        raises=(
            errors.PlanRefused,
            errors.KubernetesUnavailable,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="RememberDatabase",
        room="restoration",
        does="Reads what the fence and the cut-over will change of the clusters.",
        raises=(
            errors.RestoreInProgress,
            errors.RestoreSuperseded,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="StopPlatform",
        room="platform",
        does="Scales coderd and the provisioners to nothing, and notes their counts.",
        bundle="inside",
        raises=(
            errors.ServiceBusy,
            errors.KubernetesUnavailable,
            errors.RestoreSuperseded,
        ),
    ),
    Step(
        name="AwaitStopped",
        room="platform",
        does="Looks whether their pods are gone.",
        bundle="inside",
        raises=(
            errors.PodsStillRunning,
            errors.FenceOverdue,
            errors.RestoreSuperseded,
            errors.ServiceBusy,
            errors.KubernetesUnavailable,
        ),
    ),
    Step(
        name="FenceDatabase",
        room="restoration",
        does="Leaves the old cluster no security group but the one that admits the verifier alone.",
        raises=(
            errors.RestoreInProgress,
            errors.RestoreSuperseded,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="SilenceDatabase",
        room="restoration",
        does="Closes the old database to writes and sees that nobody is connected.",
        bundle="inside",
        raises=(
            errors.DatabaseNotReachable,
            errors.StillConnected,
            errors.FenceOverdue,
            errors.VerificationFailed,
            errors.RestoreSuperseded,
            errors.KubernetesUnavailable,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="Repoint",
        room="platform",
        does="Writes the restored cluster into the connection secret and the Deployment's Secret.",
        bundle="inside",
        raises=(
            errors.KubernetesUnavailable,
            errors.RestoreSuperseded,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="SwapIdentifiers",
        room="restoration",
        does="Gives the clusters and their instances each other's names, or their own again.",
        raises=(
            errors.ProductionTargetRefused,
            errors.NamesNotSettled,
            errors.CutOverOverdue,
            errors.RestoreInProgress,
            errors.RestoreSuperseded,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="LocateDatabases",
        room="restoration",
        does="Reads where the cluster that is to serve answers now, and where the other one does.",
        raises=(
            errors.NamesNotSettled,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="StartCoder",
        room="platform",
        does="Scales coderd to the count it had, of the same image.",
        bundle="inside",
        raises=(
            errors.ServiceBusy,
            errors.KubernetesUnavailable,
            errors.RequestRefused,
            errors.RestoreSuperseded,
        ),
    ),
    Step(
        name="AwaitRollout",
        room="platform",
        does="Looks whether every replica is updated and ready.",
        bundle="inside",
        raises=(
            errors.RolloutNotComplete,
            errors.CutOverOverdue,
            errors.RestoreSuperseded,
            errors.ServiceBusy,
            errors.KubernetesUnavailable,
        ),
    ),
    Step(
        name="StartProvisioners",
        room="platform",
        does="Scales the provisioners to the counts they had.",
        bundle="inside",
        raises=(
            errors.ServiceBusy,
            errors.KubernetesUnavailable,
            errors.RestoreSuperseded,
        ),
    ),
    Step(
        name="VerifyPlatform",
        room="platform",
        does="Looks at the platform from outside and from its database.",
        bundle="inside",
        timeout_seconds=180,
        memory_mb=512,
        raises=(
            errors.PlatformNotHealthy,
            errors.ServiceBusy,
            errors.KubernetesUnavailable,
            errors.RestoreSuperseded,
        ),
    ),
    Step(
        name="Soak",
        room="platform",
        does="Looks again and again until the time is over.",
        bundle="inside",
        timeout_seconds=180,
        memory_mb=512,
        raises=(
            errors.SoakNotOver,
            errors.PlatformNotHealthy,
            errors.ServiceBusy,
            errors.KubernetesUnavailable,
            errors.RestoreSuperseded,
        ),
    ),
    Step(
        name="SettleGroups",
        room="restoration",
        does="Takes the verifier's own group off the cluster that serves.",
        raises=(
            errors.RestoreInProgress,
            errors.RestoreSuperseded,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="Reconcile",
        room="platform",
        does="Lists the workspaces that only the pods or only the database know.",
        bundle="inside",
        timeout_seconds=180,
        memory_mb=512,
        raises=(errors.ServiceBusy,),
    ),
    Step(
        name="WriteHandover",
        room="handover",
        does="Stores what Terraform has to be told.",
        raises=CALLS_AWS,
    ),
    Step(
        name="RepointBack",
        room="platform",
        does="Gives both secrets the values they had.",
        bundle="inside",
        raises=(
            errors.KubernetesUnavailable,
            errors.RestoreSuperseded,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="UnfenceDatabase",
        room="restoration",
        does="Gives the old cluster its security groups again.",
        raises=(
            errors.RestoreInProgress,
            errors.RestoreSuperseded,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="OpenDatabase",
        room="restoration",
        does="Opens the old database to writes again, or says that there is no going back.",
        bundle="inside",
        raises=(
            errors.DatabaseNotReachable,
            errors.OldDatabaseCannotServe,
            errors.VerificationFailed,
            errors.RestoreSuperseded,
            errors.KubernetesUnavailable,
            *CALLS_AWS,
        ),
    ),
    Step(
        name="RecordRestore",
        room="evidence",
        does="Writes the record of the restore, its renderings and the ledger entry, and releases the lock.",
        timeout_seconds=120,
        memory_mb=512,
        raises=(errors.EvidenceNotStored, errors.ServiceBusy),
    ),
    Step(
        name="AnnounceRestore",
        room="evidence",
        does="Tells the topic how the restore ended and where its report is.",
        raises=CALLS_AWS,
    ),
)

OPERATIONS: tuple[Step, ...] = (
    Step(
        name="AnswerApproval",
        room="approval",
        does="Takes a person's answer, proves who gave it, and lets the restore go on or end.",
        raises=(errors.InputRejected, errors.ApproverRefused, *CALLS_AWS),
    ),
)
