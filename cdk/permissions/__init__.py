"""What each step may do, as a table: step name -> rows of statements. No step has more than its own.

Two walls stand between a drill and production, and either would do: Allow statements reach only names under the
drills' prefix (and, for a change, only what bears the drills' tags), and every role that changes anything in RDS
carries the Deny statements of `database.guard`, which hold even if someone attaches a broader policy to it. A platform
restore has production for its subject; its roles carry those of `restore.guard` instead.
"""

from collections.abc import Mapping

from cdk.names import Names
from cdk.permissions import database, evidence, platform, restore, retire, scale, starting, surroundings, terraform
from cdk.permissions.statement import Row, Statement
from lambdas.steps import (
    BY_NAME,
    OPERATIONS,
    READY_STEPS,
    RESTORE_STEPS,
    RETIRE_STEPS,
    SCALE_SIGNALS,
    SCALE_STEPS,
    STEPS,
    Step,
)

_ENTER: tuple[Row, ...] = (platform.read_connection_secret, platform.read_with_key)
_KUBERNETES: tuple[Row, ...] = (surroundings.kubernetes,)
_READ_THE_PLATFORM: tuple[Row, ...] = (*_KUBERNETES, *_ENTER)
_LOOK_AT_THE_PLATFORM: tuple[Row, ...] = (*_READ_THE_PLATFORM, platform.read_token)
_REPOINT: tuple[Row, ...] = (*_READ_THE_PLATFORM, platform.write_connection_secret, platform.write_with_key)

_KNOW_WHO_LEADS: tuple[Row, ...] = (evidence.know_leader, platform.look_at_restores)

_RESTORE: Mapping[str, tuple[Row, ...]] = {
    "OpenRestore": (database.look, evidence.claim_restore, platform.look_at_restores),
    "SurveyDatabase": (database.look, evidence.read_ledger, evidence.know_leader),
    "SurveyPlatform": _READ_THE_PLATFORM,
    "PlanRestore": (),
    "RestoreBeside": (database.look, restore.restore_beside),
    "AddInstances": (database.look, restore.add_instances),
    "AwaitInstances": (database.look,),
    "TryLogin": _ENTER,
    "SetMasterPassword": (database.look, *_ENTER, restore.set_password),
    "PlanRestoredChecks": _ENTER,
    "RunRestoredChecks": _ENTER,
    "JudgeRestore": (evidence.read_ledger,),
    "AdmitData": (),
    "AskApproval": (evidence.keep_approval, evidence.announce),
    "RememberPlatform": _READ_THE_PLATFORM,
    "RememberDatabase": (database.look, *_KNOW_WHO_LEADS, evidence.become_leader),
    "StopPlatform": _KUBERNETES,
    "AwaitStopped": _KUBERNETES,
    "FenceDatabase": (database.look, *_KNOW_WHO_LEADS, restore.fence, retire.mark),
    "SilenceDatabase": _READ_THE_PLATFORM,
    "Repoint": _REPOINT,
    "SwapIdentifiers": (database.look, *_KNOW_WHO_LEADS, restore.rename),
    "LocateDatabases": (database.look,),
    "StartCoder": _KUBERNETES,
    "AwaitRollout": _KUBERNETES,
    "StartProvisioners": _KUBERNETES,
    "VerifyPlatform": _LOOK_AT_THE_PLATFORM,
    "Soak": _LOOK_AT_THE_PLATFORM,
    "SettleGroups": (database.look, *_KNOW_WHO_LEADS, restore.settle_groups, retire.mark),
    "Reconcile": _READ_THE_PLATFORM,
    "WriteHandover": (database.look, evidence.write_restores),
    "RepointBack": _REPOINT,
    "UnfenceDatabase": (database.look, *_KNOW_WHO_LEADS, restore.unfence),
    "OpenDatabase": _READ_THE_PLATFORM,
    "RecordRestore": (evidence.close_restore, evidence.write_restores),
    "AnnounceRestore": (evidence.announce,),
    "AnswerApproval": (evidence.keep_approval, platform.answer),
}

_RETIRE: Mapping[str, tuple[Row, ...]] = {
    "OpenRetirement": (
        database.look,
        *_ENTER,
        platform.look_at_restores,
        retire.look_at_retirements,
        retire.hold_cluster,
    ),
    "ProveQuiet": (retire.look_at_connections,),
    "ProveUnused": _READ_THE_PLATFORM,
    "TakeFinalSnapshot": (database.look, retire.take_final_snapshot),
    "DeleteRetired": (database.look, *_ENTER, retire.delete),
    "RecordRetirement": (retire.close_retirement, retire.write_records),
    "AnnounceRetirement": (evidence.announce,),
}

_LOOK_AT_NODES: tuple[Row, ...] = (*_KUBERNETES, platform.read_token)
_SCALE: Mapping[str, tuple[Row, ...]] = {
    "OpenScaling": (scale.claim,),
    "HoldGroup": (scale.look_at_groups, scale.look_at_fleets, scale.look_at_scalings, scale.hold),
    "ReadNodes": _LOOK_AT_NODES,
    "PlanScaling": (scale.enter,),
    "OrderSizes": (scale.look_at_groups, scale.look_at_fleets, scale.order, scale.note),
    "AwaitUpdate": (scale.follow,),
    "AwaitNodes": _KUBERNETES,
    "RaisePods": _KUBERNETES,
    "LowerPods": _LOOK_AT_NODES,
    "FindCause": (scale.look_at_activities,),
    "CordonNodes": _KUBERNETES,
    "LookAgain": _LOOK_AT_NODES,
    "TerminateNodes": (scale.look_at_fleets, scale.terminate, scale.note),
    "FindStaying": (scale.look_at_fleets,),
    "UncordonNodes": _KUBERNETES,
    "AwaitGone": _KUBERNETES,
    "FreeGroup": (scale.free,),
    "RecordScaling": (scale.close,),
    "AnnounceScaling": (evidence.announce,),
    "CountReady": _KUBERNETES,
    "JudgePromise": (
        scale.look_at_groups,
        scale.look_at_fleets,
        scale.look_at_activities,
        scale.read_standing,
        evidence.announce,
    ),
    "MeasureDemand": _LOOK_AT_NODES,
    "RouteAlarm": (scale.look_at_alarms, scale.start),
    "ReconcileAlarms": (
        scale.look_at_alarms,
        scale.look_at_groups,
        scale.look_at_fleets,
        scale.read_standing,
        scale.start,
    ),
}

TABLE: Mapping[str, tuple[Row, ...]] = {
    "OpenDrill": (database.look, evidence.claim),
    "ChooseRecoveryPoint": (database.look,),
    "RestoreCluster": (database.look, database.restore),
    "AwaitCluster": (database.look,),
    "AddInstance": (database.look, database.add_instance),
    "AwaitInstance": (database.look,),
    "ResetCredentials": (database.look, database.reset_credentials),
    "AwaitCredentials": (database.look,),
    "CreateNamespace": (surroundings.kubernetes,),
    "ProveIsolation": (database.look, surroundings.look_at_network),
    "PlanVerification": (database.read_managed_secret,),
    "RunChecks": (database.read_managed_secret,),
    "Judge": (evidence.read_baseline,),
    "DeleteDatabase": (database.look, database.look_at_secrets, database.delete),
    "DeleteNamespace": (surroundings.kubernetes,),
    "ProveNothingLeft": (database.look, database.look_at_secrets),
    "RecordEvidence": (evidence.close, evidence.write_records),
    "Announce": (evidence.announce,),
    "FindOrphans": (database.look, evidence.read_history, evidence.look_at_executions),
    "FindOrphanNamespaces": (surroundings.kubernetes,),
    "CloseSweep": (evidence.read_history,),
    **_RESTORE,
    **_RETIRE,
    **_SCALE,
}
_USES_EVIDENCE_KEY = frozenset(
    {
        *("RecordEvidence", "Announce", "AskApproval", "WriteHandover", "RecordRestore", "AnnounceRestore"),
        *("RecordRetirement", "AnnounceRetirement", "AnnounceScaling", "JudgePromise"),
    }
)
KEEPS_WHAT_FAILED = frozenset({"RouteAlarm", "ReconcileAlarms"})
"""No machine sees these fail; who measures is missed by an alarm of its own."""
_OF_A_RESTORE = frozenset(step.name for step in (*RESTORE_STEPS, *OPERATIONS))
_OF_A_RETIREMENT = frozenset(step.name for step in RETIRE_STEPS)
_OF_A_SCALING = frozenset(step.name for step in (*SCALE_STEPS, *READY_STEPS, *SCALE_SIGNALS))


def statements(step: Step, names: Names, *, evidence_key: str) -> tuple[Statement, ...]:
    """Everything the role of this step is allowed and denied. `evidence_key` is the ARN of the evidence's KMS key."""
    own = [surroundings.own_log(step, names), surroundings.TRACING]
    if step.bundle == "inside":
        own += surroundings.join_the_vpc(step, names)
    row = [statement for part in TABLE[step.name] for statement in part(names)]
    if step.name in KEEPS_WHAT_FAILED:
        row.append(starting.keep_undelivered(names))
    if step.name in _USES_EVIDENCE_KEY:
        row.append(evidence.use_key(names, evidence_key))
    if not any(each.changes("rds") for each in row):
        return (*own, *row)
    return (*own, *row, *_wall(step)(names))


def _wall(step: Step) -> Row:
    """What the roles of this step's workflow are denied in RDS."""
    if step.name in _OF_A_RETIREMENT:
        return retire.guard
    return restore.guard if step.name in _OF_A_RESTORE else database.guard


def reasons(names: Names) -> dict[str, str]:
    """Why each statement is there, by its Sid."""
    of_steps = [each for step in STEPS for each in statements(step, names, evidence_key="")]
    of_others = [
        *starting.run_workflow(names, []),
        starting.start(names),
        starting.keep_undelivered(names),
        *terraform.every(names),
    ]
    return {each.sid: each.why for each in (*of_steps, *of_others)}


def kubernetes_groups(names: Names) -> dict[str, list[str]]:
    """The steps of an environment that speak to the Kubernetes API, by the group in which that has to know their roles.

    What a group may do there is said in `docs/kubernetes-rbac.yaml`. A role is in one of them only: what stops Coder
    can make no namespace, and what makes namespaces cannot stop Coder.
    """
    if names.settings.kubernetes is None:
        return {}
    steps = [name for name, rows in TABLE.items() if surroundings.kubernetes in rows]
    of_the_platform = restore_steps() | retire_steps()
    others = of_the_platform | scale_steps()
    groups = {"coder-day2-drills": [name for name in steps if name not in others]}
    if names.settings.restore:
        groups["coder-day2-restores"] = [name for name in steps if name in of_the_platform]
    if names.settings.scaling:
        groups["coder-day2-scalings"] = [name for name in steps if name in scale_steps()]
    return groups


def restore_steps() -> frozenset[str]:
    """The steps of a platform restore, and what people call about one."""
    return _OF_A_RESTORE


def retire_steps() -> frozenset[str]:
    """The steps that delete what a platform restore has left beside."""
    return _OF_A_RETIREMENT


def scale_steps() -> frozenset[str]:
    """The steps of a scaling, of the check on time, and what alarms and the minute start."""
    return _OF_A_SCALING


def unknown_steps() -> set[str]:
    """Steps without a row here, or rows without a step; a test keeps it empty."""
    return set(TABLE.keys() ^ BY_NAME.keys())
