"""What each step may do, as a table: step name -> statements. No step has more than its own row.

Two walls stand between a drill and production, and either would do: Allow statements reach only names under the
drills' prefix (and, for a change, only what bears the drills' tag), and every role that changes anything in RDS
carries the Deny statements of `_guard`, which hold even if someone attaches a broader policy to it.

Which actions take which resources and condition keys: Service Authorization Reference, "Amazon RDS" (2026-11).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cdk.names import DRILL, Names
from lambdas.steps import BY_NAME, Step

ENVIRONMENT_TAG, DRILL_TAG = "coder-day2:environment", "coder-day2:drill"
EVIDENCE_PREFIX = "drills"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One IAM statement; `why` names the resource in words and is also the reason for any `*` in it."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    except_resources: tuple[str, ...] = ()
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    effect: Literal["Allow", "Deny"] = "Allow"
    why: str

    def document(self) -> dict[str, Any]:
        """As IAM reads it."""
        where = {"NotResource": self.except_resources} if self.except_resources else {"Resource": self.resources}
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": list(self.actions),
            **{key: list(value) for key, value in where.items()},
            **({"Condition": self.conditions} if self.conditions else {}),
        }


Row = Callable[[Names], tuple[Statement, ...]]


def statements(step: Step, names: Names, *, evidence_key: str) -> tuple[Statement, ...]:
    """Everything the role of this step is allowed and denied. `evidence_key` is the ARN of the evidence's KMS key."""
    own = _LOGS(step, names), _TRACING
    network = (_NETWORK, _network_guard(step, names)) if step.bundle == "inside" else ()
    row = [statement for part in _TABLE[step.name] for statement in part(names)]
    if step.name in _USES_EVIDENCE_KEY:
        row.append(_evidence_key(names, evidence_key))
    guard = _guard(names) if any(_changes_rds(each) for each in row) else ()
    return (*own, *network, *row, *guard)


def _changes_rds(statement: Statement) -> bool:
    return any(action.startswith("rds:") and not action.startswith("rds:Describe") for action in statement.actions)


# --- every function ---------------------------------------------------------------------------------------------------


def _LOGS(step: Step, names: Names) -> Statement:  # noqa: N802
    return Statement(
        sid="WriteOwnLog",
        actions=("logs:CreateLogStream", "logs:PutLogEvents"),
        resources=(f"{names.arn('logs', f'log-group:{names.function_log_group(step)}')}:*",),
        why="The streams of this function's own log group, whose names Lambda makes up.",
    )


_TRACING = Statement(
    sid="Trace",
    actions=("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    resources=("*",),
    why="X-Ray's write actions take no resource; they add segments and read nothing.",
)
_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
_NETWORK = Statement(
    sid="JoinTheVpc",
    actions=(*_INTERFACES, "ec2:DescribeSubnets"),
    resources=("*",),
    why="Lambda places the function's network interfaces with it before any of them exists to be named.",
)


def _network_guard(step: Step, names: Names) -> Statement:
    return Statement(
        sid="LeaveTheVpcAlone",
        effect="Deny",
        actions=_INTERFACES,
        resources=("*",),
        conditions={"ArnEquals": {"lambda:SourceFunctionArn": names.function_arn(step)}},
        why="Only the Lambda service needs the interfaces; the function's own code may not touch them.",
    )


# --- the database -----------------------------------------------------------------------------------------------------


def _tagged(names: Names) -> dict[str, Mapping[str, str]]:
    """Only what bears the drills' tags."""
    return {
        "StringEquals": {f"aws:ResourceTag/{ENVIRONMENT_TAG}": names.environment},
        "Null": {f"aws:ResourceTag/{DRILL_TAG}": "false"},
    }


def _tagging(names: Names) -> dict[str, Mapping[str, str]]:
    """Only with the drills' tags in the request."""
    return {
        "StringEquals": {f"aws:RequestTag/{ENVIRONMENT_TAG}": names.environment},
        "Null": {f"aws:RequestTag/{DRILL_TAG}": "false"},
    }


def _look_at_databases(_names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtDatabases",
            actions=(
                "rds:DescribeDBClusterAutomatedBackups",
                "rds:DescribeDBClusterSnapshots",
                "rds:DescribeDBClusters",
                "rds:DescribeDBInstances",
                "rds:DescribeDBSubnetGroups",
            ),
            resources=("*",),
            why=(
                "Describes list what exists, leftovers of unknown name among it, and a list is authorised as a whole; "
                "they show names, states and tags, never data."
            ),
        ),
    )


def _restore(names: Names) -> tuple[Statement, ...]:
    copy = names.settings.copy_
    restore = ("rds:RestoreDBClusterFromSnapshot", "rds:RestoreDBClusterToPointInTime")
    group = copy.cluster_parameter_group or "*"
    return (
        Statement(
            sid="RestoreUnderThePrefix",
            actions=(*restore, "rds:AddTagsToResource"),
            resources=(names.drills_own("cluster"),),
            conditions=_tagging(names),
            why=f"New clusters under the prefix {copy.prefix}-, and only when the request tags them as a drill's.",
        ),
        Statement(
            sid="RestoreFromSnapshots",
            actions=("rds:RestoreDBClusterFromSnapshot",),
            resources=names.source_snapshots,
            why=f"The snapshots of {names.settings.source.cluster}, whose names carry dates or ids.",
        ),
        Statement(
            sid="RestoreToPointInTime",
            actions=("rds:RestoreDBClusterToPointInTime",),
            resources=(names.source_cluster, names.arn("rds", "cluster-auto-backup:*")),
            why="The source, and the retained backup that it leaves when it is deleted, whose id only AWS knows.",
        ),
        Statement(
            sid="PlaceTheCopy",
            actions=restore,
            resources=(
                names.arn("rds", f"subgrp:{copy.subnet_group}"),
                names.arn("rds", f"cluster-pg:{group}"),
                names.arn("rds", "og:default:aurora-postgresql-*"),
            ),
            why="The copy's subnet group, parameter group and the engine's default option group are used, not changed.",
        ),
        *_use_keys(names),
    )


def _use_keys(names: Names) -> tuple[Statement, ...]:
    keys = sorted({key for key in (names.settings.source.kms_key, names.settings.copy_.kms_key) if key})
    if not keys:
        return ()  # the AWS-managed key of RDS lets its account's callers through by its own policy
    via_rds = {"kms:ViaService": f"rds.{names.settings.aws.region}.amazonaws.com"}
    return (
        Statement(
            sid="ReadTheBackupsKey",
            actions=("kms:DescribeKey", "kms:Decrypt"),
            resources=tuple(keys),
            conditions={"StringEquals": via_rds},
            why="The keys of the backups and of the copy, through RDS only.",
        ),
        Statement(
            sid="LetRdsUseTheKey",
            actions=("kms:CreateGrant",),
            resources=tuple(keys),
            conditions={"StringEquals": via_rds, "Bool": {"kms:GrantIsForAWSResource": "true"}},
            why="RDS passes the key on to the copy's storage; no other grant can be made.",
        ),
    )


def _add_instance(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="AddWriterUnderThePrefix",
            actions=("rds:CreateDBInstance", "rds:AddTagsToResource"),
            resources=(names.drills_own("db"),),
            conditions=_tagging(names),
            why="New instances under the drills' prefix, and only when the request tags them as a drill's.",
        ),
        Statement(
            sid="AddWriterToTheCopy",
            actions=("rds:CreateDBInstance",),
            resources=(
                names.drills_own("cluster"),
                names.arn("rds", f"subgrp:{names.settings.copy_.subnet_group}"),
                names.arn("rds", "pg:default.aurora-postgresql*"),
                names.arn("rds", "og:default:aurora-postgresql-*"),
            ),
            why="The instance joins a cluster under the prefix, with the engine's default groups of every version.",
        ),
        Statement(
            sid="NeverPublic",
            effect="Deny",
            actions=("rds:CreateDBInstance",),
            resources=("*",),
            conditions={"Bool": {"rds:PubliclyAccessible": "true"}},
            why="No copy gets a public address.",
        ),
    )


def _reset_credentials(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="GiveTheCopyItsOwnSecret",
            actions=("rds:ModifyDBCluster",),
            resources=(names.drills_own("cluster"),),
            conditions={**_tagged(names), "BoolIfExists": {"rds:ManageMasterUserPassword": "true"}},
            why="Clusters under the prefix that bear the drills' tags, and only towards a managed password.",
        ),
        Statement(
            sid="LetRdsMakeTheSecret",
            actions=("secretsmanager:CreateSecret", "secretsmanager:TagResource"),
            resources=(names.managed_secrets,),
            why="RDS makes the managed secret in the caller's name and chooses the end of its name; it is not read.",
        ),
    )


def _delete_database(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="DeleteTheDrillsOwn",
            actions=("rds:DeleteDBCluster", "rds:DeleteDBClusterSnapshot", "rds:DeleteDBInstance"),
            resources=(names.drills_own("cluster"), names.drills_own("cluster-snapshot"), names.drills_own("db")),
            conditions=_tagged(names),
            why="What bears both the drills' prefix and their tags; a name or a tag alone is not enough.",
        ),
        Statement(
            sid="DeleteTheCopysBackups",
            actions=("rds:DeleteDBClusterAutomatedBackup",),
            resources=(names.arn("rds", "cluster-auto-backup:*"),),
            conditions=_tagged(names),
            why="Backups that a deleted copy leaves, by the tags alone: AWS makes up their ids.",
        ),
    )


def _guard(names: Names) -> tuple[Statement, ...]:
    """What no role of a drill may do, whatever else it is allowed."""
    placing = tuple(names.arn("rds", f"{kind}:*") for kind in ("subgrp", "cluster-pg", "pg", "og"))
    own = tuple(names.drills_own(kind) for kind in ("cluster", "db", "cluster-snapshot"))
    backups = names.arn("rds", "cluster-auto-backup:*")
    return (
        Statement(
            sid="NothingOutsideThePrefix",
            effect="Deny",
            actions=tuple(
                f"rds:{verb}*"
                for verb in (
                    "Add",
                    "Backtrack",
                    "Copy",
                    "Create",
                    "Delete",
                    "Failover",
                    "Modify",
                    "Promote",
                    "Reboot",
                    "Remove",
                    "Reset",
                    "Start",
                    "Stop",
                    "Switchover",
                )
            ),
            except_resources=(*own, *placing, backups),
            why="Changes to any cluster, instance or snapshot outside the drills' prefix, production's first of all.",
        ),
        Statement(
            sid="GroupsAreUsedNotChanged",
            effect="Deny",
            actions=("rds:Add*", "rds:Copy*", "rds:Delete*", "rds:Modify*", "rds:Remove*", "rds:Reset*"),
            resources=placing,
            why="The platform's subnet and parameter groups.",
        ),
        Statement(
            sid="RestoreFromTheSourceOnly",
            effect="Deny",
            actions=("rds:Restore*",),
            except_resources=(*own, names.source_cluster, *names.source_snapshots, backups, *placing),
            why="A restore onto, or from, anything but the drills' prefix and the one source.",
        ),
        Statement(
            sid="NoSnapshotOntoTheSource",
            effect="Deny",
            actions=("rds:RestoreDBClusterFromSnapshot", "rds:RestoreDBClusterFromS3"),
            resources=(names.source_cluster,),
            why="A restore from a snapshot needs the source for nothing but to replace it.",
        ),
    )


def _read_managed_secret(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="ReadTheCopysSecret",
            actions=("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
            resources=(names.managed_secrets,),
            conditions={"StringLike": {"aws:ResourceTag/aws:rds:primaryDBClusterArn": names.drills_own("cluster")}},
            why="Managed secrets of clusters under the prefix, by the tag that RDS sets: their names are random.",
        ),
    )


def _look_at_secrets(_names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookForSecrets",
            actions=("secretsmanager:ListSecrets",),
            resources=("*",),
            why="Listing takes no resource; it shows names and tags, never a value.",
        ),
    )


def _look_at_network(_names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtTheNetwork",
            actions=(
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroupRules",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
            ),
            resources=("*",),
            why="EC2's describes take no resource; isolation is proven from what they show.",
        ),
    )


# --- Kubernetes -------------------------------------------------------------------------------------------------------


def _kubernetes(names: Names) -> tuple[Statement, ...]:
    kubernetes = names.settings.kubernetes
    if kubernetes is None:
        return ()
    return (
        Statement(
            sid="FindTheKubernetesApi",
            actions=("eks:DescribeCluster",),
            resources=(names.arn("eks", f"cluster/{kubernetes.cluster}"),),
            why="The endpoint and certificate of the one cluster; what may be done there is Kubernetes' own RBAC.",
        ),
    )


# --- ledger, evidence, topic, executions ------------------------------------------------------------------------------


def _read_ledger(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="ReadTheLedger",
            actions=("dynamodb:GetItem", "dynamodb:Query"),
            resources=(names.table_arn,),
            why="The one table of drills.",
        ),
    )


def _write_ledger(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="WriteTheLedger",
            actions=("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
            resources=(names.table_arn,),
            why="The one table of drills: claims, locks, entries and baselines.",
        ),
    )


def _write_evidence(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="KeepRecords",
            actions=("s3:GetObject", "s3:PutObject", "s3:PutObjectRetention"),
            resources=(f"{names.bucket_arn}/{EVIDENCE_PREFIX}/*",),
            why="The folder of drill records; each drill's key begins with its id. Nothing can be deleted.",
        ),
    )


def _announce(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(sid="Tell", actions=("sns:Publish",), resources=(names.topic_arn,), why="The one topic of drills."),
    )


def _evidence_key(names: Names, key: str) -> Statement:
    services = [f"{service}.{names.settings.aws.region}.amazonaws.com" for service in ("s3", "sns")]
    return Statement(
        sid="UseTheEvidencesKey",
        actions=("kms:Decrypt", "kms:GenerateDataKey"),
        resources=(key,),
        conditions={"StringEquals": {"kms:ViaService": services}},
        why="The key of the bucket and the topic, through S3 and SNS only.",
    )


def _look_at_executions(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtDrills",
            actions=("states:DescribeExecution",),
            resources=(names.executions_arn(DRILL),),
            why="Executions of the drill machine, whose names are made when they start.",
        ),
    )


_TABLE: Mapping[str, tuple[Row, ...]] = {
    "OpenDrill": (_look_at_databases, _read_ledger, _write_ledger, _look_at_executions),
    "ChooseRecoveryPoint": (_look_at_databases,),
    "RestoreCluster": (_look_at_databases, _restore),
    "AwaitCluster": (_look_at_databases,),
    "AddInstance": (_look_at_databases, _add_instance),
    "AwaitInstance": (_look_at_databases,),
    "ResetCredentials": (_look_at_databases, _reset_credentials),
    "AwaitCredentials": (_look_at_databases,),
    "CreateNamespace": (_kubernetes,),
    "ProveIsolation": (_look_at_databases, _look_at_network),
    "PlanVerification": (_read_managed_secret,),
    "RunChecks": (_read_managed_secret,),
    "Judge": (_read_ledger,),
    "DeleteDatabase": (_look_at_databases, _delete_database),
    "DeleteNamespace": (_kubernetes,),
    "ProveNothingLeft": (_look_at_databases, _look_at_secrets),
    "RecordEvidence": (_read_ledger, _write_ledger, _write_evidence),
    "Announce": (_announce,),
    "FindOrphans": (_look_at_databases, _read_ledger, _look_at_executions),
    "FindOrphanNamespaces": (_kubernetes,),
    "CloseSweep": (_read_ledger,),
}
_USES_EVIDENCE_KEY = frozenset({"RecordEvidence", "Announce"})

if _TABLE.keys() != BY_NAME.keys():  # a step without a row would get a role that can do nothing, or none at all
    raise AssertionError(f"permissions and steps differ: {sorted(_TABLE.keys() ^ BY_NAME.keys())}")
