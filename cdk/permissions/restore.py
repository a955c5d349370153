"""A platform restore: what it makes beside the source, what it changes of the source, and the wall around both.

It may make clusters and instances of one beginning, give the source and those other groups, names and (those only) a
master password, and change one secret. Nothing in it deletes a database. What IAM cannot say: `rds:ModifyDBCluster` has
no condition for what is modified, so that a role which may rename the source could also take its deletion protection
off; the door to RDS has no way to ask for that (`lambdas/adapters/rds.py`), and no role of the machine can delete.
"""

from collections.abc import Mapping

from cdk.names import RESTORE, Names
from cdk.permissions.database import ENVIRONMENT_TAG, VERBS
from cdk.permissions.statement import Statement

RESTORE_TAG = "coder-day2:restore"

_RESTORES = ("rds:RestoreDBClusterFromSnapshot", "rds:RestoreDBClusterToPointInTime")


def _tagging(names: Names) -> dict[str, Mapping[str, str]]:
    return {
        "StringEquals": {f"aws:RequestTag/{ENVIRONMENT_TAG}": names.environment},
        "Null": {f"aws:RequestTag/{RESTORE_TAG}": "false"},
    }


def _tagged(names: Names) -> dict[str, Mapping[str, str]]:
    return {
        "StringEquals": {f"aws:ResourceTag/{ENVIRONMENT_TAG}": names.environment},
        "Null": {f"aws:ResourceTag/{RESTORE_TAG}": "false"},
    }


def _places(names: Names) -> tuple[str, ...]:
    return (
        names.arn("rds", "subgrp:*"),
        names.arn("rds", "cluster-pg:*"),
        names.arn("rds", "pg:*"),
        names.arn("rds", "og:default:aurora-postgresql-*"),
    )


def restore_beside(names: Names) -> tuple[Statement, ...]:
    source = names.settings.source.cluster
    return (
        Statement(
            sid="RestoreBesideTheSource",
            actions=(*_RESTORES, "rds:AddTagsToResource"),
            resources=(names.restored("cluster"),),
            conditions=_tagging(names),
            why=f"New clusters that begin with {names.restored_prefix}, tagged in the request as a restore's.",
        ),
        Statement(
            sid="RestoreThePlatformFromSnapshots",
            actions=("rds:RestoreDBClusterFromSnapshot",),
            resources=names.source_snapshots,
            why=f"The snapshots that a drill may take too; the step takes those of {source} only.",
        ),
        Statement(
            sid="RestoreThePlatformToPointInTime",
            actions=("rds:RestoreDBClusterToPointInTime",),
            resources=(names.source_cluster, names.arn("rds", "cluster-auto-backup:*")),
            why="The source, and the retained backup that it leaves when it is deleted, whose id only AWS knows.",
        ),
        Statement(
            sid="ShapeItLikeTheSource",
            actions=_RESTORES,
            resources=_places(names),
            why="Whatever subnet, parameter and option groups the source has or had; they are used, not changed.",
        ),
        *_use_keys(names),
    )


def add_instances(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="AddInstancesBesideTheSource",
            actions=("rds:CreateDBInstance", "rds:AddTagsToResource"),
            resources=(names.restored("db"),),
            conditions=_tagging(names),
            why=f"New instances that begin with {names.restored_prefix}, tagged in the request as a restore's.",
        ),
        Statement(
            sid="AddInstancesToTheRestored",
            actions=("rds:CreateDBInstance",),
            resources=(names.restored("cluster"), *_places(names)),
            why="They join a restored cluster, with the groups that the source's instances have.",
        ),
        *_use_keys(names),
    )


def _use_keys(names: Names) -> tuple[Statement, ...]:
    keys = tuple(key for key in (names.settings.source.kms_key,) if key)
    if not keys:
        return ()
    via_rds = {"kms:ViaService": f"rds.{names.settings.aws.region}.amazonaws.com"}
    return (
        Statement(
            sid="ReadThePlatformsKey",
            actions=("kms:DescribeKey", "kms:Decrypt"),
            resources=keys,
            conditions={"StringEquals": via_rds},
            why="The key of the source and its backups, through RDS only.",
        ),
        Statement(
            sid="LetRdsUseThePlatformsKey",
            actions=("kms:CreateGrant",),
            resources=keys,
            conditions={"StringEquals": via_rds, "Bool": {"kms:GrantIsForAWSResource": "true"}},
            why="RDS passes the key on to the restored storage; no other grant can be made.",
        ),
    )


def set_password(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="SetTheRestoredPassword",
            actions=("rds:ModifyDBCluster",),
            resources=(names.restored("cluster"),),
            conditions=_tagged(names),
            why="Restored clusters that bear a restore's tags, whose password the recovery point has brought along.",
        ),
        _leave_groups(names),
    )


def change_groups(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="FenceAndSettle",
            actions=("rds:ModifyDBCluster",),
            resources=(names.source_cluster, names.restored("cluster"), names.set_aside("cluster")),
            why="The security groups of the source, under both its names, and of the restored cluster.",
        ),
        _leave_groups(names),
    )


def rename(names: Names) -> tuple[Statement, ...]:
    if "swap-identifiers" not in (names.settings.restore.strategies if names.settings.restore else ()):
        return ()
    return (
        Statement(
            sid="SwapNames",
            actions=("rds:ModifyDBCluster", "rds:ModifyDBInstance"),
            resources=(
                names.source_cluster,
                names.source_instances,
                *(name(kind) for name in (names.restored, names.set_aside) for kind in ("cluster", "db")),
            ),
            why="The names of the source, of the restored cluster, and of their instances.",
        ),
        _leave_groups(names),
    )


def _leave_groups(names: Names) -> Statement:
    return Statement(
        sid="LeaveTheirGroups",
        actions=("rds:ModifyDBCluster", "rds:ModifyDBInstance"),
        resources=(*_places(names), names.arn("ec2", "security-group/*")),
        why="A change of a cluster or an instance is authorised on its groups too; the groups are not changed.",
    )


def read_connection_secret(names: Names) -> tuple[Statement, ...]:
    platform = names.settings.platform
    if platform is None:
        return ()
    return (
        Statement(
            sid="ReadTheConnectionSecret",
            actions=("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
            resources=(names.secret(platform.connection_secret),),
            why="The one secret with which the platform reaches its database.",
        ),
        *_use_secrets_key(names, "kms:Decrypt"),
    )


def write_connection_secret(names: Names) -> tuple[Statement, ...]:
    platform = names.settings.platform
    if platform is None:
        return ()
    return (
        Statement(
            sid="RepointTheConnectionSecret",
            actions=("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"),
            resources=(names.secret(platform.connection_secret),),
            why="A new version of the one secret, and the version before when a rollback asks for it.",
        ),
        *_use_secrets_key(names, "kms:GenerateDataKey"),
    )


def _use_secrets_key(names: Names, action: str) -> tuple[Statement, ...]:
    platform = names.settings.platform
    if platform is None or platform.secrets_kms_key is None:
        return ()
    service = f"secretsmanager.{names.settings.aws.region}.amazonaws.com"
    return (
        Statement(
            sid="ReadTheSecretsKey" if action == "kms:Decrypt" else "WriteWithTheSecretsKey",
            actions=(action,),
            resources=(platform.secrets_kms_key,),
            conditions={"StringEquals": {"kms:ViaService": service}},
            why="The key of the platform's secrets, through Secrets Manager only.",
        ),
    )


def read_token(names: Names) -> tuple[Statement, ...]:
    platform = names.settings.platform
    if platform is None or platform.token_secret is None:
        return ()
    return (
        Statement(
            sid="ReadCodersToken",
            actions=("secretsmanager:GetSecretValue",),
            resources=(names.secret(platform.token_secret),),
            why="The session token by which Coder is asked for its counts.",
        ),
        *_use_secrets_key(names, "kms:Decrypt"),
    )


def look_at_restores(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtRestores",
            actions=("states:DescribeExecution",),
            resources=(names.executions_arn(RESTORE),),
            why="Executions of the restore machine: whether the one that holds the lock still runs.",
        ),
    )


def answer(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LetTheRestoreGoOn",
            actions=("states:SendTaskSuccess", "states:SendTaskFailure"),
            resources=(names.machine_arn(RESTORE),),
            why="The answer to a waiting restore, and to no other machine.",
        ),
        Statement(
            sid="SeeWhoStartedIt",
            actions=("cloudtrail:LookupEvents",),
            resources=("*",),
            why="Looking events up takes no resource; it is read for StartExecution alone.",
        ),
    )


def guard(names: Names) -> tuple[Statement, ...]:
    """What no role of a restore may do, whatever else it is allowed."""
    mine = (
        names.source_cluster,
        names.source_instances,
        *(name(kind) for name in (names.restored, names.set_aside) for kind in ("cluster", "db")),
    )
    placing = (*_places(names), names.arn("ec2", "security-group/*"))
    backups = names.arn("rds", "cluster-auto-backup:*")
    return (
        Statement(
            sid="NothingIsEverDeleted",
            effect="Deny",
            actions=tuple(
                f"rds:{verb}*" for verb in ("Delete", "Stop", "Remove", "Reset", "Reboot", "Failover", "Backtrack")
            ),
            resources=("*",),
            why="A restore never deletes or stops a database; the old one stays until a person retires it.",
        ),
        Statement(
            sid="NoOtherCluster",
            effect="Deny",
            actions=tuple(f"rds:{verb}*" for verb in VERBS),
            except_resources=(*mine, *placing),
            why="Everything but describing and restoring, on what is neither the source nor made by a restore.",
        ),
        Statement(
            sid="PlatformFromTheSourceOnly",
            effect="Deny",
            actions=("rds:Restore*",),
            except_resources=(
                names.restored("cluster"),
                names.source_cluster,
                *names.source_snapshots,
                backups,
                *placing,
            ),
            why="A restore onto, or from, anything but a restored name, the one source, its snapshots and backups.",
        ),
        Statement(
            sid="NoSnapshotOverTheSource",
            effect="Deny",
            actions=("rds:RestoreDBClusterFromSnapshot", "rds:RestoreDBClusterFromS3"),
            resources=(names.source_cluster,),
            why="A restore from a snapshot needs the source for nothing but to replace it.",
        ),
    )
