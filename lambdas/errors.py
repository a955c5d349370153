"""The closed list of named errors.

Step Functions matches the exact class name, never a base class, so every name below is part of the
workflow's contract: `lambdas.steps` says which step raises which, and a test compares that with the
Retry and Catch edges of the step's ASL state.

Two families, because a state machine has two answers:

- `NotYet` is retried within the state's budget: the world is on its way, ask again.
- `Refused` is caught: nothing will change by asking again.

Anything else that leaves a step is a bug, and the machine tears down and fails.
"""

from collections.abc import Sequence
from typing import ClassVar


class Day2Error(Exception):
    """An error with a name, the resource it is about, and what an operator does next.

    Its text is what the operator reads in the console: `<what> [<resource>] <next step>`.
    """

    def __init__(self, what: str, *, resource: str, next_step: str) -> None:
        self.what = what
        self.resource = resource
        self.next_step = next_step
        super().__init__(f"{what} [{resource}] {next_step}")


class NotYet(Day2Error):
    """The step found the world on its way; the state machine asks again.

    `at_last` is the next step once the machine has asked as often as it may: what it is then told instead of an
    occurrence's own, which says that there is nothing to do.
    """

    at_last: ClassVar[str]


class Refused(Day2Error):
    """The step will not, or could not, do it; the state machine goes to its teardown."""


class ClusterNotReady(NotYet):
    """The restored cluster is not `available` yet."""

    at_last = "See the cluster's status and its events in RDS, then start again."


class InstanceNotReady(NotYet):
    """The writer instance is not `available` yet."""

    at_last = "See the instance's status and its events in RDS, then start again."


class CredentialsNotReady(NotYet):
    """The managed master secret is not `active` yet."""

    at_last = "See the cluster's managed secret in RDS and Secrets Manager, then start again."


class DatabaseNotReachable(NotYet):
    """The endpoint does not answer yet (DNS, crash recovery, resume from 0 ACU)."""

    at_last = "See the cluster's status, its endpoint's name, port and security group, then start again."


class StillDeleting(NotYet):
    """Something of this drill still exists and is on its way out."""

    at_last = "See in RDS and Kubernetes what holds it back, and delete what is left by hand if it stays."


class PodsStillRunning(NotYet):
    """Pods of coderd or of a provisioner are still there."""

    at_last = "See with kubectl why these pods do not end: a finalizer, a lost node, a long grace period."


class StillConnected(NotYet):
    """The old database still has client connections."""

    at_last = "Find these clients by pg_stat_activity, end them, and start again."


class NamesNotSettled(NotYet):
    """A cluster or an instance does not bear its new identifier yet."""

    at_last = "See the clusters' identifiers and status in RDS, and wait until no change is pending."


class RolloutNotComplete(NotYet):
    """The Deployment has not all its replicas updated and ready yet."""

    at_last = "See the Deployment's pods, their events and their logs."


class PlatformNotHealthy(NotYet):
    """A look at the platform found something wrong; a few of these, and the machine rolls back."""

    at_last = "It stayed so for as many looks as it is given: see the pods' events and logs, then start again."


class SoakNotOver(NotYet):
    """The platform is healthy and is watched for some time more."""

    at_last = "The watch did not come to its end in time: compare its length with the time that its state has."


class SnapshotNotReady(NotYet):
    """The final snapshot of a cluster that is retired is not `available` yet."""

    at_last = "See the snapshot's status and its events in RDS, then start again."


class GroupUpdating(NotYet):
    """An update of the node group runs, and EKS takes one at a time."""

    at_last = "See the node group's update history in EKS: an update that does not end must be cancelled there."


class GroupBusy(NotYet):
    """Another scaling of the same node group is at work."""

    at_last = "`day2 scale history` names the scaling that holds the group; see its execution, then start again."


class NodesNotReady(NotYet):
    """The node group has not as many Ready nodes yet as it should have."""

    at_last = "See the Auto Scaling group's activities, the quota of instances and the subnets' free addresses."


class PodsNotReady(NotYet):
    """Pods of provisioners were asked for and are not available yet."""

    at_last = "See the pods of the provisioners' namespace: image, quota, and whether they ask for the group's nodes."


class NodesNotGone(NotYet):
    """Nodes that were terminated are in Kubernetes still."""

    at_last = "See the instances in EC2 and the Auto Scaling group's lifecycle hooks."


class ServiceBusy(NotYet):
    """AWS cannot take the call now: throttled, a server error after the SDK's own retries, a resource at work."""

    at_last = "It stayed so for as often as the step is tried: see the service's health and quotas, then start again."


class InputRejected(Refused):
    """The request is wrong. `problems` holds every fault, each with its field's path."""

    def __init__(self, problems: Sequence[str], *, resource: str = "request") -> None:
        self.problems = tuple(problems)
        super().__init__(
            "; ".join(self.problems),
            resource=resource,
            next_step="Correct every field named here and start again; nothing was created.",
        )


class DrillInProgress(Refused):
    """Another drill of the same source holds the lock."""


class RestoreInProgress(Refused):
    """Another platform restore of the same source holds the lock."""


class RestoreSuperseded(Refused):
    """A platform restore that began later has led the platform: this one, redriven, changes nothing any more."""

    def __init__(self, restore: str, *, by: str, resource: str) -> None:
        super().__init__(
            f"Restore {by} has begun since and led the platform; {restore} changes nothing any more.",
            resource=resource,
            next_step=f"`day2 report {by}` tells what serves; start a new restore where that is wrong.",
        )


class PlanRefused(Refused):
    """The facts do not allow the restore that was asked for; nothing was changed."""


class CredentialsRefused(Refused):
    """The restored database cannot be entered with the connection secret, nor its master password set from it."""


class RestoredDataRefused(Refused):
    """The restored data failed a critical check: nobody is asked to cut over to it."""


class SchemaTooNew(Refused):
    """The restored schema is newer than the Coder that would open it, which would crash on it."""


class ApprovalRejected(Refused):
    """A person refused the cut-over."""


class ApproverRefused(Refused):
    """Who answers may not: the starter of a restore that needs a second person, or nobody that STS knows."""


class FenceOverdue(Refused):
    """The platform could not be fenced within its ceiling."""


class CutOverOverdue(Refused):
    """The platform did not come up on the other database within its ceiling."""


class OldDatabaseCannotServe(Refused):
    """There is no going back: the old database is gone or does not answer. The platform stays fenced."""


class ProductionTargetRefused(Refused):
    """A name outside the drill's prefix, or a resource without its tag, was about to be changed."""


class NoUsableRecoveryPoint(Refused):
    """No recovery point exists that is available, of the right engine and young enough."""


class RestoreFailed(Refused):
    """The restored cluster or its instance ended in a state that does not heal."""


class RestoreOverdue(Refused):
    """A wait passed its ceiling, which comes from the RTO objective."""


class AccessRefused(Refused):
    """An API refused the function's role."""


class RequestRefused(Refused):
    """An API refused the call for a reason that asking again does not mend (quota, state, parameter)."""


class KubernetesUnavailable(Refused):
    """The Kubernetes API could not be reached or refused the call."""


class IsolationNotProven(Refused):
    """A fact about the copy's network allows, or does not rule out, access by others."""


class VerificationFailed(Refused):
    """The verifier itself could not do its work (lost connection, statement refused, no result)."""


class ChecksFailed(Refused):
    """The drill ran to its end and the backup did not pass: the outcome of a failed verdict."""


class TeardownOverdue(Refused):
    """Deletion passed its ceiling."""


class LeftoversFound(Refused):
    """After the teardown something of the drill still exists, or could not be ruled out."""


class EvidenceNotStored(Refused):
    """The record, its renderings or the ledger entry could not be written."""


class RetirementInProgress(Refused):
    """Another retirement of the same cluster holds the lock."""


class ClusterInUse(Refused):
    """Somebody is connected to the cluster, was within the last hour, or is told to connect to it."""


class UseNotDisproved(Refused):
    """It cannot be shown that nobody uses the cluster: it does not answer, or not to the connection secret's login."""


class FinalSnapshotFailed(Refused):
    """There is no usable final snapshot, and without one nothing is deleted."""


class FinalSnapshotOverdue(Refused):
    """The final snapshot passed its ceiling; nothing was deleted."""


class ScalingRefused(Refused):
    """The plan does not allow what was asked for; nothing was changed."""


class UpdateFailed(Refused):
    """EKS did not bring an update of the node group to its end, and said why."""


class TerminationOverdue(Refused):
    """Nodes that were terminated are there still after the ceiling."""


class CapacityMissing(Refused):
    """Nodes that were ordered are not Ready within the ceiling."""


class ExecutionDied(Refused):
    """The execution was stopped or timed out outside its own Catch; the sweep recorded it."""
